"""`TableText`: a table as a stream of text cells, whatever kind of file it came from."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.spec.model import Spec
from synllm.spec.types import IdentifierType

TEXT_CELLS = pa.dictionary(pa.int32(), pa.string())
"""The type of every column of a batch: distinct texts, and each row's index into them."""

BATCH_ROWS = 65_536
"""The most rows in a batch of a format whose reader lets us choose."""


@dataclass(slots=True)
class TableText:
    """An open table: its header, and its rows as record batches of `TEXT_CELLS` columns.

    A cell is null only where a typed table says so; an empty cell of a text file is the empty
    text. `problems` is complete once the batches are used up: where reading had to stop early, it
    holds an error. `locate` gives the 1-based file line of 1-based rows, none for binary formats.
    """

    name: str
    columns: tuple[str, ...]
    batches: Iterator[pa.RecordBatch]
    problems: list[Diagnostic] = field(default_factory=list)
    locate: Callable[[Collection[int]], dict[int, int]] = lambda rows: {}


def encode_texts(texts: Iterable[str | None]) -> pa.DictionaryArray:
    """Return Python texts as one column of a batch."""
    return pa.array(texts, type=pa.string()).dictionary_encode()


def checked_columns(header: Sequence[str], spec: Spec) -> list[str]:
    """Return the columns whose cells are read: all that header and spec share but identifiers."""
    return [
        name
        for name in header
        if name in spec.by_name and not isinstance(spec.by_name[name].type, IdentifierType)
    ]
