"""The rows of a run on disk, by the places of their cells: as many bytes for each row, no memory.

They are what a run has delivered; the table, in whatever format, is written from them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synllm.generate.row_source import Block
from synllm.rowspace.sample import Integers, Listing

CHUNK_ROWS = 50_000
"""Rows that are read at a time."""


class StoredRows:
    """Rows in a file, one after the other, all of the same width.

    A cell takes as many bytes as the number of its column's places needs, a measure takes eight.
    """

    def __init__(
        self, path: Path, listings: Mapping[str, Listing], measures: Sequence[str] = ()
    ) -> None:
        self.path = path
        self._columns = {name: f"p{place}" for place, name in enumerate(listings)}
        self._measures = {name: f"m{place}" for place, name in enumerate(measures)}
        self._kind = np.dtype(
            [
                *(
                    (field, np.min_scalar_type(listings[name].size - 1).newbyteorder("<"))
                    for name, field in self._columns.items()
                ),
                *((field, np.dtype("<f8")) for field in self._measures.values()),
            ]
        )

    @property
    def width(self) -> int:
        """The number of bytes of a row."""
        return self._kind.itemsize

    def __len__(self) -> int:
        """Return the number of rows."""
        return self.path.stat().st_size // self.width if self.path.exists() else 0

    def pack(self, block: Block) -> bytes:
        """Return a block's rows as they are kept."""
        size = next(iter(block.places.values())).size
        rows = np.empty(size, dtype=self._kind)
        for name, field in self._columns.items():
            rows[field] = block.places[name]
        for name, field in self._measures.items():
            rows[field] = block.measures[name]
        return rows.tobytes()

    def blocks(self, size: int = CHUNK_ROWS) -> Iterator[Block]:
        """Yield all rows in order, `size` at a time."""
        with self.path.open("rb") as file:
            while content := file.read(size * self.width):
                yield self._unpack(np.frombuffer(content, dtype=self._kind))

    def take(self, rows: Integers) -> dict[str, Integers]:
        """Return the places of some rows, given by their numbers from 0."""
        found = np.empty(rows.size, dtype=self._kind)
        with self.path.open("rb") as file:
            for place, row in enumerate(rows.tolist()):
                file.seek(row * self.width, os.SEEK_SET)
                found[place] = np.frombuffer(file.read(self.width), dtype=self._kind)[0]
        return dict(self._unpack(found).places)

    def _unpack(self, rows: NDArray[Any]) -> Block:
        return Block(
            {name: rows[field].astype(np.int64) for name, field in self._columns.items()},
            {name: rows[field].astype(np.float64) for name, field in self._measures.items()},
        )
