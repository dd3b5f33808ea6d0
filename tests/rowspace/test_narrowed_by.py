"""A statement is named for a field exactly where it alone excludes a cell after those before it."""

from collections.abc import Mapping, Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

import synllm.rowspace.narrowed_by as module
from synllm.proof.claims import name_statement
from synllm.proof.witness import encode_value
from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.domains import column_domains
from synllm.rowspace.explain_row import explain_row
from synllm.rowspace.narrowed_by import GIVEN, Attribution
from synllm.rowspace.places import place_of
from synllm.rowspace.sample import list_cells
from synllm.rowspace.space import build_row_space
from synllm.spec.core import CoreSpec, Statement, StatementKind
from synllm.spec.evaluate import (
    evaluate_applicability,
    evaluate_condition,
    evaluate_group,
    evaluate_range,
    evaluate_rule,
    row_is_valid,
)
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.lower import lower
from synllm.spec.passes.terms import Scope
from synllm.spec.values import Row, Truth, Value, Verdict
from tests.proof.small_specs import all_rows, conditions, small_specs

FORBIDDEN = (Verdict.VIOLATED, Verdict.UNDEFINED)


def obeys(statement: Statement, row: Row, spec: Spec) -> bool:
    """Whether a row obeys one statement, by the definition."""
    match statement.kind:
        case StatementKind.RULE:
            rule = next(each for each in spec.rules if each.name == statement.name)
            verdict = evaluate_rule(rule, row, spec)
        case StatementKind.APPLICABILITY:
            verdict = evaluate_applicability(spec.by_name[statement.name], row, spec)
        case StatementKind.DERIVED_RANGE:
            verdict = evaluate_range(spec.by_name[statement.name], row, spec)
        case StatementKind.MISSING_TOGETHER:
            verdict = evaluate_group(spec.groups[0], row)
    return verdict not in FORBIDDEN


def narrowing(
    spec: Spec,
    core: CoreSpec,
    domains: Mapping[str, CellSet],
    fields: Sequence[str],
    valid: list[Row],
    condition: Condition,
) -> dict[str, list[set[str]]]:
    """For each field and valid row the statements that narrow it, by going through all rows."""
    encoded = {
        name: {
            cell
            for cell in {row[name] for row in all_rows(spec)}
            if encode_value(core.by_name[name], cell) in domains[name]
        }
        for name in fields
    }
    inside = [
        row for row in all_rows(spec) if all(row[name] in own for name, own in encoded.items())
    ]
    stated = {
        name_statement(each): [row for row in inside if obeys(each, row, spec)]
        for each in core.statements
        if each.hard
    }
    stated[GIVEN] = [
        row for row in inside if evaluate_condition(condition, row, spec) is Truth.TRUE
    ]
    found: dict[str, list[set[str]]] = {}
    for number, field in enumerate(fields):
        left = {
            name: {(tuple(row[each] for each in fields[:number]), row[field]) for row in rows}
            for name, rows in stated.items()
        }
        found[field] = [
            {
                name
                for name in stated
                if any(
                    (tuple(row[each] for each in fields[:number]), cell) not in left[name]
                    for cell in encoded[field]
                )
            }
            for row in valid
        ]
    return found


@pytest.mark.parametrize("nodes", [0, 5_000])
@settings(max_examples=8)
@given(small_specs(), conditions(["a"], 1), st.randoms(use_true_random=False))
def test_statements_are_named_where_they_alone_exclude_a_cell(
    nodes: int, spec: Spec, condition: Condition, random: Random
) -> None:
    check_narrowing(nodes, spec, condition, random)


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [0, 5_000])
@settings(max_examples=60)
@given(small_specs(), conditions(["a"], 1), st.randoms(use_true_random=False))
def test_statements_are_named_rightly_on_many_specs(
    nodes: int, spec: Spec, condition: Condition, random: Random
) -> None:
    check_narrowing(nodes, spec, condition, random)


