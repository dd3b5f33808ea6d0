"""unit-suspect: unsatisfiable exactly when two recordable values of the column come out differently
in a comparison with a number, which in another common unit would lie between the column's ends.

Numbers from half the least to twice the greatest value are not suspected: a generous limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import describe_range, write_number
from synllm.proof.findings.told import Told
from synllm.proof.findings.unit_swaps import Swap, swap_units
from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.spec.expressions import ColumnValue, Compare, Number, walk
from synllm.spec.model import Column
from synllm.spec.passes.conditions import split
from synllm.spec.passes.formulas import FALSE
from synllm.spec.passes.terms import Scope
from synllm.spec.types import NumberType

_DIGITS = 4
_FAR = 2


def find_suspect_units(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each threshold of this file that only makes sense in another unit."""
    scope = Scope(inquiry.spec, inquiry.core.by_name)
    for case in inquiry.rules:
        if not case.own:
            continue
        for comparison, name, number in _thresholds(case):
            column = inquiry.spec.by_name[name]
            converted = bool(number.text) and Fraction(number.text) != number.value
            if not column.is_generated or converted:
                continue
            swap = _fitting(column, number.value)
            if swap is None:
                continue
            parts = split(comparison, scope)
            if FALSE not in (parts.true, parts.false):
                continue
            finding = _report(case, comparison, column, number, swap)
            if not told.is_accepted(finding):
                told.rules.add(case.rule.name)
                told.tell(finding, [case.index])
            yield finding


def _thresholds(case: RuleCase) -> Iterator[tuple[Compare, str, Number]]:
    conditions = [each for each in (case.rule.when, case.rule.then) if each is not None]
    for condition in conditions:
        for node in walk(condition):
            match node:
                case (
                    Compare(left=ColumnValue(column=name), right=Number() as number)
                    | Compare(left=Number() as number, right=ColumnValue(column=name))
                ):
                    yield node, name, number
                case _:
                    pass


def _fitting(column: Column, number: Fraction) -> Swap | None:
    """Return the first other unit in which the number lies inside the column's range, or None.

    A number near the range, such as a generous upper limit, is not suspected.
    """
    kind = column.type
    assert isinstance(kind, NumberType)
    ends = _ends(kind)
    if len(ends) < 2:
        return None
    low, high = ends[0], ends[-1]
    if low / _FAR < number < high * _FAR:
        return None
    return next((each for each in swap_units(column, number) if low < each.value < high), None)


def _ends(kind: NumberType) -> tuple[Fraction, ...]:
    if kind.listed or kind.interval is None:
        return kind.listed
    return tuple(end for end in (kind.interval.low, kind.interval.high) if end is not None)


def _report(
    case: RuleCase, comparison: Compare, column: Column, number: Number, swap: Swap
) -> Diagnostic:
    kind = column.type
    assert isinstance(kind, NumberType)
    written = number.text or write_number(number.value)
    meant = f"{float(swap.value):.{_DIGITS}g} {kind.unit}"
    ends = _ends(kind)
    side = "above" if number.value < ends[0] else "below"
    return report(
        "unit-suspect",
        f"every patient's `{column.name}` is {side} {written} {kind.unit}, so rule "
        f"`{case.rule.name}` tells none apart; {written} {swap.unit} would be {meant}",
        comparison.span,
        f"{written} reads as {kind.unit} here",
        also=[(column.type_span, describe_range(column))],
        fix=f"write the unit beside the number, `{written} '{swap.unit}'`, or the number in "
        f"{kind.unit}"
        if swap.converts
        else f"write the number in {kind.unit}",
    )
