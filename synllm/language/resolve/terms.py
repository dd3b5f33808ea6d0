"""Terms: numbers, columns and arithmetic, with units inferred and converted exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal, cast

from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.source import Span
from synllm.language.resolve.context import Context
from synllm.language.syntax import Node, Operation, Quantity, Range, Word
from synllm.language.units import Unit, conversion, parse_unit, suggest_unit
from synllm.spec.expressions import (
    Arithmetic,
    ArithmeticOperator,
    Call,
    ColumnValue,
    Convert,
    Number,
    Round,
    Term,
    columns_of,
)
from synllm.spec.types import NumberType

_SIGNS: dict[str, ArithmeticOperator] = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A term with its unit; None is unstated, and fits any unit."""

    term: Term
    unit: Unit | None = None
    unit_text: str | None = None
    substance: str | None = None

    @property
    def span(self) -> Span:
        """Where the term stands."""
        return self.term.span


def resolve_term(node: Node, context: Context) -> Measure | None:
    """Return a number-valued expression, or None where a mistake was reported."""
    match node:
        case Quantity():
            return _literal(node, context)
        case Word():
            return _column(node, context)
        case Range():
            return _no_number(node, "a range", context)
        case Operation(operator="group", operands=(inner,)):
            return resolve_term(inner, context)
        case Operation(operator="minus", operands=(inner,)):
            measure = resolve_term(inner, context)
            if measure is None:
                return None
            if isinstance(measure.term, Number):
                number = measure.term
                return Measure(
                    Number(-number.value, "-" + number.text, node.span),
                    measure.unit,
                    measure.unit_text,
                )
            zero = Number(Fraction(0), "0", node.span)
            return replace(measure, term=Arithmetic("-", zero, measure.term, node.span))
        case Operation(operator="add" | "subtract" | "multiply" | "divide"):
            return _arithmetic(node, context)
        case Operation(operator="call"):
            return _call(node, context)
        case Operation():
            return _no_number(node, "a condition", context)


def reconcile(
    left: Measure, right: Measure, span: Span, context: Context
) -> tuple[Term, Term] | None:
    """Return both terms in the left one's unit, or report that they can't be compared."""
    if left.unit is None and isinstance(left.term, Number) and right.unit is not None:
        return left.term, right.term
    if isinstance(left.term, Number) and not isinstance(right.term, Number):
        swapped = reconcile(right, left, span, context)
        return None if swapped is None else (swapped[1], swapped[0])
    if right.unit is None and (left.unit is None or isinstance(right.term, Number)):
        return left.term, right.term
    if left.unit is None or right.unit is None:
        return _one_sided(left, right, context)
    substance = left.substance or right.substance
    if right.substance is not None and right.substance != substance:
        substance = None
    mass = context.molar_masses.get(substance) if substance else None
    found = conversion(right.unit, left.unit, mass)
    if found is None:
        _report_mismatch(left, right, span, substance, mass, context)
        return None
    return left.term, _converted(right.term, *found)


def _one_sided(left: Measure, right: Measure, context: Context) -> tuple[Term, Term] | None:
    """Two columns of which one has no unit are compared as they are; a literal's unit is not."""
    if not isinstance(right.term, Number):
        return left.term, right.term
    context.found.append(
        report(
            "unit-mismatch",
            f"the unit of {right.span.text} can't be checked: the other side has none",
            right.span,
            "has a unit",
            also=[(left.span, "has no declared unit")],
            fix=f"declare the column's unit, or leave out '{right.unit_text}'",
        )
    )
    return None


def _report_mismatch(
    left: Measure,
    right: Measure,
    span: Span,
    substance: str | None,
    mass: Fraction | None,
    context: Context,
) -> None:
    fix = "compare quantities of the same kind"
    assert left.unit is not None and right.unit is not None
    # Any molar mass shows whether one is all that is missing.
    if mass is None and conversion(right.unit, left.unit, Fraction(1)) is not None:
        fix = (
            f"state the molar mass: `molar mass {substance} 180.156` (g/mol)"
            if substance
            else "say of which substance the column is (`'mg/dL' of glucose`) and state its "
            "`molar mass`"
        )
    context.found.append(
        report(
            "unit-mismatch",
            f"'{left.unit_text or '?'}' and '{right.unit_text or '?'}' can't be compared",
            right.span,
            f"in '{right.unit_text or '?'}'",
            also=[(left.span, f"in '{left.unit_text or '?'}'")],
            fix=fix,
        )
    )


def _converted(term: Term, factor: Fraction, offset: Fraction) -> Term:
    if factor == 1 and offset == 0:
        return term
    if isinstance(term, Number):
        return Number(term.value * factor + offset, term.text, term.span)
    return Convert(term, factor, offset, term.span)


def read_unit(unit: Word | None, context: Context) -> tuple[Unit | None, bool]:
    """Return a written unit, and whether it could be read (an absent one always can)."""
    if unit is None:
        return None, True
    parsed = parse_unit(unit.text)
    if parsed is None:
        context.found.append(
            report(
                "unknown-unit",
                f"'{unit.text}' is not a unit that can be read",
                unit.span,
                "not a UCUM unit",
                fix=suggest_unit(unit.text),
            )
        )
    return parsed, parsed is not None


