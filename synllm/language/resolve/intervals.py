"""Numbers and ranges beside a term, read in the term's unit."""

from __future__ import annotations

from fractions import Fraction

from synllm.diagnostics.diagnostic import report
from synllm.language.resolve.context import Context
from synllm.language.resolve.terms import Measure, reconcile, resolve_term
from synllm.language.syntax import Quantity, Range, Word
from synllm.spec.expressions import Interval, Number


def resolve_interval(
    member: Quantity | Range, measure: Measure, context: Context
) -> Interval | None:
    """Return a number or range as an interval of the measure, or None after a report."""
    if isinstance(member, Quantity):
        value = number_in_unit_of(measure, member, member.unit, context)
        return None if value is None else Interval(value, value)
    low = number_in_unit_of(measure, member.low, member.unit, context)
    high = number_in_unit_of(measure, member.high, member.unit, context)
    if low is None or high is None:
        return None
    if low > high or (low == high and member.high_open):
        context.found.append(
            report(
                "empty-range",
                f"no number lies in {member.span.text}",
                member.span,
                fix="the lower end comes first",
            )
        )
        return None
    return Interval(low, high, high_open=member.high_open)


def number_in_unit_of(
    measure: Measure, number: Quantity, unit: Word | None, context: Context
) -> Fraction | None:
    """Return a written number in the measure's unit, or None after a report."""
    literal = resolve_term(Quantity(number.value, number.text, unit, number.span), context)
    pair = None if literal is None else reconcile(measure, literal, number.span, context)
    if pair is None:
        return None
    assert isinstance(pair[1], Number)
    return pair[1].value
