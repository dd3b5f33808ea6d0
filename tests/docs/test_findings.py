"""Every finding has its page, whose examples are executed; every page and name is in use."""

import re
from pathlib import Path

import pytest

from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.explain import explain, list_findings, suggest_finding
from synllm.diagnostics.show_text import render_text
from synllm.language import parse_spec
from synllm.proof.check import prove
from synllm.resources import finding_names
from synllm.spec.passes.lower import lower
from tests.literate import Block, blocks_of

PROJECT = Path(__file__).resolve().parents[2]
SECTIONS = ["Fires", "Does not fire", "What to do"]
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
    """The executed specs of a section; findings about tables show commands and output instead."""
    return [
        block
        for block in blocks_of(page_of(name))
        if block.heading == section and block.language == "synspec"
    ]


def findings_in(block: Block) -> list[Diagnostic]:
    """What `synllm check` finds in an example; proofs come after the text is free of findings."""
    spec, findings = parse_spec(block.body, "example.synspec")
    if spec is None or findings:
        return findings
    return [each for each in prove(spec, lower(spec)) if each.finding != "complete-row"]


def test_every_finding_has_a_page_and_every_page_a_finding() -> None:
    assert list(finding_names()) == sorted(FINDINGS)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_page_has_its_sections_in_order(name: str) -> None:
    page = page_of(name)

    assert page.startswith(f"# {name}\n\n")
    assert re.findall(r"^## (.+)$", re.sub(r"```.*?```", "", page, flags=re.S), re.M) == SECTIONS


@pytest.mark.parametrize("name", FINDINGS)
def test_the_first_example_fires_the_finding_and_no_other(name: str) -> None:
    for block in examples(name, "Fires"):
        findings = findings_in(block)

        assert {each.finding for each in findings} == {name}, render_text(findings)


@pytest.mark.parametrize("name", FINDINGS)
def test_the_second_example_is_free_of_findings(name: str) -> None:
    for block in examples(name, "Does not fire"):
        findings = findings_in(block)

        assert findings == [], render_text(findings)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_page_shows_an_example_of_both_kinds(name: str) -> None:
    headings = {block.heading for block in blocks_of(page_of(name))}

    assert {"Fires", "Does not fire"} <= headings


@pytest.mark.parametrize("name", FINDINGS)
def test_a_finding_is_reported_somewhere(name: str) -> None:
    assert f'"{name}"' in CODE


def test_every_reported_finding_is_in_the_catalogue() -> None:
    reported = set(re.findall(r'\breport\(\s*"([a-z0-9-]+)"', CODE))

    assert reported <= set(FINDINGS)


def test_the_list_of_findings_has_a_sentence_for_each() -> None:
    summaries = list_findings()

    assert [each.name for each in summaries] == sorted(FINDINGS)
    assert all(each.sentence.endswith(".") and len(each.sentence) > 20 for each in summaries)


def test_a_mistyped_finding_is_met_with_the_nearest_one() -> None:
    assert explain("unknwon-column") is None
    assert "did you mean `unknown-column`?" in suggest_finding("unknwon-column")
