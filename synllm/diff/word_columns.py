"""What is said of a column, thing by thing, in the language's own spelling."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import assert_never

from synllm.diff.model import Detail
from synllm.diff.word_changes import details_between
from synllm.diff.word_rows import write_number
from synllm.language.words import quoted, write_example_word
from synllm.spec.model import Column
from synllm.spec.types import CategoryType, Code, IdentifierType, NumberType

_VALUES_LISTED = 12


def column_details(old: Column | None, new: Column | None) -> tuple[Detail, ...]:
    """Return each thing that the versions say differently of a column, old and new."""
    return details_between(
        None if old is None else dict(_facts(old)),
        None if new is None else dict(_facts(new)),
        {"may be missing": "no", "applies when": "always", "codes": "as the values are called"},
    )


def _facts(column: Column) -> Iterator[tuple[str, str]]:
    yield from _type_facts(column)
    if column.derivation is not None:
        rounding = f"rounded {column.derivation.rounding}"
        yield "formula", f"{column.derivation.text or 'computed'} {rounding}"
    codes = [
        f"{write_example_word(label)} coded {_write_code(code)}" for label, code in column.codes
    ]
    if any(label != code.text for label, code in column.codes):
        yield "codes", ", ".join(codes)
    if column.may_be_missing:
        yield (
            "missing",
            ", ".join(
                _write_code(each.code) + (f": {quoted(each.reason)}" if each.reason else "")
                for each in column.missing_codes
            ),
        )
    if column.applies_when is not None:
        yield "applies when", column.applies_text or "its condition is met"
        yield "code where it does not apply", _write_code(column.not_applicable_code)
    if column.description:
        yield "description", column.description


def _type_facts(column: Column) -> Iterator[tuple[str, str]]:
    match column.type:
        case IdentifierType():
            yield "type", "identifier"
        case CategoryType(labels=labels, ordered=ordered, yes_no=yes_no):
            yield "type", "yes/no" if yes_no else "ordered" if ordered else "one of"
            if not yes_no:
                sign = " < " if ordered else ", "
                yield "values", f"{{{sign.join(write_example_word(each) for each in labels)}}}"
        case NumberType(decimals=decimals) as kind:
            yield "type", "integer" if decimals == 0 else f"decimal({decimals})"
            if kind.listed:
                yield "range", f"in {{{', '.join(_some(kind.listed))}}}"
            elif kind.interval is not None:
                low, high = kind.interval.low, kind.interval.high
                ends = ["" if end is None else write_number(end) for end in (low, high)]
                yield "range", f"in {ends[0]}..{'<' if kind.interval.high_open else ''}{ends[1]}"
            if kind.unit is not None:
                substance = "" if kind.substance is None else f" of {kind.substance}"
                yield "unit", f"'{kind.unit}'{substance}"
        case _:
            assert_never(column.type)


def _some(listed: tuple[Fraction, ...]) -> list[str]:
    numbers = [write_number(each) for each in listed]
    if len(numbers) <= _VALUES_LISTED:
        return numbers
    return [*numbers[: _VALUES_LISTED - 2], "…", numbers[-1]]


def _write_code(code: Code) -> str:
    if code.text == "":
        return "the empty cell"
    return code.text if code.numeric else quoted(code.text)
