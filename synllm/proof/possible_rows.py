"""Which conditions can a valid row meet?"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from synllm.proof.inquiry import Inquiry
from synllm.proof.session import Cells, Satisfiable, Unsatisfiable
from synllm.proof.witness import decode_row
from synllm.spec.boundaries import condition_boundaries
from synllm.spec.core import CoreSpec, Formula, Membership, ValueSet
from synllm.spec.evaluate import evaluate_condition, row_is_valid
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.lower import written_columns
from synllm.spec.passes.terms import Scope
from synllm.spec.values import Row, Truth


@dataclass(frozen=True, slots=True)
class PossibleRows:
    """The places of the conditions that no valid row makes true, and rows that show others.

    A condition that stayed undecided is not impossible and has no row.
    """

    rows: Mapping[int, Row]
    impossible: frozenset[int]


def find_possible_rows(
    spec: Spec,
    core: CoreSpec,
    conditions: Sequence[Condition],
    shown: Container[int],
    budget: int,
) -> PossibleRows | None:
    """Return which conditions valid rows can make true, or None where no row at all is valid.

    Rows are returned for the conditions whose places are to be `shown`, with a typical cell in
    each of the condition's columns where one will do, else with one beside a threshold.

    A condition is impossible exactly when it is unsatisfiable together with all hard statements
    and what each column may hold. Every row is replayed in the defining semantics.
    """
    inquiry = Inquiry(spec, core, budget)
    if not inquiry.is_sound(column.name for column in core.columns):
        return None
    scope = Scope(spec, core.by_name)
    rows: dict[int, Row] = {}
    impossible = set()
    for place, condition in enumerate(conditions):
        formula = split(condition, scope).true
        match inquiry.ask(formula):
            case Unsatisfiable():
                impossible.add(place)
            case Satisfiable(cells=cells) if place in shown:
                row = decode_row(_make_readable(cells, formula, condition, inquiry), core)
                if row_is_valid(row, spec):
                    assert evaluate_condition(condition, row, spec) is Truth.TRUE
                    rows[place] = row
    return PossibleRows(rows, frozenset(impossible))


def _make_readable(cells: Cells, formula: Formula, condition: Condition, inquiry: Inquiry) -> Cells:
    for name in written_columns((condition,), inquiry.spec):
        for value in _readable_values(name, condition, inquiry):
            wish = inquiry.all_of(formula, Membership(name, ValueSet.of([value])))
            match inquiry.ask(wish):
                case Satisfiable(cells=better):
                    formula, cells = wish, better
                    break
    return cells


def _readable_values(name: str, condition: Condition, inquiry: Inquiry) -> Iterator[int]:
    if name in inquiry.typical:
        yield inquiry.typical[name]
    for boundary in condition_boundaries(condition, inquiry.spec):
        if boundary.column == name:
            for near in boundary.edge:
                yield int(near.value * 10 ** inquiry.core.by_name[name].decimals)
