"""Parquet files and DataFrames: typed cells turned into the text that a CSV would hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType, NumberType
from synllm.validate.map_ahead import map_ahead
from synllm.validate.table_text import (
    BATCH_ROWS,
    TEXT_CELLS,
    TableText,
    checked_columns,
    encode_texts,
)


def open_parquet(path: Path, spec: Spec) -> tuple[TableText | None, list[Diagnostic]]:
    """Return a Parquet file as text batches of the columns that the spec names."""
    try:
        file = parquet.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        return None, [_unreadable(path, error)]
    header = tuple(file.schema_arrow.names)
    wanted = checked_columns(header, spec)
    table = TableText(path.name, header, iter(()))

    def stream() -> Iterator[pa.RecordBatch]:
        try:
            yield from map_ahead(
                lambda batch: _text_batch(batch, wanted, spec),
                file.iter_batches(batch_size=BATCH_ROWS, columns=wanted),
                1,
            )
        except (pa.ArrowException, OSError) as error:
            table.problems.append(_unreadable(path, error))

    table.batches = stream()
    return table, [] if file.metadata.num_rows else [_without_rows(path.name)]


def open_frame(frame: pd.DataFrame, spec: Spec) -> tuple[TableText | None, list[Diagnostic]]:
    """Return a DataFrame as text batches of the columns that the spec names, its index ignored."""
    header = tuple(str(label) for label in frame.columns)
    wanted = checked_columns(header, spec)

    def stream() -> Iterator[pa.RecordBatch]:
        for start in range(0, len(frame), BATCH_ROWS):
            part = frame.iloc[start : start + BATCH_ROWS]
            yield pa.record_batch(
                [
                    _text_cells(part.iloc[:, header.index(name)], spec.by_name[name])
                    for name in wanted
                ],
                schema=pa.schema([(name, TEXT_CELLS) for name in wanted]),
            )

    table = TableText("the table", header, stream())
    return table, [] if len(frame) else [_without_rows("the table")]


def text_of_array(array: pa.Array, column: Column) -> pa.DictionaryArray:
    """Return typed cells as the texts a CSV would hold: floats in their shortest form, NaN as null.

    True and false become the codes of yes and no, or 1 and 0 in a number column.
    """
    kind = array.type
    if pa.types.is_dictionary(kind):
        values = text_of_array(array.dictionary, column).cast(pa.string())
        return pa.DictionaryArray.from_arrays(array.indices.cast(pa.int32()), values)
    if pa.types.is_null(kind):
        return encode_texts([None] * len(array))
    if pa.types.is_boolean(kind):
        yes, no = text_of_boolean(column, True), text_of_boolean(column, False)
        return pc.if_else(array, pa.scalar(yes), pa.scalar(no)).dictionary_encode()
    if pa.types.is_floating(kind):
        if pa.types.is_float16(kind):
            array = array.cast(pa.float32())
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, array.type), array)
    elif _is_text(kind):
        return array.cast(pa.string()).dictionary_encode()
    elif not (pa.types.is_primitive(kind) or pa.types.is_decimal(kind)):
        return encode_texts(None if cell is None else str(cell) for cell in array.to_pylist())
    encoded = array.dictionary_encode()
    return pa.DictionaryArray.from_arrays(encoded.indices, encoded.dictionary.cast(pa.string()))


def text_of_boolean(column: Column | None, value: bool) -> str:
    """Return what a file holds for a truth value: the code of yes or no, 1 or 0 for a number."""
    match column.type if column is not None else None:
        case CategoryType(yes_no=True):
            assert column is not None
            return column.code_of("yes" if value else "no").text
        case NumberType():
            return "1" if value else "0"
        case _:
            return "true" if value else "false"


def _text_batch(batch: pa.RecordBatch, wanted: list[str], spec: Spec) -> pa.RecordBatch:
    return pa.record_batch(
        [text_of_array(batch.column(name), spec.by_name[name]) for name in wanted],
        schema=pa.schema([(name, TEXT_CELLS) for name in wanted]),
    )


def _text_cells(cells: pd.Series[Any], column: Column) -> pa.DictionaryArray:
    try:
        array = pa.Array.from_pandas(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        # An object column of several Python types has no Arrow type.
        return encode_texts(
            None
            if absent
            else text_of_boolean(column, cell)
            if isinstance(cell, bool)
            else str(cell)
            for cell, absent in zip(cells, cells.isna(), strict=True)
        )
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return text_of_array(array, column)


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _unreadable(path: Path, error: Exception) -> Diagnostic:
    return report(
        "unreadable-parquet",
        f"{path.name} can't be read as Parquet: {error}",
        fix="write the file again: it is damaged, cut off, or not a Parquet file",
    )


def _without_rows(name: str) -> Diagnostic:
    return report(
        "table-without-rows",
        f"{name} has columns but no rows",
        fix="check that the whole table was exported",
    )
