"""The order of fields in which few constraints are open at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    CoreColumn,
    Formula,
    Relation,
    formula_columns,
)


def order_by_open_constraints(
    columns: Sequence[CoreColumn],
    constraints: Sequence[Formula],
    operands: Mapping[str, frozenset[str]] | None = None,
    leading: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the columns' names so that few constraints are begun and unfinished between two.

    Those of `leading` that are among them come first. Greedy: next comes a field whose operands
    have all come, if constraints compute with any; of those the field after which the fewest are
    open, then the one that finishes most, then the one with the most values, then the one declared
    first.
    """
    mentioned = [formula_columns(each) for each in constraints]
    arithmetic = [frozenset(columns_computed_with(each)) for each in constraints]
    place = {column.name: index for index, column in enumerate(columns)}
    size = {column.name: len(column.values) for column in columns}
    ordered = [name for name in leading if name in place]
    left = [column.name for column in columns if column.name not in ordered]
    done = set(ordered)

    needed = operands if operands is not None and any(arithmetic) else {}

    def cost(name: str) -> tuple[bool, int, int, int, int]:
        after = done | {name}
        opened = closed = 0
        for names, terms in zip(mentioned, arithmetic, strict=True):
            if names & after and not names <= after:
                # Half-done arithmetic remembers values, a half-done rule only which way it goes.
                opened += 4 if terms & after and not terms <= after else 1
            elif name in names:
                closed += 1
        early = not needed.get(name, frozenset()) <= done
        return early, opened, -closed, -size[name], place[name]

    while left:
        name = min(left, key=cost)
        left.remove(name)
        ordered.append(name)
        done.add(name)
    return tuple(ordered)


def columns_computed_with(formula: Formula) -> list[str]:
    """Return the columns that a formula computes with."""
    match formula:
        case Relation():
            return sorted(formula_columns(formula))
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            return [name for each in operands for name in columns_computed_with(each)]
        case _:
            return []
