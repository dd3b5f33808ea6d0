"""An order of fields in which the rows of open parts can be written, found before any is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from synllm.proof.completion import DEFAULT_BUDGET
from synllm.rowspace.constraint_order import columns_computed_with, order_by_open_constraints
from synllm.rowspace.continuation import UndecidedError
from synllm.rowspace.diagram import Diagram
from synllm.rowspace.open_rows import OpenRows
from synllm.rowspace.space import OpenPart, Part, RowSpace
from synllm.spec.core import CoreSpec, Statement

_TRIAL = 16
"""How many rows are written to see whether an order works."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Columns whose rows can't be written in any order tried, and the statements that tie them.

    `what` says so, `fix` what to change.
    """

    fields: tuple[str, ...]
    statements: tuple[str, ...]
    what: str
    fix: str


def settle_orders(
    space: RowSpace, *, budget: int = DEFAULT_BUDGET
) -> tuple[RowSpace, tuple[Refusal, ...]]:
    """Return the row space with its open parts in orders that work, and the parts without one.

    Each order is tried on a few rows with a fixed seed. A part of which no row is valid is left as
    it is: drawing from it says so. Rarely a row still meets a question that stays open; drawing
    raises UndecidedError then and never guesses.
    """
    parts: list[Part] = []
    refusals: list[Refusal] = []
    for part in space.parts:
        settled = part if isinstance(part, Diagram) else _settle(part, space.core, budget)
        if settled is None:
            assert isinstance(part, OpenPart)
            refusals.append(_refuse(part, space.core))
            settled = part
        parts.append(settled)
    return RowSpace(space.core, tuple(parts)), tuple(refusals)


def _settle(part: OpenPart, core: CoreSpec, budget: int) -> OpenPart | None:
    for fields in _orders(part, core):
        rows = OpenRows(fields, part.cells, part.constraints, core.by_name, budget=budget)
        try:
            if rows.starts.shape[1]:
                rows.draw(_TRIAL, np.random.default_rng(0), rows.even)
        except UndecidedError:
            continue
        return replace(part, fields=fields)
    return None


def _orders(part: OpenPart, core: CoreSpec) -> Iterator[tuple[str, ...]]:
    """Yield the part's order, then others that may work, each once."""
    declared = tuple(column.name for column in core.columns if column.name in part.fields)
    columns = [core.by_name[name] for name in declared]
    wanted = (
        part.fields,
        order_by_open_constraints(columns, part.constraints),
        declared,
        tuple(reversed(part.fields)),
    )
    yield from dict.fromkeys(wanted)


def _refuse(part: OpenPart, core: CoreSpec) -> Refusal:
    named = tuple(each.name for each in core.statements if _computes_in(each, part))
    rules = " and ".join(f"`{name}`" for name in named)
    columns = ", ".join(f"`{name}`" for name in part.fields)
    return Refusal(
        part.fields,
        named,
        f"which values of {columns} go together according to {rules} could not be found out in any "
        "order of these columns",
        "declare one of them as a `derived` column that is computed from the others, or narrow "
        "their ranges",
    )


def _computes_in(statement: Statement, part: OpenPart) -> bool:
    forbidden = statement.outcomes.violated, statement.outcomes.undefined
    return (
        statement.hard
        and set(statement.columns) <= set(part.fields)
        and any(columns_computed_with(each) for each in forbidden)
    )
