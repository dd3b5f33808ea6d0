"""Every finding has its page, whose examples are executed; every page and name is in use."""

import re
from pathlib import Path
from typing import Any

import pytest

from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.explain import explain, list_findings, suggest_finding
from synllm.language import parse_spec
from synllm.resources import finding_names
from synllm.validate.validate import validate_table
from tests.literate import Block, blocks_of, findings_of
from tests.plain_words import SOLVER_WORDS

PROJECT = Path(__file__).resolve().parents[2]
SECTIONS = ["Fires", "Does not fire", "What to do"]
GOOD_NEWS = {"complete-row"}
CATALOGUE = (PROJECT / "synllm/diagnostics/catalogue.py").read_text(encoding="utf-8")
ABOUT_SPECS = set(
    re.findall(r'"([a-z0-9-]+)": "', CATALOGUE.split("# Specs")[1].split("# Tables")[0])
) - {"unreadable-spec"}
ABOUT_RULES = FINDINGS.keys() - set(
    re.findall(r'"([a-z0-9-]+)"', CATALOGUE.split("# Specs")[1].split("# Proofs\n")[0])
) | {"never-missing"}
CODE = "".join(
    path.read_text(encoding="utf-8")
    for path in (PROJECT / "synllm").rglob("*.py")
    if path.name != "catalogue.py"
)


def page_of(name: str) -> str:
    page = explain(name)
    assert page is not None, f"docs/findings/{name}.md is missing"
    return page


def examples(name: str, section: str) -> list[Block]:
    """The executed specs of a section; other findings show commands, tables or files instead."""
    return [
        block
        for block in blocks_of(page_of(name))
        if block.heading == section and block.language == "synspec"
    ]


def test_every_finding_has_a_page_and_every_page_a_finding() -> None:
    assert list(finding_names()) == sorted(FINDINGS)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_page_has_its_sections_in_order(name: str) -> None:
    page = page_of(name)

    assert page.startswith(f"# {name}\n\n")
    assert re.findall(r"^## (.+)$", re.sub(r"```.*?```", "", page, flags=re.S), re.M) == SECTIONS


@pytest.mark.parametrize("name", FINDINGS)
def test_the_example_that_fires_shows_the_finding_and_no_other(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    if blocks := examples(name, "Fires"):
        findings = [each for each in findings_of(blocks, tmp_path) if not each.allowed]

        assert {each.finding for each in findings} - GOOD_NEWS == {name} - GOOD_NEWS


@pytest.mark.parametrize("name", FINDINGS)
def test_the_example_that_does_not_fire_shows_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    if blocks := examples(name, "Does not fire"):
        findings = {each.finding for each in findings_of(blocks, tmp_path) if not each.allowed}

        # What isn't fine about rows that can't exist is another finding.
        assert name not in findings
        assert name in GOOD_NEWS or findings <= GOOD_NEWS


@pytest.mark.parametrize("name", FINDINGS)
def test_a_page_about_specs_has_an_example_of_both_kinds(name: str) -> None:
    executed = {block.heading for block in blocks_of(page_of(name)) if block.language == "synspec"}

    assert executed >= ({"Fires", "Does not fire"} if name in ABOUT_SPECS else set())


@pytest.mark.parametrize("name", FINDINGS)
def test_a_finding_is_reported_somewhere(name: str) -> None:
    assert f'"{name}"' in CODE


def test_every_reported_finding_is_in_the_catalogue() -> None:
    reported = set(re.findall(r'\breport\(\s*"([a-z0-9-]+)"', CODE))

    assert reported <= set(FINDINGS)


def test_the_list_of_findings_has_a_sentence_for_each() -> None:
    summaries = list_findings()

    assert [each.name for each in summaries] == sorted(FINDINGS)
    assert all(each.sentence.endswith(".") and len(each.sentence) > 15 for each in summaries)


def test_a_mistyped_finding_is_met_with_the_nearest_one() -> None:
    assert explain("unknwon-column") is None
    assert "did you mean `unknown-column`?" in suggest_finding("unknwon-column")


TABLE_COLUMNS = {
    "age": "age : integer in 0..120 'a' \"Age\"",
    "smoking_status": 'smoking_status : one of {"formerly smoked", "never smoked", smokes} "Smoking"',
    "stroke": 'stroke : yes/no coded 1/0 "Had a stroke"',
}
WITHOUT_SMOKING = {"column-not-in-spec", "broken-json-line"}
NOTES = {"column-not-in-spec"}


def tables_on_pages(section: str) -> list[Any]:
    """The tables that a section shows, for findings about reading one."""
    return [
        pytest.param(name, block, id=f"{name}:{block.line}")
        for name in FINDINGS
        for block in blocks_of(page_of(name))
        if block.heading == section and block.language in ("csv", "json")
        if name not in {"nothing-to-draft", "unreadable-example-row"}
    ]


def findings_about(name: str, block: Block, folder: Path) -> set[str]:
    """What `synllm validate` finds wrong with a table that a page shows."""
    lines = [
        line
        for column, line in TABLE_COLUMNS.items()
        if not (column == "smoking_status" and name in WITHOUT_SMOKING)
    ]
    spec, findings = parse_spec('synspec 1\ntable t "T" {\n' + "\n".join(lines) + "\n}\n", "t")
    assert spec is not None, findings
    table = folder / ("table.csv" if block.language == "csv" else "table.jsonl")
    table.write_text(block.body, encoding="utf-8")
    _, found = validate_table(spec, table)
    return {each.finding for each in found}


@pytest.mark.parametrize(("name", "block"), tables_on_pages("Fires"))
def test_the_table_that_fires_shows_the_finding(name: str, block: Block, tmp_path: Path) -> None:
    assert findings_about(name, block, tmp_path) - (NOTES - {name}) == {name}


@pytest.mark.parametrize(("name", "block"), tables_on_pages("Does not fire"))
def test_the_table_that_does_not_fire_is_read(name: str, block: Block, tmp_path: Path) -> None:
    assert findings_about(name, block, tmp_path) == set()


@pytest.mark.parametrize("name", sorted(ABOUT_RULES))
def test_a_page_about_rules_has_no_word_of_the_solvers_trade(name: str) -> None:
    prose = re.sub(r"```.*?```|`[^`\n]*`", "", page_of(name), flags=re.S)

    assert SOLVER_WORDS.findall(prose.split("\n", 1)[1]) == []
