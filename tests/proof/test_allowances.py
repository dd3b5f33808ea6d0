"""`allow`: which findings it is for, and when it is reported as unneeded."""

from __future__ import annotations

from pathlib import Path

import pytest

from synllm.compiler import check_loaded, check_spec
from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Source, Span
from synllm.language import parse_spec
from synllm.language.syntax import Word
from synllm.proof.allowances import apply_allowances, mark_allowed
from synllm.spec.model import Spec

TEXT = """\
synspec 1
allow never-missing because "file"
table clinic "Clinic" {
  age : integer in 0..120 'a' "Age" allow never-missing because "column"
  bmi : integer in 10..90 "Index"
}
rule first "One"
  never age > 119
  allow never-missing because "rule"
derived months : integer "Months" = age * 12 rounded half up
  allow never-missing because "derived"
"""


def spec_of(text: str = TEXT) -> Spec:
    spec, findings = parse_spec(text, "clinic.synspec")
    assert spec is not None, findings
    return spec


def at(spec: Spec, text: str) -> Span:
    start = spec.source.text.index(text)
    return Span(spec.source, start, start + len(text))


def names(findings: list[Diagnostic]) -> list[str]:
    return [each.finding for each in findings]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("integer in 0..120", "column"),
        ("never age > 119", "rule"),
        ("age * 12", "derived"),
        ("integer in 10..90", "file"),
        ("table clinic", "file"),
    ],
)
def test_the_narrowest_exception_around_a_place_gives_the_reason(place: str, reason: str) -> None:
    spec = spec_of()

    (marked,) = mark_allowed(spec, [report("never-missing", "…", at(spec, place))])

    assert marked.allowed == reason


def test_a_secondary_place_counts_as_well() -> None:
    spec = spec_of()
    elsewhere = Span(Source("lib.synspec", "rule x"), 0, 4)
    finding = report("never-missing", "…", elsewhere, also=[(at(spec, "never age > 119"), "")])

    (marked,) = mark_allowed(spec, [finding])

    assert marked.allowed == "rule"


def test_a_place_in_another_file_is_not_covered() -> None:
    spec = spec_of()
    elsewhere = Span(Source("clinic.synspec", TEXT), 0, 4)

    (marked,) = mark_allowed(spec, [report("never-missing", "…", elsewhere)])

    assert marked.allowed is None


def test_a_finding_without_a_place_is_one_of_the_file() -> None:
    (marked,) = mark_allowed(spec_of(), [report("never-missing", "…")])

    assert marked.allowed == "file"


def test_another_finding_at_the_same_place_is_not_covered() -> None:
    spec = spec_of()

    (marked,) = mark_allowed(spec, [report("always-applies", "…", at(spec, "never age > 119"))])

    assert marked.allowed is None


def test_every_exception_that_matches_nothing_is_reported() -> None:
    spec = spec_of()
    finding = report("never-missing", "…", at(spec, "never age > 119"))

    found = apply_allowances(spec, [], [finding])
    unneeded = [each for each in found if each.finding == "unneeded-allow"]

    assert [each.primary.span.line for each in unneeded if each.primary] == [4, 11]


@pytest.mark.parametrize("name", ["undecidable-in-practice", "contradictory-rules", "always-true"])
def test_what_may_hide_other_findings_leaves_open_what_is_unneeded(name: str) -> None:
    spec = spec_of()

    assert names(apply_allowances(spec, [], [report(name, "…")])) == [name]


@pytest.mark.parametrize("name", ["complete-row", "uncited-rule", "never-missing"])
def test_what_hides_nothing_does_not(name: str) -> None:
    found = names(apply_allowances(spec_of(), [], [report(name, "…")]))

    assert found.count("unneeded-allow") >= 3


def test_a_mistake_of_reading_does_not() -> None:
    found = names(apply_allowances(spec_of(), [report("always-applies", "…")], []))

    assert found == ["always-applies", *["unneeded-allow"] * 4]


def test_an_accepted_undecided_question_does_not() -> None:
    spec = spec_of(
        "synspec 1\n"
        'allow undecidable-in-practice because "too intricate"\n'
        'allow never-missing because "x"\n'
        'table t "T" { age : integer in 0..9 "Age" }\n'
    )

    findings = apply_allowances(spec, [], [report("undecidable-in-practice", "…")])

    assert names(findings) == ["undecidable-in-practice", "unneeded-allow"]


def test_what_is_off_by_default_is_unneeded_only_where_it_was_looked_for() -> None:
    spec = spec_of(
        'synspec 1\nallow uncited-rule because "x"\ntable t "T" { age : integer in 0..9 "Age" }\n'
    )

    assert "unneeded-allow" not in names(check_loaded(spec, []))
    assert "unneeded-allow" in names(check_loaded(spec, [], frozenset({"uncited-rule"})))


def test_a_library_keeps_what_a_spec_that_uses_it_needs(tmp_path: Path) -> None:
    (tmp_path / "lib.synspec").write_text(
        "synspec 1\n"
        "type age_in_years = integer in 0..120 'a' \"Age\"\n"
        'type smoking = yes/no "Smokes"\n'
        "rule two\n  when smoking is yes then age_in_years >= 10\n"
        '  allow rule-without-sentence because "needed"\n'
        '  allow never-missing because "not needed here"\n',
        encoding="utf-8",
    )
    main = tmp_path / "main.synspec"
    main.write_text(
        'synspec 1\nuse "lib.synspec"\n'
        'table t "T" { age : age_in_years "Age" smoker : smoking "Smokes" }\n',
        encoding="utf-8",
    )

    alone, used = check_spec(tmp_path / "lib.synspec")[1], check_spec(main)[1]

    assert [(each.finding, each.allowed) for each in alone] == [("rule-without-sentence", "needed")]
    assert [(each.finding, each.allowed) for each in used if each.counts or each.allowed] == [
        ("rule-without-sentence", "needed")
    ]


@pytest.mark.parametrize("name", FINDINGS)
def test_every_finding_can_be_named(name: str) -> None:
    text = TEXT.replace("never-missing", name)
    _, findings = parse_spec(text, "clinic.synspec")

    assert set(names(findings)) <= {"not-allowable"}
    assert "-" in name


def test_the_name_of_a_finding_has_its_own_place() -> None:
    from synllm.language.parse import parse

    text = 'allow # why\n  gap-in-cases\n  because "x"\n'
    tree, _ = parse(Source("x", text))
    finding = tree.allowances[0].finding

    assert finding == Word("gap-in-cases", False, finding.span)
    assert finding.span.text == "gap-in-cases"
    assert tree.allowances[0].span.text == text.rstrip("\n")


UNIT_AND_CONFLICT = """synspec 1

table clinic "One clinic" {
  glucose  : integer in 40..600 'mg/dL' "Fasting glucose"
  smoker   : yes/no "Smokes"
  diabetes : yes/no "Has diabetes"
}

rule high "Everyone with glucose above 7 has diabetes"
  when glucose >= 7 then diabetes is yes
  %s
rule smokers "Smokers have no diabetes"
  when smoker is yes then diabetes is no
"""


@pytest.mark.parametrize(
    ("note", "left"),
    [
        ("", {"unit-suspect"}),
        ('allow unit-suspect because "7 mg/dL is what is meant"', {"conflict-region"}),
    ],
)
def test_an_accepted_suspicion_hides_nothing_that_follows_from_the_rule(
    note: str, left: set[str]
) -> None:
    findings = check_loaded(spec_of(UNIT_AND_CONFLICT % note), [])

    assert left <= {each.finding for each in findings if each.counts}
