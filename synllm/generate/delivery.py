"""Deliver a table: rows from any source, checked, kept block by block, written and measured.

Every row is checked against every hard rule. A run that stops, for whatever reason, goes on where
it stopped, and ends with the table that it would have written in one go.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from synllm.columns.table import Table
from synllm.generate.check_rows import RowCheck
from synllm.generate.column_cells import list_column_cells
from synllm.generate.column_sinks import READABLE_UNFINISHED, ColumnSink, open_column_sink
from synllm.generate.journal.begin import check_beginning
from synllm.generate.journal.durable import sync_folder
from synllm.generate.journal.journal import Journal, resume_journal, start_journal
from synllm.generate.journal.stored_rows import StoredRows
from synllm.generate.measure_rows import Measured, measure_rows
from synllm.generate.receipts import WrittenTogether
from synllm.generate.row_source import FIRST_ROWS, Block, RowSource
from synllm.generate.run_manifest import RunManifest, hash_file, manifest_path
from synllm.generate.settings import RunSettings
from synllm.rowspace.place_table import make_table
from synllm.rowspace.sample import Integers
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic


@dataclass(frozen=True, slots=True)
class Delivered:
    """A complete table in its place, and what its rows show.

    `resumed_at` tells how many rows there were each time that the run was continued; `drawn_anew`
    those that were damaged since. `rows` are the table's rows by their places; they are there until
    the manifest is returned. `batches` are the blocks, in order. Seconds are those of all parts of
    the run together for `drawing`, those of the last part for `writing`.
    """

    place: Path
    sha256: str
    rows: StoredRows
    batches: tuple[WrittenTogether, ...]
    measured: Measured
    resumed_at: tuple[int, ...]
    drawn_anew: int
    drawing: float
    writing: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be delivered: how many rows of what, where to, and what decides them.

    `decides` names all that the rows depend on as texts (journal/decides.py). `figures` are
    measured in the table, and copies of the `examples`, given by their places, are counted.
    `resume` goes on with an unfinished run; `force` gives one up, and writes over a table.
    """

    spec: Spec
    core: CoreSpec
    settings: RunSettings
    output: Path
    decides: Mapping[str, str]
    figures: Sequence[Statistic] = ()
    examples: Mapping[str, Integers] | None = None
    resume: bool = False
    force: bool = False


def deliver_rows(
    order: Order,
    source: RowSource,
    conclude: Callable[[Delivered], RunManifest],
    progress: Callable[[int], None] = lambda delivered: None,
) -> RunManifest:
    """Write the table, then the manifest that `conclude` returns for it.

    `conclude` may write more beside the table; should the run stop before it returns, all of the
    end is done again. Raises JournalError and OSError; AssertionError for a row that breaks a rule:
    a defect of synllm. Whatever stops the run, the rows so far stay in its journal.
    """
    output = order.output
    check_beginning(output, resume=order.resume, force=order.force)
    output.parent.mkdir(parents=True, exist_ok=True)
    decides = dict(order.decides) | {"rows drawn at a time": f"{source.block_rows:,}"}
    begin = resume_journal if order.resume else start_journal
    journal = begin(output, decides, source.listings, source.measures)
    try:
        delivered = _Delivery(order, source, journal, progress).deliver()
        manifest = conclude(delivered)
        manifest_path(output).write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    except BaseException:
        journal.close()
        raise
    journal.remove()
    return manifest


class _Delivery:
    def __init__(
        self,
        order: Order,
        source: RowSource,
        journal: Journal,
        progress: Callable[[int], None],
    ) -> None:
        self._order = order
        self._source = source
        self._journal = journal
        self._progress = progress
        self._rules = RowCheck(order.core)
        self._writing = 0.0

    def deliver(self) -> Delivered:
        """Draw what is missing, put the table in its place and measure it."""
        order, journal, count = self._order, self._journal, self._order.settings.rows
        if journal.kept.blocks:
            first = journal.rows.take(np.arange(min(journal.kept.rows, FIRST_ROWS)))
            self._source.restore(journal.kept.state, first)
            self._progress(journal.kept.rows)
        partial = self._write(count)
        found = measure_rows(
            order.spec,
            order.core,
            self._source.listings,
            journal.rows,
            order.figures,
            order.examples,
        )
        sha256 = hash_file(partial)
        journal.finish(sha256)
        place = partial.replace(order.output)
        sync_folder(place.parent)
        size = self._source.block_rows
        return Delivered(
            place=place,
            sha256=sha256,
            rows=journal.rows,
            batches=tuple(
                WrittenTogether(min(size, count - start), number, order.settings.seed)
                for number, start in enumerate(range(0, count, size), 1)
            ),
            measured=found,
            resumed_at=journal.resumed_at,
            drawn_anew=journal.lost,
            drawing=journal.kept.seconds,
            writing=self._writing,
        )

    def _write(self, count: int) -> Path:
        """Draw the rows that are missing, and return where all are written."""
        along = self._order.output.suffix.lower() in READABLE_UNFINISHED
        if not along:
            for _ in self._draw(count):
                pass
        sink = open_column_sink(self._order.spec, self._order.output)
        try:
            first = 1
            for block in chain(self._journal.rows.blocks(), self._draw(count)):
                first = self._append(sink, block, first)
        finally:
            sink.close()
        return sink.partial

    def _draw(self, count: int) -> Iterator[Block]:
        """Yield the blocks that are missing, each as soon as it is kept."""
        source, journal = self._source, self._journal
        while journal.kept.rows < count:
            started = time.monotonic()
            size = min(source.block_rows, count - journal.kept.rows)
            block = source.draw_block(journal.kept.blocks, size)
            self._rules.check(self._table(block))
            journal.append(block, source.state, time.monotonic() - started)
            self._progress(journal.kept.rows)
            yield block

    def _append(self, sink: ColumnSink, block: Block, first: int) -> int:
        """Write a block whose rows count from `first`, and return what the next counts from."""
        started = time.monotonic()
        table = self._table(block)
        sink.write(
            list_column_cells(self._order.spec, self._source.listings, block.places, table, first)
        )
        self._writing += time.monotonic() - started
        return first + table.length

    def _table(self, block: Block) -> Table:
        order = self._order
        return make_table(order.spec, order.core, self._source.listings, block.places)
