"""Specs with planted mistakes: just those are found, and none in the corrected twin.

Each case of the pages in planted/ is a spec, a `planted` block with the findings that must come
out, a `twin` block with a small correction, and the findings as a reader sees them.
`SYNLLM_ACCEPT=1 pytest tests/proof/test_planted.py` writes these into the pages.
"""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from synllm import proof
from synllm.compiler import check_loaded
from synllm.diagnostics import catalogue
from synllm.diagnostics.diagnostic import Diagnostic
from synllm.proof.check import prove
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from tests.literate import Case, accept, cases_of, read_blocks, render, twin_of
from tests.plain_words import solver_words_in
from tests.proof.named_statements import Named, named_statements, with_only, without
from tests.proof.shown_patients import judge_patient

PAGES = sorted((Path(__file__).parent / "planted").glob("*.md"))
CASES = [case for page in PAGES for case in cases_of(page)]
GOOD_NEWS = "complete-row"
PROOF = Path(proof.__file__).parent
FINDERS = "".join(
    path.read_text(encoding="utf-8")
    for path in (
        *(PROOF / "findings").glob("*.py"),
        *(PROOF / f"{name}.py" for name in ("complete_row", "examples", "hardness", "allowances")),
    )
)
PROVED = {
    name
    for name in catalogue.FINDINGS.keys() - catalogue.OFF_BY_DEFAULT - {GOOD_NEWS}
    if f'"{name}"' in FINDERS
}
"""Every finding about the rules of a spec that is on by default."""

AT_LEAST = {
    "contradictory-rules": 12,
    "conflict-region": 8,
    "never-complete": 1,
    "undecidable-in-practice": 1,
}
REDUNDANT = {"duplicate-rule", "shadowed-rule", "implied-rule"}
REACH = {"unreachable-value", "range-never-reached", "constant-feature"}
WITH_A_PATIENT = REACH | {
    *("gap-in-cases", "overlap-in-cases", "boundary-seam", "conflict-region"),
    *("rule-forbids-its-condition", "never-applies-given-others", "impossible-domain"),
}
ABOUT_MORE = {"gap-in-cases", "undecidable-in-practice", "unneeded-allow"}
RESTING_ON_NAMED = (PROVED | {"never-missing"}) - ABOUT_MORE


@dataclass(frozen=True)
class Answer:
    """A spec, what is said on reading it, and all that is found, the complete row left aside."""

    spec: Spec
    on_reading: tuple[Diagnostic, ...]
    findings: tuple[Diagnostic, ...]

    @property
    def proved(self) -> tuple[Diagnostic, ...]:
        return tuple(each for each in self.findings if each not in self.on_reading)


def name_of(case: Case) -> str:
    return f"{case.page.stem}::{case.title}"


def expected(case: Case) -> list[str]:
    assert case.planted is not None, f"{case.title} says not what is planted"
    return case.planted.body.splitlines()


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@cache
def answer_to(case: Case, *, twin: bool = False) -> Answer:
    spec, on_reading = read_blocks(twin_of(case) if twin else case.specs, Path())
    assert spec is not None, render(on_reading)
    found = check_loaded(spec, on_reading)
    findings = tuple(each for each in found if each.finding != GOOD_NEWS)
    return Answer(spec, tuple(on_reading), findings)


def is_found(finding: Diagnostic, spec: Spec) -> bool:
    """Whether the same is found in another spec, whatever statements are named there."""
    for other in prove(spec, lower(spec)):
        match finding.finding:
            case "contradictory-rules" | "never-complete":
                same = True
            case name if name in REACH:
                same = subject_of(other) == subject_of(finding)
            case "conflict-region" | "boundary-seam" | "overlap-in-cases":
                same = (other.primary, other.secondary) == (finding.primary, finding.secondary)
            case _:
                same = other.primary == finding.primary
        alike = REDUNDANT if finding.finding in REDUNDANT else {finding.finding}
        if same and other.finding in alike:
            return True
    return False


def subject_of(finding: Diagnostic) -> tuple[object, str]:
    return finding.primary, finding.headline.split(", because of")[0]


def changeable(finding: Diagnostic, named: Sequence[Named]) -> Sequence[Named]:
    """The named statements without the one that the finding is about."""
    match finding.finding:
        case "contradictory-rules" | "never-complete" | "conflict-region":
            return named
        case "always-missing" | "never-missing":
            return named
        case "boundary-seam" | "overlap-in-cases" | "impossible-domain":
            return named
        case "applicability-mismatch" if named[0].kind != "rule":
            return named
        case "example-disagrees":  # a range does not tell whether the cell may be missing
            return [each for each in named if each.kind != "range"]
        case _:
            return named[1:]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_planted_mistake_is_found_in_its_place_and_nothing_else(case: Case) -> None:
    found = [
        f"{each.finding} @ {'' if each.primary is None else ' '.join(each.primary.span.text.split())}"
        for each in answer_to(case).findings
    ]

    assert found == expected(case)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_reader_sees_the_places_and_the_way_out(case: Case) -> None:
    # Which patient is shown may change with the search; that they show the finding is judged below.
    answer = render(replace(each, witness=()) for each in answer_to(case).findings)

    if os.environ.get("SYNLLM_ACCEPT"):
        accept(case, answer)
    else:
        assert answer == case.output.body


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_reader_meets_no_word_of_the_solvers_trade(case: Case) -> None:
    assert solver_words_in(case.output.body) == []


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_nothing_is_found_in_the_corrected_twin(case: Case) -> None:
    assert render(answer_to(case, twin=True).findings) == ""


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_every_patient_shown_is_one_who_shows_the_finding(case: Case) -> None:
    answer = answer_to(case)

    for finding in answer.findings:
        assert finding.witness or finding.finding not in WITH_A_PATIENT
        if finding.witness:
            judge_patient(finding, answer.spec)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_what_a_finding_names_is_enough_for_it_and_none_of_it_in_vain(case: Case) -> None:
    answer = answer_to(case)

    for finding in answer.proved:
        if finding.finding not in RESTING_ON_NAMED:
            continue
        named = named_statements(finding, answer.spec)
        alone = with_only(answer.spec, named)

        assert is_found(finding, alone)
        for statement in changeable(finding, named):
            assert not is_found(finding, without(alone, statement)), statement


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_finding_goes_or_changes_with_each_rule_that_it_names(case: Case) -> None:
    answer = answer_to(case)

    for finding in answer.findings:
        for statement in named_statements(finding, answer.spec):
            if statement.kind == "rule":
                rest = without(answer.spec, statement)

                assert finding not in prove(rest, lower(rest))


def test_every_finding_is_planted_several_times() -> None:
    planted = Counter(line.split(" @ ")[0] for case in CASES for line in expected(case))

    assert len(CASES) >= 60
    assert {each for each in PROVED if planted[each] < AT_LEAST.get(each, 3)} == set()