def check_narrowing(nodes: int, spec: Spec, condition: Condition, random: Random) -> None:
    core = lower(spec)
    formula = split(condition, Scope(spec, core.by_name)).true
    space = build_row_space(spec, core, given=formula)
    if space is None:
        return
    fields = list(space.fields)
    random.shuffle(fields)
    valid = [
        row
        for row in all_rows(spec)
        if row_is_valid(row, spec) and evaluate_condition(condition, row, spec) is Truth.TRUE
    ][:15]
    listings = {column.name: list_cells(column) for column in core.columns}
    places = {
        name: np.array(
            [place_of(listings[name], encode_value(core.by_name[name], row[name])) for row in valid]
        )
        for name in fields
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_NODES", nodes)
        attribution = Attribution(spec, core, fields, formula)
    expected = narrowing(spec, core, attribution.domains, fields, valid, condition)

    narrowed = attribution.narrow(places)

    for name in fields:
        found = [set(narrowed[name].sets[each]) for each in narrowed[name].of_row]
        assert found == expected[name]
        event(f"narrowed: {any(found)}")


@settings(max_examples=12)
@given(small_specs(), conditions(["a"], 1), st.randoms(use_true_random=False))
def test_a_row_is_explained_by_what_all_rows_say(
    spec: Spec, condition: Condition, random: Random
) -> None:
    check_explained(spec, condition, random)


@pytest.mark.slow
@settings(max_examples=60)
@given(small_specs(), conditions(["a"], 1), st.randoms(use_true_random=False))
def test_rows_of_many_specs_are_explained_by_what_all_rows_say(
    spec: Spec, condition: Condition, random: Random
) -> None:
    check_explained(spec, condition, random)


def check_explained(spec: Spec, condition: Condition, random: Random) -> None:
    core = lower(spec)
    formula = split(condition, Scope(spec, core.by_name)).true
    space = build_row_space(spec, core, given=formula)
    if space is None:
        return
    fields = list(space.fields)
    random.shuffle(fields)
    everything = list(all_rows(spec))
    meeting = {
        number
        for number, row in enumerate(everything)
        if evaluate_condition(condition, row, spec) is Truth.TRUE
    }
    obeying = {
        name_statement(each): {
            number for number, row in enumerate(everything) if obeys(each, row, spec)
        }
        for each in core.statements
        if each.hard
    }
    obeying[GIVEN] = meeting
    valid = sorted(set(range(len(everything))).intersection(*obeying.values()))
    row = everything[random.choice(valid)]
    cells = {name: encode_value(core.by_name[name], row[name]) for name in fields}

    own = {name: column_cells(core, spec, name) for name in fields}
    inside = {
        number
        for number, each in enumerate(everything)
        if all(each[name] in own[name] for name in fields)
    }

    explained = explain_row(spec, core, fields, cells, formula)

    for number, field in enumerate(explained):
        same = {
            place
            for place, each in enumerate(everything)
            if all(each[name] == row[name] for name in fields[:number])
        }

        def left_by(rows: set[int], same: set[int] = same, name: str = field.name) -> set[Value]:
            return {everything[place][name] for place in same & rows}

        possible = left_by(set(valid))
        assert field.allowed == len(possible)
        alone = set.intersection(
            own[field.name],
            *(left_by(obeying[name] & inside) for name in field.narrowed_by),
        )
        assert field.fewer == len(alone) - len(possible)
        assert bool(field.later) == bool(field.fewer)
        if field.later:
            named = [obeying[name] for name in field.later]
            beyond = alone - possible
            assert not left_by(set.intersection(*named)) & beyond
            for name in field.later:
                others = [obeying[other] for other in field.later if other not in (name, GIVEN)]
                if GIVEN in field.later:
                    others.append(meeting)
                everyone = set(range(len(everything)))
                assert name == GIVEN or left_by(everyone.intersection(*others)) & beyond
        event(f"fewer by later fields: {bool(field.later)}")


def column_cells(core: CoreSpec, spec: Spec, name: str) -> set[Value]:
    domain = column_domains(spec, core).cells[name]
    return {
        cell
        for cell in {row[name] for row in all_rows(spec)}
        if encode_value(core.by_name[name], cell) in domain
    }
