"""Witness rows: what they are said to be, wherever there are any, and varied."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import event, given, settings

from synllm.proof.inquiry import Inquiry
from synllm.proof.on_row import is_true
from synllm.proof.witness import encode_value
from synllm.proof.witnesses.neighbours import Assign, Step, after, move_cells
from synllm.proof.witnesses.witness_rows import (
    NoRow,
    Witnesses,
    find_boundary,
    find_valid,
    find_violating,
)
from synllm.spec.evaluate import (
    broken_statements,
    cell_belongs,
    evaluate_condition,
    evaluate_rule,
    row_is_valid,
)
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.lower import lower
from synllm.spec.passes.terms import Scope
from synllm.spec.types import NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Truth, Verdict
from tests.proof.small_specs import all_rows, small_specs
from tests.specs_in_code import cirrhosis_like, stroke_like

BUDGET = 2_000_000


def inquire(spec: Spec) -> Inquiry:
    return Inquiry(spec, lower(spec), BUDGET)


def breaks_only(row: Row, rule: Rule, spec: Spec) -> bool:
    """Whether a row breaks this rule and obeys every other hard statement."""
    others = replace(spec, rules=tuple(each for each in spec.rules if each.name != rule.name))
    return evaluate_rule(rule, row, spec) is Verdict.VIOLATED and row_is_valid(row, others)


def breaks_soft(row: Row, spec: Spec) -> bool:
    return any(
        evaluate_rule(each, row, spec) in (Verdict.VIOLATED, Verdict.UNDEFINED)
        for each in spec.rules
        if not each.hard
    )


@settings(max_examples=20, deadline=None)
@given(small_specs(rules=3))
def test_violating_rows_break_exactly_the_rule_wherever_a_row_does(spec: Spec) -> None:
    inquiry = inquire(spec)

    for case in inquiry.rules:
        found = find_violating(inquiry, case, 4, 0)
        breaking = [row for row in all_rows(spec) if breaks_only(row, case.rule, spec)]
        event(f"breakable: {bool(breaking)}")

        assert isinstance(found, Witnesses) is bool(breaking)
        if isinstance(found, Witnesses):
            assert len(found.rows) == 4
            assert all(breaks_only(each.row, case.rule, spec) for each in found.rows)
            others = replace(spec, rules=tuple(r for r in spec.rules if r != case.rule))
            soft = all(breaks_soft(row, others) for row in breaking)
            assert found.breaks_soft is soft
            assert soft or not any(breaks_soft(each.row, others) for each in found.rows)


@settings(max_examples=20, deadline=None)
@given(small_specs(rules=3))
def test_valid_rows_are_valid_and_show_all_that_valid_rows_can(spec: Spec) -> None:
    rows = [row for row in all_rows(spec) if row_is_valid(row, spec)]
    obeying = [row for row in rows if not breaks_soft(row, spec)] or rows

    found = find_valid(inquire(spec), 60, 0)

    event(f"any valid row: {bool(rows)}")
    if not rows:
        assert isinstance(found, NoRow)
        return
    assert isinstance(found, Witnesses)
    assert all(row_is_valid(each.row, spec) for each in found.rows)
    for column in spec.generated_columns:
        wanted = {row[column.name] for row in obeying}
        shown = {each.row[column.name] for each in found.rows}
        if isinstance(column.type, NumberType):
            numbers = sorted(each for each in wanted if not isinstance(each, (str, type(MISSING))))
            kept = {MISSING, NOT_APPLICABLE, *numbers[:1], *numbers[-1:]}
            declared = column.type.interval
            assert declared is not None
            kept -= {each for each in numbers if each not in (declared.low, declared.high)}
            wanted &= kept
        assert wanted <= shown


@settings(max_examples=20, deadline=None)
@given(small_specs(rules=3))
def test_boundary_rows_are_valid_and_on_the_boundary_that_they_name(spec: Spec) -> None:
    found = find_boundary(inquire(spec), None, 0)

    if isinstance(found, Witnesses):
        assert len(found.rows) == found.shown
        assert found.shown + len(found.impossible) == found.listed
        for each in found.rows:
            assert row_is_valid(each.row, spec)
            assert each.shows
            name, _, rest = each.shows.removeprefix("`").partition("` is ")
            if spec.by_name[name].derivation is None:
                value = each.row[name]
                assert rest.startswith(f"{float(value):g},")


@settings(max_examples=20, deadline=None)
@given(small_specs(rules=2), small_specs(rules=1))
def test_a_condition_given_is_true_on_every_row(spec: Spec, other: Spec) -> None:
    condition = other.rules[0].then
    names = {column.name for column in other.columns}
    if not {column.name for column in spec.columns} >= names or "computed" in names:
        return
    scope = Scope(spec, lower(spec).by_name)

    found = find_valid(inquire(spec), 5, 0, split(condition, scope).true)

    meeting = [
        row
        for row in all_rows(spec)
        if row_is_valid(row, spec) and evaluate_condition(condition, row, spec) is Truth.TRUE
    ]
    event(f"met: {bool(meeting)}")
    assert isinstance(found, Witnesses) is bool(meeting)
    if isinstance(found, Witnesses):
        assert all(
            evaluate_condition(condition, each.row, spec) is Truth.TRUE for each in found.rows
        )


@settings(max_examples=20, deadline=None)
@given(small_specs(rules=2))
def test_a_formula_after_a_move_is_the_formula_on_the_moved_row(spec: Spec) -> None:
    core = lower(spec)
    rows = list(all_rows(spec))
    domains = {name: {row[name] for row in rows} for name in rows[0]}
    for row in rows[:: max(1, len(rows) // 25)]:
        cells = {name: encode_value(core.by_name[name], value) for name, value in row.items()}
        for name, column in core.by_name.items():
            moves = [Assign(name, encode_value(column, value)) for value in domains[name]]
            if isinstance(cells[name], int):
                moves += [Step(name, by) for by in (1, -1) if cells[name] + by in column.values]
            for move in moves:
                moved = move_cells(cells, move)
                for statement in core.statements:
                    for formula in (statement.outcomes.violated, statement.outcomes.holds):
                        assert is_true(after(formula, move), cells) is is_true(formula, moved)


def test_the_same_seed_gives_the_same_rows_and_another_one_others() -> None:
    first, again, other = (find_valid(inquire(stroke_like()), 20, seed) for seed in (1, 1, 2))

    assert isinstance(first, Witnesses)
    assert isinstance(other, Witnesses)
    assert first == again
    assert first.rows != other.rows


def test_rows_are_no_near_copies() -> None:
    found = find_valid(inquire(cirrhosis_like()), 50, 0)

    assert isinstance(found, Witnesses)
    assert found.shown + len(found.impossible) == found.listed
    rows = [each.row for each in found.rows]
    names = list(rows[0])
    differing = [
        sum(one[name] != two[name] for name in names)
        for place, one in enumerate(rows)
        for two in rows[:place]
    ]
    assert min(differing) >= 1
    assert sum(differing) / len(differing) > len(names) / 2


def test_a_redundant_rule_cant_be_broken_alone_and_the_others_are_blamed() -> None:
    spec = stroke_like()
    twin = replace(spec.rules[0], name="twin")
    spec = replace(spec, rules=(*spec.rules, twin))
    inquiry = inquire(spec)
    case = next(each for each in inquiry.rules if each.rule.name == "twin")

    found = find_violating(inquiry, case, 1, 0)

    assert isinstance(found, NoRow)
    assert [claim.name for claim in found.claims] == [f"rule `{spec.rules[0].name}`"]
    for row in (each.row for each in find_valid(inquiry, 5, 0).rows):
        assert list(broken_statements(row, spec)) == []
        assert all(cell_belongs(spec.by_name[name], cell) for name, cell in row.items())
