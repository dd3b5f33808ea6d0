"""A contradiction between figures names what is needed for it, and nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from synllm.diagnostics.diagnostic import Diagnostic, Severity
from synllm.diagnostics.show_text import render_text
from synllm.language import parse_spec
from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.statistics.check import prove_statistics
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.statistics import Statistic
from tests.literate import Case, cases_of

FINDING = "statistics-contradict"
CASES = [
    case
    for case in cases_of(Path(__file__).parent / "cases" / "statistics.md")
    if case.output.body.count(f"[{FINDING}]") == 1
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_without_any_one_figure_or_rule_the_contradiction_is_gone(case: Case) -> None:
    spec = read(case)
    (found,) = contradictions(spec)
    places = [found.primary, *found.secondary]
    spans = [label.span for label in places if label is not None]
    (block,) = spec.statistics
    figures = [each for each in block.statistics if each.span in spans]
    rules = [
        rule
        for rule in spec.rules
        if any(rule.span.start <= span.start < rule.span.end for span in spans)
    ]
    named = with_only(spec, figures, rules)
    reduced = [
        *(with_only(spec, without(figures, one), rules) for one in figures),
        *(with_only(spec, figures, without(rules, one)) for one in rules),
    ]

    assert len(figures) + len(rules) == len(spans)
    assert len(contradictions(named)) == 1
    assert [refuted(each) for each in reduced] == [set()] * len(spans)


@pytest.mark.parametrize("case", CASES[:4], ids=lambda case: case.title)
def test_the_same_spec_gets_the_same_answer(case: Case) -> None:
    answers = [render_text(contradictions(read(case))) for _ in range(2)]

    assert answers[0] == answers[1]


def read(case: Case) -> Spec:
    spec, _ = parse_spec(case.specs[0].body, "patients.synspec")
    assert spec is not None
    return spec


def with_only(spec: Spec, figures: Sequence[Statistic], rules: Sequence[Rule]) -> Spec:
    """The spec with these figures and rules and no others."""
    (block,) = spec.statistics
    block = replace(block, statistics=tuple(figures))
    return replace(spec, statistics=(block,), rules=tuple(rules))


def refuted(spec: Spec) -> set[str]:
    """The findings that say something can't be, about figures."""
    found = prove_statistics(spec, lower(spec), DEFAULT_BUDGET)
    return {each.finding for each in found if each.severity is Severity.ERROR}


def contradictions(spec: Spec) -> list[Diagnostic]:
    found = prove_statistics(spec, lower(spec), DEFAULT_BUDGET)
    return [each for each in found if each.finding == FINDING]


def without(items: Sequence[Any], item: object) -> tuple[Any, ...]:
    return tuple(each for each in items if each is not item)
