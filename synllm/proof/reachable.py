"""Which values of a column valid rows can have: each one of a list, or the tightest range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from synllm.proof.inquiry import Inquiry
from synllm.proof.session import Satisfiable, Undecided, Unsatisfiable
from synllm.spec.core import CoreColumn, Membership, ValueSet
from synllm.spec.model import Spec
from synllm.spec.types import NumberType
from synllm.spec.values import Special

_MOST_LISTED = 60


@dataclass(frozen=True, slots=True)
class ReachableValues:
    """The values that valid rows have, out of the declared ones; `undecided` are left out."""

    reached: tuple[int, ...]
    unreached: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ReachableRange:
    """The least and the greatest value that valid rows have; None where that stayed open."""

    low: int | None
    high: int | None


Reachable: TypeAlias = ReachableValues | ReachableRange


def is_listed(column: CoreColumn, spec: Spec) -> bool:
    """Return whether values are asked for one by one: labels, and numbers of a list up to 60."""
    kind = spec.by_name[column.name].type
    listed = isinstance(kind, NumberType) and bool(kind.listed)
    return bool(column.labels) or (listed and len(column.values) <= _MOST_LISTED)


def find_reachable(column: CoreColumn, inquiry: Inquiry) -> Reachable | None:
    """Return which values of a column valid rows have; None where none has a value of it.

    What stays undecided is noted as an open question, and never reported as unreachable.
    """
    if not column.values:
        return None
    if is_listed(column, inquiry.spec):
        return _each_value(column, inquiry)
    return _find_range(column, inquiry)


def _each_value(column: CoreColumn, inquiry: Inquiry) -> ReachableValues:
    answers = {
        value: inquiry.possible(
            holding(column.name, value, value),
            f"any patient can have this value of `{column.name}`",
        )
        for value in column.values
    }
    return ReachableValues(
        tuple(value for value, answer in answers.items() if answer is True),
        tuple(value for value, answer in answers.items() if answer is False),
    )


def _find_range(column: CoreColumn, inquiry: Inquiry) -> ReachableRange | None:
    low, high = column.values.intervals[0][0], column.values.intervals[-1][1]
    if low is None or high is None:
        return ReachableRange(None, None)
    least = _find_end(column.name, low, high, inquiry, lowest=True)
    greatest = _find_end(column.name, low, high, inquiry, lowest=False)
    if least is None and greatest is None:
        match inquiry.ask(holding(column.name, low, high)):
            case Unsatisfiable():
                return None
            case _:
                pass
    return ReachableRange(least, greatest)


def _find_end(name: str, low: int, high: int, inquiry: Inquiry, *, lowest: bool) -> int | None:
    """Return the outermost value in low..high on a valid row, or None if there is none or open.

    Bisection: each answer halves what is left, and each row found moves the known end further.
    """
    found: int | None = None
    piece = (low, low) if lowest else (high, high)
    while True:
        match inquiry.ask(holding(name, *piece)):
            case Satisfiable(cells=cells):
                cell = cells[name]
                assert not isinstance(cell, Special)
                found = cell
                if lowest:
                    high = cell
                else:
                    low = cell
            case Unsatisfiable():
                if lowest:
                    low = piece[1] + 1
                else:
                    high = piece[0] - 1
            case Undecided():
                end = "least" if lowest else "greatest"
                inquiry.leave_open(f"the {end} value of `{name}` is ever reached", [name])
                return None
        if low > high:
            return None
        if low == high and found is not None:
            return found
        middle = (low + high) // 2
        if found is None:
            piece = (low, high)
        elif lowest:
            piece = (low, min(middle, high - 1))
        else:
            piece = (max(middle + 1, low + 1), high)


def holding(name: str, low: int, high: int) -> Membership:
    """Return the formula that a column has a value in low..high."""
    return Membership(name, ValueSet.between(low, high))
