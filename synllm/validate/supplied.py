"""Derived cells that a table supplies, compared with what the other cells say they must be."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction

from synllm.diagnostics.source import Source, Span
from synllm.spec.expressions import ColumnValue, Compare, Interval
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.types import EMPTY_CELL, MissingCode, NumberType


@dataclass(frozen=True, slots=True)
class CheckedSpec:
    """The spec whose statements are checked on a table, and where its columns' cells come from.

    `spec` is the author's, with a written column and a rule more for each supplied derived column;
    `sources` gives the table's column for each written column.
    """

    spec: Spec
    sources: dict[str, str]


def compare_supplied(spec: Spec, header: Collection[str]) -> CheckedSpec:
    """Return the spec with the statement `derived NAME` for each derived column in the header.

    It holds where the cell equals the computed value after rounding, and is undecided where the
    cell or an operand of the formula is missing.
    """
    supplied = [c for c in spec.columns if c.derivation is not None and c.name in header]
    written = {column.name: _written_name(column, spec) for column in supplied}
    rules = tuple(_comparison(column, written[column.name]) for column in supplied)
    columns = tuple(_supplied_column(column, written[column.name]) for column in supplied)
    sources = {column.name: column.name for column in spec.generated_columns}
    return CheckedSpec(
        replace(spec, columns=(*spec.columns, *columns), rules=(*spec.rules, *rules)),
        sources | {name: column for column, name in written.items()},
    )


def _written_name(column: Column, spec: Spec) -> str:
    name = f"{column.name} in the table"
    while name in spec.by_name:
        name += " itself"
    return name


def _supplied_column(column: Column, name: str) -> Column:
    """Return a column of the same recording whose values are wide enough to hold any mistake."""
    assert isinstance(column.type, NumberType)
    widest = Fraction(10**15, 10**column.type.decimals)
    return Column(
        name=name,
        type=replace(column.type, interval=Interval(-widest, widest), listed=()),
        description=column.description,
        missing_codes=(*column.missing_codes, MissingCode(EMPTY_CELL)),
        span=column.span,
    )


def _comparison(column: Column, written: str) -> Rule:
    text = f'"{written}" = {column.name}'
    source = Source("derived columns", text)
    middle = text.index(" = ")
    whole = Span(source, 0, len(text))
    return Rule(
        name=f"derived {column.name}",
        sentence=f"{column.name} in the table is the value computed from the other columns",
        when=None,
        then=Compare(
            "=",
            ColumnValue(written, Span(source, 0, middle)),
            ColumnValue(column.name, Span(source, middle + 3, len(text))),
            whole,
        ),
        text=text,
        span=whole,
        name_span=column.name_span,
    )
