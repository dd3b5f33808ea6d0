"""The columns of two versions: what each can hold, and when it has to hold anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synllm.diff.inquiry import Inquiry
from synllm.diff.model import NOTHING, Change, Detail, Direction, PartChange, Presence
from synllm.diff.same_text import same_columns, same_computation
from synllm.diff.word_changes import word_incomparable
from synllm.diff.word_columns import column_details
from synllm.proof.comparison.common_columns import Side
from synllm.spec.core import StatementKind
from synllm.spec.model import Column, Spec


def compare_columns(inquiry: Inquiry) -> tuple[PartChange, ...]:
    """Return every column that was added, removed or changed, the old ones first."""
    old, new = inquiry.specs[Side.OLD], inquiry.specs[Side.NEW]
    changes: list[PartChange] = []
    for name in dict.fromkeys([*old.by_name, *new.by_name]):
        change = _compare_column(name, inquiry, old, new)
        if change is not None:
            changes.append(change)
    return tuple(changes)


def _compare_column(name: str, inquiry: Inquiry, old: Spec, new: Spec) -> PartChange | None:
    before, after = old.by_name.get(name), new.by_name.get(name)
    details = column_details(before, after)
    conditional = _condition_differs(before, after, old, new)
    computed = _computation_differs(before, after, old, new)
    if before is not None and after is not None:
        presence = Presence.KEPT
    else:
        presence = Presence.ADDED if before is None else Presence.REMOVED
    if not (details or conditional or computed):
        return None
    change = PartChange("column", name, None, presence, Change.SAME, details=details)
    if name in inquiry.incomparable:
        return replace(change, change=Change.DIFFERENT, note=_why_incomparable(details))
    if conditional or computed:
        unclear = _incomparable_in(before, inquiry, Side.OLD)
        unclear |= _incomparable_in(after, inquiry, Side.NEW)
        if unclear:
            return replace(change, change=Change.DIFFERENT, note=word_incomparable(unclear))
    directions: list[tuple[Direction, Direction]] = []
    if before is not None and after is not None and before.is_generated and after.is_generated:
        directions.append(inquiry.compare_cells(name))
    for differs, kind in (
        (conditional, StatementKind.APPLICABILITY),
        (computed, StatementKind.DERIVED_RANGE),
    ):
        if differs:
            parts = [
                (kind, name) if inquiry.has_statement(side, (kind, name)) else None for side in Side
            ]
            directions.append(inquiry.compare_statements(parts[0], parts[1]))
    refused = _strongest([first for first, _ in directions])
    admitted = _strongest([second for _, second in directions])
    changed = Change.of(refused.found, admitted.found)
    return replace(change, change=changed, refused=refused, admitted=admitted)


def _incomparable_in(column: Column | None, inquiry: Inquiry, side: Side) -> frozenset[str]:
    """Return the columns whose values can't be compared, and on which this one depends."""
    if column is None:
        return frozenset()
    formula = None if column.derivation is None else column.derivation.formula
    needed = [each for each in (column.applies_when, formula) if each is not None]
    return inquiry.incomparable_in(side, needed)


def _condition_differs(before: Column | None, after: Column | None, old: Spec, new: Spec) -> bool:
    """Return whether what the versions say about when a column applies may differ in meaning."""
    first = None if before is None else before.applies_when
    second = None if after is None else after.applies_when
    if first is None or second is None:
        return first is not second
    return first != second or not same_columns((second,), old, new)


def _computation_differs(before: Column | None, after: Column | None, old: Spec, new: Spec) -> bool:
    """Return whether a computed column's values or their range may differ."""
    first = None if before is None else before.derivation
    second = None if after is None else after.derivation
    if before is None or after is None or first is None or second is None:
        return first is not second
    return before.type != after.type or not same_computation(before, after, old, new)


def _strongest(directions: Sequence[Direction]) -> Direction:
    """Return the direction to show: patients before mere statements, then the fewest cells."""
    found = [each for each in directions if each.found]
    if found:
        return min(
            found,
            key=lambda each: (
                each.affects_patients is not True,
                each.affects_patients is False,
                len(each.row.cells) if each.row else 0,
            ),
        )
    return next((each for each in directions if each.found is None), NOTHING)


def _why_incomparable(details: Sequence[Detail]) -> str:
    unit = next((detail for detail in details if detail.what == "unit"), None)
    if unit is not None:
        return "its values can't be compared: not every number in one unit is one in the other"
    return "its values can't be compared: they are of another kind"
