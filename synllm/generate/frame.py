"""Delivered rows as a DataFrame, typed like the Parquet output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synllm.generate.sinks import arrow_cell, arrow_type, complete_row
from synllm.spec.model import Spec
from synllm.spec.types import NumberType
from synllm.spec.values import Row

if TYPE_CHECKING:
    import pandas as pd


def make_frame(spec: Spec, rows: Sequence[Row]) -> pd.DataFrame:
    """Return the rows with every declared column: nullable integers and strings by code, decimals
    as floats, missing and not applicable cells as null.
    """
    import pandas as pd
    import pyarrow as pa

    complete = [complete_row(spec, row, number) for number, row in enumerate(rows, 1)]
    columns: dict[str, pd.Series] = {}
    for column in spec.columns:
        cells = [arrow_cell(column, row[column.name]) for row in complete]
        if isinstance(column.type, NumberType) and column.type.decimals:
            numbers = [None if cell is None else float(cell) for cell in cells]
            columns[column.name] = pd.Series(numbers, dtype="Float64")
        elif pa.types.is_int64(arrow_type(column)):
            columns[column.name] = pd.Series(
                [None if cell is None else int(cell) for cell in cells], dtype="Int64"
            )
        else:
            columns[column.name] = pd.Series(cells, dtype="string")
    return pd.DataFrame(columns)
