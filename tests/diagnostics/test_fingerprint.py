"""Fingerprints: the same while a finding is about the same, and never the same for two."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.fingerprint import fingerprints, subject_of
from synllm.diagnostics.source import Source, Span
from synllm.language import parse_spec
from synllm.language.format import format_source
from synllm.proof.findings.uncited_rule import find_uncited_rules
from tests.diagnostics.sample_findings import findings_of_the_pages

SPEC = """\
synspec 1
table t "Clinic" {
  age : integer in 0..120 'a' "Age"
  bmi : decimal(1) in 10..98 "Index" may be missing coded "NA"
}
# Old people.
rule old "Nobody is 200" when age is missing then bmi > 12 cites "a"
rule older when age is missing then bmi > 13
  because "so"
usually oldest "Old" in at least 90% of cases when age is missing then bmi > 12
rule twice "Twice" always age is missing or age is missing or bmi > 14
example ok { age: 3, bmi: missing, }
"""


def found_in(text: str) -> list[Diagnostic]:
    spec, found = parse_spec(text, "clinic.synspec")
    assert spec is not None, found
    return [*found, *find_uncited_rules(spec)]


def marks(text: str) -> dict[str, list[str]]:
    """Returns the fingerprints by finding and the rule or column that it is about."""
    found = found_in(text)
    by_subject: dict[str, list[str]] = {}
    for finding, mark in zip(found, fingerprints(found), strict=True):
        by_subject.setdefault(f"{finding.finding} {subject_of(finding)}", []).append(mark)
    return {subject: sorted(each) for subject, each in by_subject.items()}


def test_the_sample_has_several_findings_of_a_kind_and_in_a_place() -> None:
    subjects = marks(SPEC)

    assert len(subjects["never-missing rule twice"]) == 2
    assert {"never-missing rule old", "never-missing usually oldest"} <= set(subjects)
    assert {"rule-without-sentence rule older", "uncited-rule rule older"} <= set(subjects)


CHANGES_OF_LAYOUT: dict[str, Callable[[str], str]] = {
    "lines above": lambda text: "# Title\n\n\n" + text,
    "comments": lambda text: text.replace(" then ", " # why\n then # what\n "),
    "indentation": lambda text: text.replace("\n", "\n      "),
    "one line": lambda text: re.sub(r"\s*\n\s*", " ", re.sub(r"#.*", "", text)),
    "canonical layout": lambda text: format_source(Source("x", text))[0] or "",
    "lines of other systems": lambda text: text.replace("\n", "\r\n"),
    "a rule before": lambda text: text.replace(
        "rule old ", 'rule first "First" when bmi > 90 then age > 3 cites "b"\nrule old ', 1
    ),
    "a sentence": lambda text: text.replace("Nobody is 200", "Nobody is two hundred"),
    "a note": lambda text: text.replace('cites "a"', 'cites "a" because "it is so" cites "b"'),
}


@pytest.mark.parametrize("change", CHANGES_OF_LAYOUT.values(), ids=CHANGES_OF_LAYOUT.keys())
def test_layout_comments_sentences_and_other_rules_change_nothing(
    change: Callable[[str], str],
) -> None:
    changed = change(SPEC)
    assert changed != SPEC

    before, after = marks(SPEC), marks(changed)

    assert {subject: after.get(subject) for subject in before} == before


def test_an_allowance_changes_no_other_fingerprint() -> None:
    allowed = SPEC.replace('cites "a"', 'cites "a" allow never-missing because "later"')

    assert marks(allowed) == marks(SPEC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("bmi > 13", "bmi > 14"),
        ("bmi > 13", "bmi >= 13"),
        ("rule older when", "rule eldest when"),
        ("rule older when age is missing", "rule older when age is not missing"),
    ],
)
def test_another_rule_has_another_fingerprint(old: str, new: str) -> None:
    before, after = marks(SPEC), marks(SPEC.replace(old, new))

    changed = {
        mark for subject, each in before.items() for mark in each if " older" in f"{subject}"
    }
    assert changed
    assert changed.isdisjoint(mark for each in after.values() for mark in each)
    kept = {mark for subject, each in before.items() for mark in each if subject[-4:] == " old"}
    assert kept <= {mark for each in after.values() for mark in each}


def test_no_two_findings_of_a_run_share_one() -> None:
    found = [finding for file in findings_of_the_pages() for finding in file.findings]

    assert len(set(fingerprints(found))) == len(found)


def test_the_same_words_in_two_rules_are_two_subjects() -> None:
    prints = marks(SPEC)

    assert prints["never-missing rule old"] != prints["never-missing usually oldest"]


def test_the_order_of_the_findings_does_not_matter() -> None:
    found = found_in(SPEC)

    assert fingerprints(found[::-1])[::-1] == fingerprints(found)


@given(st.data())
def test_spaces_and_comments_between_words_change_no_fingerprint(data: st.DataObject) -> None:
    pieces = re.findall(r'#[^\n]*\n|"(?:[^"\\\n]|\\.)*"|\'[^\']*\'|\.\.|\w+(?:\.\d+)?|\S', SPEC)
    gaps = st.sampled_from([" ", "\n", "\n\n", " # x\n", "\t"])
    changed = "".join(piece + data.draw(gaps) for piece in pieces if not piece.startswith("#"))

    assert marks(changed.replace(">= ", ">=").replace("! =", "!=")) == marks(SPEC)


def test_the_file_and_the_finding_are_part_of_it() -> None:
    places = [Span(Source(name, "rule x\n"), 5, 6) for name in ("a.synspec", "b.synspec")]

    found = [report(name, "…", at) for name in ("never-missing", "uncited-rule") for at in places]

    assert len(set(fingerprints(found))) == 4


def test_an_installed_library_has_the_same_path_everywhere() -> None:
    places = [
        Span(Source(name, "rule x\n"), 5, 6)
        for name in ("/opt/a/specs/lib/vitals.synspec", "/home/b/specs/lib/vitals.synspec")
    ]

    first, second = (fingerprints([report("never-missing", "…", at)]) for at in places)

    assert first == second


def test_a_finding_in_a_note_is_about_what_the_note_says() -> None:
    source = Source("x", 'rule a always b > 1 allow c-d because "e" allow f-g because "e"\n')
    places = [
        Span(source, match.start(), match.end())
        for match in re.finditer(r'allow \S+ because "e"', source.text)
    ]

    first, second = fingerprints([report("unneeded-allow", "…", at) for at in places])

    assert first.split(":")[0] != second.split(":")[0]
