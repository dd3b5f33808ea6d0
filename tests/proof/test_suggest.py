"""Suggested examples: true, minimal, one step apart, and not suggested twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import event, given, settings

from synllm.compiler import load_spec
from synllm.diagnostics.source import Source
from synllm.examples.run import open_inquiry, run_examples, write_suggestions
from synllm.examples.written import add_examples, write_examples
from synllm.language.format import format_source
from synllm.language.load import parse_spec
from synllm.proof.examples import judge_example
from synllm.proof.inquiry import Inquiry
from synllm.proof.witnesses.suggest import Purpose, Suggestion, Suggestions, suggest_examples
from synllm.resources import specs_folder
from synllm.spec.evaluate import broken_statements, evaluate_rule, row_is_valid
from synllm.spec.model import Example, Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING, Value, Verdict
from tests.proof.small_specs import all_rows, fits, small_specs

BUDGET = 2_000_000
SHIPPED = sorted(specs_folder().glob("*.synspec"))
LIBRARIES = sorted(specs_folder().glob("lib/*.synspec"))


def inquire(spec: Spec) -> Inquiry:
    return Inquiry(spec, lower(spec), BUDGET)


def suggest(spec: Spec) -> Suggestions:
    return suggest_examples(inquire(spec))


def rule_of(suggestion: Suggestion, spec: Spec) -> Rule:
    return next(rule for rule in spec.rules if rule.name == suggestion.rule)


def everywhere(example: Example, rule: Rule, verdict: Verdict, spec: Spec) -> bool:
    """Whether every row with these cells has the verdict."""
    return all(
        evaluate_rule(rule, each, spec) is verdict for each in all_rows(spec) if fits(each, example)
    )


def surely(example: Example, rule: Rule, verdict: Verdict, spec: Spec) -> bool:
    """Whether the verdict stands with the other cells unknown, and on every row with these cells."""
    row: dict[str, Value] = {column.name: MISSING for column in spec.columns}
    row.update(example.values)
    return evaluate_rule(rule, row, spec) is verdict and everywhere(example, rule, verdict, spec)


def refused_by_others(row: Mapping[str, Value], rule: Rule, spec: Spec) -> bool:
    others = tuple(each for each in spec.rules if each.name != rule.name)
    return any(broken_statements(row, replace(spec, rules=others)))


def one_step_pairs(spec: Spec, rule: Rule) -> Iterator[tuple[Mapping[str, Value], str]]:
    """The valid rows without a missing cell from which one recorded step breaks the rule."""
    rows = {tuple(row.items()): row for row in all_rows(spec)}
    for row in rows.values():
        if MISSING in row.values() or not row_is_valid(row, spec):
            continue
        if evaluate_rule(rule, row, spec) not in (Verdict.HOLDS, Verdict.NOT_TRIGGERED):
            continue
        for name in row:
            for value in next_values(spec, name, row[name]):
                if evaluate_rule(rule, {**row, name: value}, spec) is Verdict.VIOLATED:
                    yield row, name


def next_values(spec: Spec, name: str, value: Value) -> list[Value]:
    kind = spec.by_name[name].type
    values: list[Value]
    match kind:
        case NumberType(listed=listed) if listed:
            values = list(listed)
        case NumberType():
            values = sorted({row[name] for row in all_rows(spec)} - set(), key=str)
            values = sorted(v for v in values if not isinstance(v, (str, type(MISSING))))
        case CategoryType(labels=labels):
            values = list(labels)
        case _:
            raise AssertionError(kind)
    return [
        other
        for low, high in pairwise(values)
        for one, other in ((low, high), (high, low))
        if one == value
    ]


@settings(max_examples=15, deadline=None)
@given(small_specs(rules=3))
def test_suggestions_say_what_every_row_says(spec: Spec) -> None:
    found = suggest(spec)

    for each in found.examples:
        rule, example = rule_of(each, spec), each.example
        fitting = [row for row in all_rows(spec) if fits(row, example)]
        event(f"purpose: {each.purpose}")
        if example.breaks is None:
            assert any(row_is_valid(row, spec) for row in fitting)
        else:
            assert example.breaks == rule.name
            assert everywhere(example, rule, Verdict.VIOLATED, spec)
        if each.purpose is Purpose.HOLDS:
            assert everywhere(example, rule, Verdict.HOLDS, spec)
        if each.purpose is Purpose.ALONE:
            assert any(not refused_by_others(row, rule, spec) for row in fitting)


@settings(max_examples=15, deadline=None)
@given(small_specs(rules=3))
def test_no_cell_of_a_suggestion_can_be_left_out(spec: Spec) -> None:
    found = suggest(spec)

    for each in found.examples:
        rule = rule_of(each, spec)
        verdict = Verdict.HOLDS if each.example.breaks is None else Verdict.VIOLATED
        if each.purpose is Purpose.PASSES:
            continue  # it also has the cells of the row that it is beside
        for place in range(len(each.example.values)):
            values = (*each.example.values[:place], *each.example.values[place + 1 :])

            assert not surely(replace(each.example, values=values), rule, verdict, spec)


@settings(max_examples=15, deadline=None)
@given(small_specs(rules=3))
def test_a_pair_differs_in_one_cell_by_one_step_wherever_one_does(spec: Spec) -> None:
    found = suggest(spec)

    for rule in spec.rules:
        mine = [each for each in found.examples if each.rule == rule.name]
        passing = [dict(each.example.values) for each in mine if each.purpose is Purpose.PASSES]
        failing = [dict(each.example.values) for each in mine if each.purpose is Purpose.FAILS]
        stepping = next(iter(one_step_pairs(spec, rule)), None)
        event(f"one step apart: {stepping is not None}")
        if stepping is not None and len(found.examples) == len(set(found.examples)):
            assert passing or any(
                each.breaks is None for each in (s.example for s in found.examples)
            )
        if not (passing and failing):
            continue
        turned = [name for name, value in failing[0].items() if passing[0][name] != value]

        assert len(turned) == 1
        if stepping is not None:
            (name,) = turned
            assert failing[0][name] in next_values(spec, name, passing[0][name])


@settings(max_examples=15, deadline=None)
@given(small_specs(rules=3))
def test_a_rule_is_called_redundant_exactly_where_others_refuse_all_that_it_does(
    spec: Spec,
) -> None:
    found = suggest(spec)
    if not any(row_is_valid(row, spec) for row in all_rows(spec)):
        assert found.examples == ()
        return

    for rule in spec.rules:
        alone = any(
            evaluate_rule(rule, row, spec) is Verdict.VIOLATED
            and not refused_by_others(row, rule, spec)
            for row in all_rows(spec)
        )
        event(f"alone: {alone}")
        remarked = [
            remark
            for remark in found.remarks
            if f"`{rule.name}` is redundant" in remark
            or f"can break rule `{rule.name}`" in remark
            or f"`{rule.name}` refuses only" in remark
        ]

        assert bool(remarked) is not alone


@settings(max_examples=15, deadline=None)
@given(small_specs(rules=3))
def test_nothing_is_suggested_twice_and_every_rule_is_exercised_then(spec: Spec) -> None:
    first = suggest(spec)
    richer = replace(spec, examples=tuple(each.example for each in first.examples))

    second = suggest(richer)
    outcome = run_examples(inquire(richer))

    assert second.examples == ()
    assert outcome.failed == 0
    if not any(row_is_valid(row, spec) for row in all_rows(spec)):
        return
    for rule in spec.rules:
        rows = list(all_rows(spec))
        if any(evaluate_rule(rule, row, spec) is Verdict.VIOLATED for row in rows):
            assert rule.name not in outcome.unbroken
        if any(
            row_is_valid(row, spec) and evaluate_rule(rule, row, spec) is Verdict.HOLDS
            for row in rows
        ):
            assert rule.name not in outcome.unshown


@settings(max_examples=15, deadline=None)
@given(small_specs(rules=3))
def test_written_suggestions_are_read_as_they_were_meant(spec: Spec) -> None:
    examples = tuple(each.example for each in suggest(spec).examples)
    absences = "may be missing  applies when c is present"
    table = (
        "synspec 1\n\n"
        'table small "A small table" {\n'
        '  c : ordered {low < middle < high} "C" may be missing\n'
        f'  a : integer in 0..2 "A" {absences}\n'
        f'  b : decimal(1) in -0.1..0.1 "B" {absences}\n'
        f'  grid : decimal(1) in {{1, 2.5, 4}} "Grid" {absences}\n'
        "}\n" + "".join(f'\nrule {rule.name} "R"\n  always a >= 0\n' for rule in spec.rules)
    )

    read, mistakes = parse_spec(table + "\n" + write_examples(examples))

    assert mistakes == []
    assert read is not None
    assert read.examples == examples


@pytest.mark.parametrize("path", [*SHIPPED, *LIBRARIES], ids=lambda path: path.stem)
def test_suggestions_for_shipped_specs_pass_are_canonical_and_complete(path) -> None:
    spec, _ = load_spec(path)
    assert spec is not None

    text, _ = write_suggestions(open_inquiry(spec))
    whole = add_examples(spec.source.text, text)
    richer, mistakes = parse_spec(whole, str(path))
    assert richer is not None
    outcome = run_examples(open_inquiry(richer))

    assert [each for each in mistakes if each.severity == "error"] == []
    assert format_source(Source(str(path), whole))[0] == whole
    assert outcome.passed == len(richer.examples) > 0
    assert outcome.unbroken == outcome.unshown == ()
    assert write_suggestions(open_inquiry(richer))[0] == ""


def test_an_example_that_only_an_absence_left_out_decides_is_no_proof() -> None:
    spec, _ = parse_spec(
        'synspec 1\ntable t "T" {\n  a : yes/no "A"\n  b : integer in 0..9 "B" may be missing\n}\n'
        'rule measured "M" never a is yes and b is missing\n'
        "example breaks measured { a: yes }\nexample breaks measured { a: yes, b: missing }\n"
    )
    assert spec is not None

    open_one, settled = (judge_example(each, inquire(spec)) for each in spec.examples)

    assert settled.finding is None
    assert open_one.finding is not None
    assert open_one.finding.fix == "give `b` a value too"
