"""A delivered table read back as places, block by block, whatever wrote it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from synllm.columns.batch import IS_MISSING, PRESENT, Batch
from synllm.diagnostics.show_text import render_text
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.validate.decode import Decoder
from synllm.validate.read_table import open_table


class UnreadableTableError(Exception):
    """A table can't be read, or holds a cell that its spec doesn't allow; the text says which."""


def read_places(
    table: Path, spec: Spec, core: CoreSpec, listings: Mapping[str, Listing]
) -> Iterator[dict[str, Integers]]:
    """Yield the places of a table's rows by generated column. Raises UnreadableTableError."""
    opened, diagnostics = open_table(table, spec)
    if opened is None:
        raise UnreadableTableError(render_text(diagnostics))
    decoder = Decoder(spec, core)
    for cells in opened.batches:
        decoded = decoder.decode(cells)
        if decoded.problems:
            names = ", ".join(f"`{name}`" for name in decoded.problems)
            raise UnreadableTableError(f"{table} holds cells of {names} that can't be read")
        yield find_places(decoded.batch, listings)
    if opened.problems:
        raise UnreadableTableError(render_text(opened.problems))


def find_places(batch: Batch, listings: Mapping[str, Listing]) -> dict[str, Integers]:
    """Return the places of a batch's cells, all of which are listed."""
    found: dict[str, Integers] = {}
    for name, state in batch.states.items():
        values = listings[name].values
        present = state == PRESENT
        place = np.where(state == IS_MISSING, values.size, values.size + 1).astype(np.int64)
        place[present] = np.searchsorted(values, batch.values[name][present].astype(np.int64))
        found[name] = place
    return found
