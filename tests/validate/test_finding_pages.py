"""The tables on the pages of findings fire them, or don't, as the pages say."""

from pathlib import Path

import pytest

from synllm.language import parse_spec
from synllm.resources import finding_page
from synllm.validate.read_table import open_table
from tests.literate import Block, blocks_of

SPEC_TEXT = """synspec 1
table cohort "Cohort" {
  age            : integer in 0..120 'a'   "Age"
  smoking_status : one of {smokes, "formerly smoked", "never smoked"}   "Smoking"
  stroke         : yes/no coded 1/0        "Had a stroke"
}
"""
SHORTER_TEXT = SPEC_TEXT.replace(SPEC_TEXT.splitlines()[3] + "\n", "")
PAGES = [
    "broken-json-line",
    "column-not-in-spec",
    "duplicate-header",
    "missing-column",
    "no-header",
    "quote-not-closed",
    "ragged-row",
    "table-without-rows",
    "wrong-delimiter",
]


def tables(name: str, heading: str) -> list[Block]:
    page = finding_page(name)
    assert page is not None
    return [
        block
        for block in blocks_of(page)
        if block.heading == heading and block.language in {"csv", "json"}
    ]


def findings_of(name: str, block: Block, folder: Path) -> list[str]:
    path = folder / ("table.csv" if block.language == "csv" else "table.jsonl")
    path.write_text(block.body)
    spec, _ = parse_spec(SHORTER_TEXT if name == "column-not-in-spec" else SPEC_TEXT)
    assert spec is not None
    opened, findings = open_table(path, spec)
    if opened is not None:
        list(opened.batches)
        findings = [*findings, *opened.problems]
    return [each.finding for each in findings]


@pytest.mark.parametrize("name", PAGES)
def test_the_table_that_fires_a_finding_fires_it_alone(name: str, tmp_path: Path) -> None:
    (block,) = tables(name, "Fires")

    assert findings_of(name, block, tmp_path) == [name]


@pytest.mark.parametrize("name", PAGES)
def test_the_other_table_is_free_of_findings(name: str, tmp_path: Path) -> None:
    (block,) = tables(name, "Does not fire")

    assert findings_of(name, block, tmp_path) == []