def _literal(node: Quantity, context: Context) -> Measure | None:
    unit, fine = read_unit(node.unit, context)
    if not fine:
        return None
    return Measure(
        Number(node.value, node.text, node.span), unit, node.unit.text if node.unit else None
    )


def _column(node: Word, context: Context) -> Measure | None:
    column = context.usable_column(node)
    if column is None:
        return None
    if not isinstance(column.type, NumberType):
        context.found.append(
            report(
                "category-as-number",
                f"`{node.text}` holds words, not numbers",
                node.span,
                "not a number",
                also=[(column.type_span, "declared here")],
                fix=f"test it with `{node.text} is …`",
            )
        )
        return None
    kind = column.type
    unit = parse_unit(kind.unit) if kind.unit else None
    return Measure(ColumnValue(column.name, node.span), unit, kind.unit, kind.substance)


def _arithmetic(node: Operation, context: Context) -> Measure | None:
    left = resolve_term(node.operands[0], context)
    right = resolve_term(node.operands[1], context)
    if left is None or right is None:
        return None
    sign = _SIGNS[node.operator]
    if sign in "+-":
        terms = reconcile(left, right, node.span, context)
        if terms is None:
            return None
        return replace(_leading([left, right]), term=Arithmetic(sign, *terms, node.span))
    term = Arithmetic(sign, left.term, right.term, node.span)
    unit = _product_unit(left, right, sign)
    if unit is None:
        return Measure(term)
    # A plain number scales a quantity; two quantities make a new one.
    for one, other in ((left, right), (right, left)):
        if _is_plain_number(other) and (one is left or sign == "*"):
            return Measure(term, one.unit, one.unit_text, one.substance)
    return Measure(term, unit, _unit_text(left, right, sign))


def _product_unit(left: Measure, right: Measure, sign: str) -> Unit | None:
    scale = Unit(Fraction(1), ())
    left_unit = scale if _is_plain_number(left) else left.unit
    right_unit = scale if _is_plain_number(right) else right.unit
    if left_unit is None or right_unit is None or (left.unit is None and right.unit is None):
        return None
    return left_unit.times(right_unit) if sign == "*" else left_unit.over(right_unit)


def _is_plain_number(measure: Measure) -> bool:
    return measure.unit is None and not columns_of(measure.term)


def _leading(measures: Sequence[Measure]) -> Measure:
    """Return the measure into whose unit `reconcile` brings the others: the first that is not a
    literal, else the first with a unit.
    """
    terms = [each for each in measures if not isinstance(each.term, Number)]
    return next((each for each in terms or measures if each.unit is not None), measures[0])


def _unit_text(left: Measure, right: Measure, sign: str) -> str:
    return f"{left.unit_text or '1'}{'.' if sign == '*' else '/'}({right.unit_text or '1'})"


def _call(node: Operation, context: Context) -> Measure | None:
    word, *arguments = node.operands
    assert isinstance(word, Word)
    function = word.text
    if function == "round":
        return _round(node, arguments, context)
    if function == "abs" and len(arguments) != 1:
        return _wrong_count(node, "`abs` takes one number", context)
    resolved = [resolve_term(argument, context) for argument in arguments]
    measures = [measure for measure in resolved if measure is not None]
    if len(measures) < len(resolved):
        return None
    leading = _leading(measures)
    terms: list[Term] = []
    for measure in measures:
        pair = (
            (measure.term, measure.term)
            if measure is leading
            else reconcile(leading, measure, node.span, context)
        )
        if pair is None:
            return None
        terms.append(pair[1])
    name = cast(Literal["abs", "min", "max"], function)
    return replace(leading, term=Call(name, tuple(terms), node.span))


def _round(node: Operation, arguments: list[Node], context: Context) -> Measure | None:
    places = 0
    if len(arguments) == 2:
        count = arguments[1]
        if not isinstance(count, Quantity) or count.value.denominator != 1 or count.value > 12:
            return _wrong_count(node, "`round` takes a number of decimals, 0 to 12", context)
        places = int(count.value)
    elif len(arguments) != 1:
        return _wrong_count(node, "`round` takes a number, and perhaps how many decimals", context)
    measure = resolve_term(arguments[0], context)
    if measure is None:
        return None
    return Measure(
        Round(measure.term, places, node.span), measure.unit, measure.unit_text, measure.substance
    )


def _wrong_count(node: Operation, headline: str, context: Context) -> Measure | None:
    context.found.append(
        report(
            "wrong-arguments",
            headline,
            node.span,
            fix="write `abs(x)`, `round(x)` or `round(x, 1)`",
        )
    )
    return None


def _no_number(node: Operation | Range, what: str, context: Context) -> Measure | None:
    context.found.append(
        report(
            "number-expected",
            f"a number is needed here, and this is {what}",
            node.span,
            what,
            fix="compare numbers with each other: `age >= 18`",
        )
    )
    return None
