"""JUnit XML: read back by an XML parser, with counts and names that servers can rely on."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synllm.diagnostics.checked import CheckedFile
from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.show_junit import render_junit
from synllm.diagnostics.source import Source, Span
from tests.diagnostics.sample_findings import files, findings_of_the_pages

SPEC = Source(
    "x.synspec",
    'table t "T" {\n  age : integer in 0..9 "A"\n}\nrule a "A" always age > 1\nrule b always age > 2\n',
)


def at(text: str) -> Span:
    start = SPEC.text.index(text)
    return Span(SPEC, start, start + len(text))


def read(checked: list[CheckedFile]) -> ElementTree.Element:
    return ElementTree.fromstring(render_junit(checked).encode())


def count(element: ElementTree.Element) -> dict[str, int]:
    return {name: int(element.get(name, "")) for name in ("tests", "failures", "errors", "skipped")}


def test_a_spec_is_a_suite_and_a_finding_a_case_named_after_what_it_is_about() -> None:
    found = (
        report("never-missing", "h1", at("age > 1")),
        report("never-missing", "h2", at("age > 2")),
        report("never-missing", "h3", at("integer")),
        report("never-missing", "h4", at("integer in")),
    )

    (suite,) = read([CheckedFile("x.synspec", found)])

    assert [(case.get("classname"), case.get("name")) for case in suite] == [
        ("x.synspec", "never-missing: rule a"),
        ("x.synspec", "never-missing: rule b"),
        ("x.synspec", "never-missing: column age"),
        ("x.synspec", "never-missing: column age (2)"),
    ]
    failure = suite[0].find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("never-missing", "h1")
    assert "x.synspec:4:19" in (failure.text or "")


@pytest.mark.parametrize(
    ("finding", "tag"),
    [
        (report("never-missing", "…"), "failure"),
        (report("contradictory-rules", "…"), "failure"),
        (report("undecidable-in-practice", "…"), "error"),
        (report("unreadable-spec", "…"), "error"),
        (replace(report("never-missing", "…"), allowed="later"), "skipped"),
    ],
)
def test_what_was_not_decided_is_an_error_and_what_is_allowed_is_skipped(
    finding: object, tag: str
) -> None:
    ((case,),) = read([CheckedFile("x", (finding,))])  # type: ignore[arg-type]

    assert [child.tag for child in case] == [tag]


def test_a_clean_spec_has_a_case_that_passes() -> None:
    root = read([CheckedFile("x", (report("complete-row", "…"),)), CheckedFile("y", ())])

    assert count(root) == {"tests": 2, "failures": 0, "errors": 0, "skipped": 0}
    assert [[case.get("name") for case in suite] for suite in root] == [["no findings"]] * 2


@given(st.lists(files, max_size=3))
def test_any_findings_can_be_read_back_and_counted(checked: list[CheckedFile]) -> None:
    root = read(checked)

    assert len(root) == len(checked)
    for suite, file in zip(root, checked, strict=True):
        tags = [child.tag for case in suite for child in case]
        names = [case.get("name") for case in suite]
        expected = sum(each.counts or each.allowed is not None for each in file.findings)
        assert len(set(names)) == len(names) == max(1, expected)
        assert len(tags) == expected
        assert count(suite) == {
            "tests": len(names),
            "failures": tags.count("failure"),
            "errors": tags.count("error"),
            "skipped": tags.count("skipped"),
        }
    totals = [count(suite) for suite in root]
    assert count(root) == {name: sum(each[name] for each in totals) for name in count(root)}


def test_the_findings_of_the_pages_can_be_read_back() -> None:
    assert count(read(list(findings_of_the_pages())))["failures"] > 60
