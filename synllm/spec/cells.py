"""Cells of a data file: text to value and back, by the column's codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from fractions import Fraction
from typing import assert_never

from synllm.spec.evaluate import evaluate_condition
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType, Code, IdentifierType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special, Truth, Value


class CellProblem(StrEnum):
    """Why a cell can't be read as a value of its column."""

    NOT_A_NUMBER = "not a number"
    TOO_MANY_DECIMALS = "more decimals than declared"
    OUT_OF_RANGE = "outside the declared range"
    NOT_LISTED = "not one of the listed values"
    UNKNOWN_CODE = "not one of the declared codes"
    NOT_ALLOWED_EMPTY = "empty, but the column may not be missing"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cell's text can mean: a value, MISSING or a problem, and perhaps not applicable.

    Where the text is also the column's not-applicable code, `or_not_applicable` is true and the
    column's condition decides which is meant.
    """

    value: Value | CellProblem
    or_not_applicable: bool = False


def read_cell(column: Column, text: str | None) -> Reading:
    """Return what a cell means by itself; None is the null of typed tables, always an absence."""
    absent = column.applies_when is not None and (
        text is None or code_matches(column.not_applicable_code, text)
    )
    if column.may_be_missing and (
        text is None or any(code_matches(each.code, text) for each in column.missing_codes)
    ):
        return Reading(MISSING, absent)
    value = _read_value(column, "" if text is None else text)
    if absent and isinstance(value, CellProblem):
        return Reading(NOT_APPLICABLE)
    return Reading(value, absent)


def write_cell(column: Column, value: Value) -> str:
    """Return the text that a file holds for a value; numbers carry the recorded decimals."""
    if value is MISSING:
        return column.missing_codes[0].code.text if column.missing_codes else ""
    if value is NOT_APPLICABLE:
        return column.not_applicable_code.text
    assert not isinstance(value, Special)
    if isinstance(value, str):
        return column.code_of(value).text if isinstance(column.type, CategoryType) else value
    assert isinstance(column.type, NumberType)
    return column.type.written(value)


def read_row(spec: Spec, cells: Mapping[str, str | None]) -> dict[str, Value | CellProblem]:
    """Return a row's written, non-identifier columns, each read as its conditions decide.

    Where a condition is unknown, an ambiguous cell is read as a value or as missing. A column that
    the cells lack is read as the empty cell.
    """
    readings = {
        column.name: read_cell(column, cells.get(column.name, ""))
        for column in spec.columns
        if column.is_generated
    }
    row: dict[str, Value | CellProblem] = {
        name: reading.value for name, reading in readings.items()
    }
    for column in spec.condition_order:
        if readings[column.name].or_not_applicable:
            assert column.applies_when is not None
            known = {
                name: MISSING if isinstance(value, CellProblem) else value
                for name, value in row.items()
            }
            if evaluate_condition(column.applies_when, known, spec) is Truth.FALSE:
                row[column.name] = NOT_APPLICABLE
    return row


def code_matches(code: Code, text: str) -> bool:
    """Return whether a cell's text stands for the code: numerically for numeric codes."""
    if text == code.text:
        return True
    if not code.numeric:
        return False
    number = parse_number(text)
    return number is not None and number == parse_number(code.text)


def parse_number(text: str) -> Fraction | None:
    """Return the exact number that a cell's text writes, or None; blanks around it are ignored."""
    stripped = text.strip()
    if not stripped or len(stripped) > 400 or not stripped.isascii() or "_" in stripped:
        return None
    try:
        number = Decimal(stripped)
    except InvalidOperation:
        return None
    # An exponent of a million digits would fill the memory as a fraction.
    if not number.is_finite() or abs(number.adjusted()) > 400:
        return None
    return Fraction(number)


def _read_value(column: Column, text: str) -> Value | CellProblem:
    match column.type:
        case IdentifierType():
            return text
        case CategoryType():
            for label, code in column.codes:
                if code_matches(code, text):
                    return label
            return CellProblem.NOT_ALLOWED_EMPTY if text == "" else CellProblem.UNKNOWN_CODE
        case NumberType() as kind:
            if text == "":
                return CellProblem.NOT_ALLOWED_EMPTY
            number = parse_number(text)
            if number is None:
                return CellProblem.NOT_A_NUMBER
            if kind.contains(number):
                return number
            if (number * 10**kind.decimals).denominator != 1:
                return CellProblem.TOO_MANY_DECIMALS
            return CellProblem.NOT_LISTED if kind.listed else CellProblem.OUT_OF_RANGE
        case _:
            assert_never(column.type)
