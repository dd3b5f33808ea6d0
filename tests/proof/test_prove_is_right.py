"""All findings together: what is reported is so, and whatever is wrong is reported at its root."""

import re
from random import Random

import pytest
from hypothesis import given, settings

from synllm.diagnostics.diagnostic import Diagnostic, Severity
from synllm.proof.check import DEFAULT_BUDGET, list_finders, prove
from synllm.proof.findings.told import Told
from synllm.proof.hardness import report_open_questions
from synllm.proof.inquiry import Inquiry
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import MISSING
from tests.proof.claimed import Claim, Evidence, Expected, claims_of
from tests.proof.faulty_specs import THOUSANDS, faulty_spec, faulty_specs
from tests.proof.oracle import AllRows

OPEN = "undecidable-in-practice"
REDUNDANT = {"duplicate-rule", "shadowed-rule", "implied-rule"}
CASES = {"gap-in-cases", "overlap-in-cases", "boundary-seam"}
FINDERS = [each.__name__ for each in list_finders()]


def everything_so(seen: AllRows) -> set[Claim]:
    """Return every claim that is so, root or consequence."""
    expected = Expected(seen)
    names = [name for name in FINDERS if hasattr(expected, name)]
    return {claim for name in names for claim in getattr(expected, name)()}


def faults_of_prove(spec: Spec, budget: int = DEFAULT_BUDGET) -> list[str]:
    """Return what is claimed wrongly, shown badly or passed over in silence."""
    core = lower(spec)
    seen = AllRows(spec, core)
    so = everything_so(seen)
    also_so = so | set(Expected(seen).find_unreached())
    findings = prove(spec, core, budget)
    evidence = Evidence(seen, Inquiry(spec, core, DEFAULT_BUDGET))
    places = {rule.name: index for index, rule in seen.rules}
    filled = seen.everything
    for column in core.columns:
        filled &= ~seen.having(column.name, MISSING)
    wrong: list[str] = []
    going = {places[_first(each)] for each in findings if each.finding in REDUNDANT}
    if seen.obeying(seen.hard) != seen.obeying(seen.hard - going):
        wrong.append(f"dropping {going} changes what is valid")
    for finding in findings:
        match finding.finding:
            case "complete-row":
                if not seen.shown(finding.witness) & filled & seen.valid:
                    wrong.append(f"{finding.witness} is no complete row")
            case "contradictory-rules" | "never-complete":
                clashing = _statements(finding, evidence.inquiry)
                anyone = "can be recorded" in finding.headline
                if seen.obeying(clashing) & (seen.everything if anyone else filled):
                    wrong.append(f"{finding.headline}: not so")
            case name if name in REDUNDANT | CASES:
                pass
            case "undecidable-in-practice":
                if budget == DEFAULT_BUDGET:
                    wrong.append(finding.headline)
            case _:
                wrong.extend(
                    f"{each} is not so" for each in claims_of(finding) if each not in also_so
                )
                if budget == DEFAULT_BUDGET:
                    faults = evidence.faults(finding)
                    wrong.extend(f"{finding.headline}: {each}" for each in faults)
    grave = [each for each in findings if each.severity is not Severity.NOTE]
    if not grave and (so or not filled & seen.valid):
        wrong.append(f"nothing is reported, but {so}")
    return wrong


def faults_of_open_questions(spec: Spec, budget: int) -> list[str]:
    """Return the questions that the budget left open and no finding tells."""
    inquiry, told = Inquiry(spec, lower(spec), budget), Told()
    for find in list_finders():
        list(find(inquiry, told))
    findings = report_open_questions(inquiry)
    counted = sum(_questions(each) for each in findings)
    if counted != len(inquiry.open_questions):
        return [f"{counted} of {len(inquiry.open_questions)} open questions are told"]
    return []


def _questions(finding: Diagnostic) -> int:
    many = re.match(r"(\d+) questions about patients", finding.headline)
    return int(many.group(1)) if many else 1


def _first(finding: Diagnostic) -> str:
    return re.findall(r"`([^`]+)`", finding.headline)[0]


def _statements(finding: Diagnostic, inquiry: Inquiry) -> list[int]:
    assert finding.primary is not None
    by_words = {inquiry.claim(index).words: index for index in range(len(inquiry.core.statements))}
    said = [finding.primary.text, *(label.text for label in finding.secondary)]
    return [by_words[text] for text in said if text in by_words]


@settings(max_examples=60)
@given(faulty_specs())
def test_what_is_reported_is_so_and_what_is_wrong_is_reported(spec: Spec) -> None:
    assert faults_of_prove(spec) == []


@pytest.mark.parametrize("budget", [1, 100, 1_000, 10_000])
@settings(max_examples=15)
@given(spec=faulty_specs())
def test_a_spent_budget_makes_no_claim_wrong_and_leaves_nothing_unsaid(
    spec: Spec, budget: int
) -> None:
    assert faults_of_prove(spec, budget) == []
    assert faults_of_open_questions(spec, budget) == []


def test_a_budget_of_one_step_leaves_questions_open() -> None:
    found = [prove(spec, lower(spec), 1) for spec in map(faulty_spec, map(Random, range(5)))]

    assert all(any(each.finding == OPEN for each in findings) for findings in found)


@pytest.mark.slow
@settings(max_examples=1_500)
@given(THOUSANDS.map(faulty_spec))
def test_what_is_reported_is_always_so(spec: Spec) -> None:
    assert faults_of_prove(spec) == []


@pytest.mark.slow
@pytest.mark.parametrize("budget", [1, 100, 1_000, 10_000])
@settings(max_examples=300)
@given(spec=THOUSANDS.map(faulty_spec))
def test_a_spent_budget_never_makes_a_claim_wrong(spec: Spec, budget: int) -> None:
    assert faults_of_prove(spec, budget) == []
    assert faults_of_open_questions(spec, budget) == []
