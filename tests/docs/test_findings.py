"""Every finding has its page, whose examples are executed; every page and name is in use."""

import re
from pathlib import Path

import pytest

from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.explain import explain, list_findings, suggest_finding
from synllm.resources import finding_names
from tests.literate import Block, blocks_of, findings_of

PROJECT = Path(__file__).resolve().parents[2]
SECTIONS = ["Fires", "Does not fire", "What to do"]
GOOD_NEWS = {"complete-row"}
ABOUT_SPECS = set(
    re.findall(
        r'"([a-z0-9-]+)": "',
        (PROJECT / "synllm/diagnostics/catalogue.py")
        .read_text(encoding="utf-8")
        .split("# Specs")[1]
        .split("# Tables")[0],
    )
) - {"unreadable-spec"}
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
        findings = findings_of(blocks, tmp_path)

        assert {each.finding for each in findings} - GOOD_NEWS == {name} - GOOD_NEWS


@pytest.mark.parametrize("name", FINDINGS)
def test_the_example_that_does_not_fire_shows_nothing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    if blocks := examples(name, "Does not fire"):
        findings = {each.finding for each in findings_of(blocks, tmp_path)}

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
