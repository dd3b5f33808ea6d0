"""SARIF: valid against the schema, places that are found again, reasons of what is allowed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from synllm.compiler import check_spec
from synllm.diagnostics.catalogue import FINDINGS, OFF_BY_DEFAULT
from synllm.diagnostics.checked import CheckedFile
from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.show_sarif import render_sarif
from synllm.diagnostics.source import Source, Span
from tests.diagnostics.sample_findings import files, findings_of_the_pages

SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0-rtm.5.json"
VALIDATOR = Draft4Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
# RFC 3986, appendix A, as far as files need it.
SEGMENT = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-F]{2})*"
RELATIVE = re.compile(rf"(?!/)(?![^/]*:){SEGMENT}(?:/{SEGMENT})*")
ABSOLUTE = re.compile(rf"file:///{SEGMENT}(?:/{SEGMENT})*")


def run_of(checked: Sequence[CheckedFile]) -> dict[str, Any]:
    """Returns the run in the log after checking the log against the schema."""
    log = json.loads(render_sarif(checked, "0.1.0"))
    assert [error.message for error in VALIDATOR.iter_errors(log)] == []
    (run,) = log["runs"]
    return dict(run)


def locations_of(run: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        location["physicalLocation"]
        for result in run["results"]
        for location in (*result["locations"], *result.get("relatedLocations", ()))
    ]


def test_the_schema_is_one_that_refuses() -> None:
    log = json.loads(render_sarif([], "0.1.0"))
    log["runs"][0]["columnKind"] = "bytes"

    assert not VALIDATOR.is_valid(log)


@pytest.mark.parametrize("file", findings_of_the_pages(), ids=lambda file: file.findings[0].finding)
def test_the_findings_of_every_page_are_valid(file: CheckedFile) -> None:
    run = run_of([file])

    assert [each["ruleId"] for each in run["results"]] == [each.finding for each in file.findings]


def test_all_of_them_together_are_valid() -> None:
    run = run_of(findings_of_the_pages())

    assert len(run["results"]) > 70


def test_no_findings_are_an_empty_run() -> None:
    run = run_of([CheckedFile("x.synspec", ())])

    assert run["results"] == []
    assert run["tool"]["driver"]["rules"] == []
    assert run["artifacts"] == [{"location": {"uri": "x.synspec", "uriBaseId": "%SRCROOT%"}}]
    assert run_of([])["artifacts"] == []


@given(st.lists(files, max_size=3))
def test_any_findings_are_valid(checked: list[CheckedFile]) -> None:
    run = run_of(checked)

    uris = [each["artifactLocation"]["uri"] for each in locations_of(run)]
    assert all(RELATIVE.fullmatch(uri) or ABSOLUTE.fullmatch(uri) for uri in uris)
    prints = [each["partialFingerprints"]["synllmSubject/v1"] for each in run["results"]]
    assert len(prints) == len(set(prints))


@given(st.lists(files, max_size=3))
def test_every_result_refers_to_its_rule(checked: list[CheckedFile]) -> None:
    run = run_of(checked)

    rules = run["tool"]["driver"]["rules"]
    assert all(rules[each["ruleIndex"]]["id"] == each["ruleId"] for each in run["results"])
    assert {each["id"] for each in rules} == {each["ruleId"] for each in run["results"]}


def test_a_rule_carries_its_page_and_its_level() -> None:
    run = run_of(findings_of_the_pages())

    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"].endswith(".")
        assert rule["help"]["markdown"].startswith(f"# {rule['id']}\n")
        assert rule["defaultConfiguration"] == {
            "level": FINDINGS[rule["id"]],
            "enabled": rule["id"] not in OFF_BY_DEFAULT,
        }


@pytest.mark.parametrize(
    "name", ["x.synspec", "a b/x y.synspec", "ü/😀#1.synspec", "50%25.synspec", "c:d?.synspec"]
)
def test_a_file_is_found_again_by_its_uri(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = 'synspec 1\ntable t "T" {\n  a : integer in 9..0 "😀 A"  b : integr "B"\n}\n'
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")

    for written in (name, f"./{name}", str(path)):
        _, found = check_spec(written)
        run = run_of([CheckedFile(written, tuple(found))])

        assert len(run["results"]) == 2
        for each in locations_of(run):
            assert (tmp_path / unquote(each["artifactLocation"]["uri"])).read_text("utf-8") == text
            assert each["artifactLocation"]["uriBaseId"] == "%SRCROOT%"


def test_a_file_outside_the_folder_has_an_absolute_uri(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    run = run_of([CheckedFile("/some where/x.synspec", (report("complete-row", "…"),))])

    (location,) = locations_of(run)
    assert location == {"artifactLocation": {"uri": "file:///some%20where/x.synspec"}}


def test_columns_count_characters_whatever_their_size() -> None:
    text = 'table t {\n  "😀é" : integer "😀"\n}\n'
    source = Source("x.synspec", text)
    start = text.index("integer")
    finding = report("range-required", "…", Span(source, start, start + 7))

    run = run_of([CheckedFile("x.synspec", (finding,))])

    assert run["columnKind"] == "unicodeCodePoints"
    region = locations_of(run)[0]["region"]
    line = text.split("\n")[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "integer"


def test_what_is_allowed_is_a_suppressed_result_with_its_reason() -> None:
    finding = report("never-missing", "…")

    run = run_of([CheckedFile("x", (replace(finding, allowed="it may be, later"), finding))])

    assert [each["suppressions"] for each in run["results"]] == [
        [{"kind": "inSource", "justification": "it may be, later"}],
        [],
    ]


def test_a_patient_and_a_fix_are_in_the_message_and_for_programs() -> None:
    finding = report("complete-row", "like this", fix="read it", witness=[("age", "61")])

    (result,) = run_of([CheckedFile("x", (finding,))])["results"]

    assert result["message"]["text"] == "like this\npatient: age = 61\nhelp: read it"
    assert result["properties"] == {
        "fix": "read it",
        "patient": [{"column": "age", "cell": "61"}],
    }


def test_nothing_in_a_message_is_a_placeholder_or_a_link() -> None:
    finding = report("unclosed-brace", "a `{` is never closed [x](1)")

    (result,) = run_of([CheckedFile("x", (finding,))])["results"]

    assert result["message"]["text"] == "a `{{` is never closed [x\\](1)"


def test_a_file_that_cannot_be_read_is_an_unsuccessful_run() -> None:
    run = run_of([CheckedFile("x", (report("unreadable-spec", "…"),))])

    assert run["invocations"] == [{"executionSuccessful": False}]


def test_a_librarys_finding_is_one_result() -> None:
    source = Source("lib.synspec", "rule x\n")
    finding = report("rule-without-sentence", "…", Span(source, 5, 6))

    run = run_of([CheckedFile(name, (finding,)) for name in ("a.synspec", "b.synspec")])

    assert [each["artifactLocation"]["uri"] for each in locations_of(run)] == ["lib.synspec"]
