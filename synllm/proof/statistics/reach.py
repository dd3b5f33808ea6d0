"""What can a column reach in a group of patients, under all hard statements?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from synllm.proof.cores import irreducible_core
from synllm.proof.session import Claim, Undecided
from synllm.proof.statistics.bounds import both, within
from synllm.proof.statistics.pricing import Pricing
from synllm.spec.core import CoreSpec
from synllm.spec.evaluate import column_value
from synllm.spec.expressions import Condition, HasState
from synllm.spec.model import Spec
from synllm.spec.passes.bounds import bounds
from synllm.spec.passes.linear import term_of
from synllm.spec.passes.terms import Scope, lower_column
from synllm.spec.types import NumberType
from synllm.spec.values import Value

_FAR = 10**15


@dataclass(frozen=True, slots=True)
class Reach:
    """The least and the greatest value that a valid row can have; both are taken by one."""

    low: Fraction
    high: Fraction


def reach_of(
    column: str, group: Condition | None, spec: Spec, pricing: Pricing, ends: tuple[int, int]
) -> Reach | None:
    """Return the tightest range of a number in a group, None where open or nobody has a value.

    `ends` are integers, in the column's smallest unit, that enclose all its values.
    """
    high = _furthest(column, group, spec, pricing, ends, 1)
    low = None if high is None else _furthest(column, group, spec, pricing, ends, -1)
    return None if low is None or high is None else Reach(low, high)


def blame(event: Condition, pricing: Pricing) -> tuple[Claim, ...]:
    """Return the fewest hard statements found without which the event could occur; it can't."""
    session = pricing.session
    clashing = irreducible_core(session, pricing.claims, [pricing.event(event)])
    return tuple(session.claims[number] for number in clashing)


def _furthest(
    column: str,
    group: Condition | None,
    spec: Spec,
    pricing: Pricing,
    ends: tuple[int, int],
    sign: int,
) -> Fraction | None:
    """Return the greatest value (the least with sign −1), by halving what is still open."""
    kind = spec.by_name[column].type
    assert isinstance(kind, NumberType)
    scale = 10**kind.decimals
    found = pricing.find_row([pricing.event(both(group, HasState(column, None)))])
    if found is None or isinstance(found, Undecided):
        return None
    best = _scaled(found, column, spec, scale) * sign
    last = max(each * sign for each in ends)
    while best < last:
        middle = best + (last - best + 1) // 2
        value = Fraction(middle * sign, scale)
        beyond = within(column, value, None) if sign == 1 else within(column, None, value)
        row = pricing.find_row([pricing.event(both(group, beyond))])
        if isinstance(row, Undecided):
            return None
        if row is None:
            last = middle - 1
        else:
            best = max(best, _scaled(row, column, spec, scale) * sign)
    return Fraction(best * sign, scale)


def _scaled(row: dict[str, Value], column: str, spec: Spec, scale: int) -> int:
    value = column_value(spec.by_name[column], row, spec)
    assert isinstance(value, Fraction)
    return int(value * scale)


def ends_of(column: str, spec: Spec, core: CoreSpec) -> tuple[int, int]:
    """Return integers, in the column's smallest unit, that enclose all its values.

    Those of a derived column without a declared range follow from the columns in its formula.
    """
    kind = spec.by_name[column].type
    assert isinstance(kind, NumberType)
    scale = 10**kind.decimals
    if column in core.by_name:
        pieces = core.by_name[column].values.intervals
        low, high = (pieces[0][0], pieces[-1][1]) if pieces else (0, 0)
    else:
        form = lower_column(spec.by_name[column], Scope(spec, core.by_name)).numerator
        low, high = bounds(term_of(form.times(scale)), core.by_name)
        if kind.interval is not None:
            low = _or_nearer(low, kind.interval.low, scale, max)
            high = _or_nearer(high, kind.interval.high, scale, min)
    return (-_FAR if low is None else low), (_FAR if high is None else high)


def _or_nearer(
    end: int | None,
    declared: Fraction | None,
    scale: int,
    choose: Callable[[int, int], int],
) -> int | None:
    if declared is None:
        return end
    nearer = floor(declared * scale) if choose is min else ceil(declared * scale)
    return nearer if end is None else choose(end, nearer)
