"""A table's columns as distinct texts and each row's index into them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from synllm.diagnostics.diagnostic import Diagnostic, has_errors
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType
from synllm.validate.read_table import open_table


@dataclass(frozen=True, slots=True, eq=False)
class ColumnText:
    """One column: its texts (the empty one for an absent cell), and per row the text's index.

    A text may stand at several indices.
    """

    name: str
    texts: tuple[str, ...]
    indices: NDArray[np.int32]

    def counts(self) -> dict[str, int]:
        """Return the number of rows that hold each text, in order of first appearance."""
        counted: dict[str, int] = {}
        rows = np.bincount(self.indices, minlength=len(self.texts))
        for text, count in zip(self.texts, rows.tolist(), strict=True):
            if count:
                counted[text] = counted.get(text, 0) + count
        return counted

    def holds(self, wanted: frozenset[str]) -> NDArray[np.bool_]:
        """Return for each row whether it holds one of the texts."""
        return np.array([text in wanted for text in self.texts], np.bool_)[self.indices]


def read_columns(
    table: Path | pd.DataFrame,
) -> tuple[tuple[ColumnText, ...] | None, list[Diagnostic]]:
    """Return all columns of a table in file order, or why it can't be read.

    A column whose header cell is empty is returned without its rows.
    """
    opened, diagnostics = open_table(table, _reading_spec(()))
    if opened is None:
        return None, diagnostics
    header = opened.columns
    opened, diagnostics = open_table(table, _reading_spec(header))
    if opened is None:
        return None, diagnostics
    batches = list(opened.batches)
    diagnostics = [*diagnostics, *opened.problems]
    if has_errors(diagnostics) or not batches:
        return None, diagnostics
    cells = pa.Table.from_batches(batches).unify_dictionaries()
    return tuple(_column_text(name, cells) for name in header), [
        each for each in diagnostics if each.finding != "column-not-in-spec"
    ]


def _column_text(name: str, cells: pa.Table) -> ColumnText:
    if not name:
        return ColumnText(name, (), np.empty(0, np.int32))
    column = cells.column(name)
    texts = tuple(column.chunk(0).dictionary.to_pylist())
    indices = [
        chunk.indices.fill_null(len(texts)).to_numpy(zero_copy_only=False)
        for chunk in column.chunks
    ]
    return ColumnText(name, (*texts, ""), np.concatenate(indices).astype(np.int32, copy=False))


def _reading_spec(header: tuple[str, ...]) -> Spec:
    """Return a spec that names every column and says so little that any cell is read as text."""
    anything = CategoryType(("",))
    names = dict.fromkeys(name for name in header if name)
    return Spec("", "", tuple(Column(name, anything) for name in names))
