"""Common rows read as each version reads them, and judged by the semantics before they are shown.

Nothing here asks the solver: a row counts for what `spec/evaluate.py` says of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar, assert_never

from synllm.proof.comparison.common_columns import CommonColumn, Side
from synllm.spec.core import StatementKind
from synllm.spec.evaluate import (
    broken_statements,
    cell_belongs,
    evaluate_applicability,
    evaluate_group,
    evaluate_range,
    evaluate_rule,
)
from synllm.spec.model import MissingTogether, Rule, Spec
from synllm.spec.values import Special, Value, Verdict

_Named = TypeVar("_Named", Rule, MissingTogether)


def read_row(
    cells: Mapping[str, int | Special], columns: Iterable[CommonColumn], side: Side
) -> dict[str, Value]:
    """Return the cells, by common key, that a version knows, in its own units, by column name."""
    return {
        column.name: column.decode(cells[column.shared.name], side)
        for column in columns
        if side in column.placings and column.shared.name in cells
    }


def refusals(row: Mapping[str, Value], spec: Spec) -> Sequence[str]:
    """Return what refuses a row: columns that can't hold its cells, else broken statements."""
    outside = [
        column.name
        for column in spec.generated_columns
        if not cell_belongs(column, row[column.name])
    ]
    # A rule says nothing about a cell that can't be read.
    return outside or list(broken_statements(row, spec))


def statement_refuses(kind: StatementKind, name: str, row: Mapping[str, Value], spec: Spec) -> bool:
    """Return whether a row breaks one statement."""
    match kind:
        case StatementKind.RULE:
            verdict = evaluate_rule(_named(spec.rules, name), row, spec)
        case StatementKind.MISSING_TOGETHER:
            verdict = evaluate_group(_named(spec.groups, name), row)
        case StatementKind.APPLICABILITY:
            verdict = evaluate_applicability(spec.by_name[name], row, spec)
        case StatementKind.DERIVED_RANGE:
            verdict = evaluate_range(spec.by_name[name], row, spec)
        case _:
            assert_never(kind)
    return verdict in (Verdict.VIOLATED, Verdict.UNDEFINED)


def _named(statements: Sequence[_Named], name: str) -> _Named:
    return next(each for each in statements if each.name == name)
