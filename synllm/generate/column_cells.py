"""Sampled rows column by column: each column's different values, and which row has which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synllm.columns.derive import derive
from synllm.columns.table import Table
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType, IdentifierType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Value


@dataclass(frozen=True, slots=True, eq=False)
class ColumnCells:
    """Row r of a column holds `values[of_row[r]]`."""

    column: Column
    values: tuple[Value, ...]
    of_row: Integers


def list_column_cells(
    spec: Spec,
    listings: Mapping[str, Listing],
    places: Mapping[str, Integers],
    table: Table,
    first: int,
) -> list[ColumnCells]:
    """Return every declared column's cells; identifiers count on from `first`."""
    return [_cells(column, spec, listings, places, table, first) for column in spec.columns]


def list_rows(
    spec: Spec, listings: Mapping[str, Listing], places: Mapping[str, Integers]
) -> Iterator[Row]:
    """Yield the generated columns of each row by name."""
    columns = spec.generated_columns
    cells = [
        [
            place_value(column, listings[column.name], place)
            for place in places[column.name].tolist()
        ]
        for column in columns
    ]
    for row in zip(*cells, strict=True):
        yield {column.name: value for column, value in zip(columns, row, strict=True)}


def place_value(column: Column, listing: Listing, place: int) -> Value:
    """Return what a place of a column's listing stands for."""
    absent = place - int(listing.values.size)
    if absent >= 0:
        return MISSING if absent == 0 else NOT_APPLICABLE
    number = int(listing.values[place])
    if isinstance(column.type, CategoryType):
        return column.type.labels[number]
    assert isinstance(column.type, NumberType)
    return Fraction(number, 10**column.type.decimals)


def _cells(
    column: Column,
    spec: Spec,
    listings: Mapping[str, Listing],
    places: Mapping[str, Integers],
    table: Table,
    first: int,
) -> ColumnCells:
    if isinstance(column.type, IdentifierType):
        numbers = tuple(str(number) for number in range(first, first + table.length))
        return ColumnCells(column, numbers, np.arange(table.length))
    if column.derivation is not None:
        return _derived_cells(column, derive(column, spec, table.core, table.batch))
    listing = listings[column.name]
    used, of_row = np.unique(places[column.name], return_inverse=True)
    values = tuple(place_value(column, listing, place) for place in used.tolist())
    return ColumnCells(column, values, of_row)


def _derived_cells(column: Column, numbers: NDArray[Any]) -> ColumnCells:
    assert isinstance(column.type, NumberType)
    scale = 10**column.type.decimals
    there = np.flatnonzero(numbers == numbers)  # NaN, which stands for absent, equals nothing.
    used, inverse = np.unique(numbers[there], return_inverse=True)
    values: tuple[Value, ...] = (MISSING, *(Fraction(int(number), scale) for number in used))
    of_row = np.zeros(numbers.size, dtype=np.int64)
    of_row[there] = inverse + 1
    return ColumnCells(column, values, of_row)
