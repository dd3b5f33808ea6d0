"""What a delivered table shows: its figures, its different rows, its verdicts seen once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile

import numpy as np
from numpy.typing import NDArray

from synllm.columns.figures import Figure, measure_figures_in
from synllm.generate.audit_sample import AUDIT_SAMPLE, audit_sample
from synllm.generate.column_cells import list_rows
from synllm.generate.journal.stored_rows import StoredRows
from synllm.rowspace.place_table import make_table
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic

AT_ONCE = 1_000_000
"""Fingerprints of rows that are compared at a time."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What rows show: each figure asked for, how many differ, were audited, copy an example."""

    figures: tuple[Figure, ...]
    distinct: int
    audited: int
    example_copies: int


def measure_rows(
    spec: Spec,
    core: CoreSpec,
    listings: Mapping[str, Listing],
    rows: StoredRows,
    figures: Sequence[Statistic],
    examples: Mapping[str, Integers] | None = None,
) -> Measured:
    """Return what stored rows show, in memory that doesn't grow with them.

    Raises AssertionError where the audit finds a row invalid: a defect of synllm.
    """
    spread = np.linspace(0, len(rows) - 1, min(len(rows), AUDIT_SAMPLE)).astype(np.int64)
    sample = list(list_rows(spec, listings, rows.take(spread)))
    copied = None if examples is None else fingerprint_rows(examples)
    copies = 0
    with TemporaryFile(dir=rows.path.parent) as file:
        for block in rows.blocks():
            marks = fingerprint_rows(block.places)
            file.write(marks.tobytes())
            copies += 0 if copied is None else int(np.isin(marks, copied).sum())
        file.flush()
        distinct = count_distinct(np.memmap(file, dtype=np.uint64, mode="r"))
    return Measured(
        figures=tuple(
            measure_figures_in(
                figures,
                lambda: (make_table(spec, core, listings, each.places) for each in rows.blocks()),
            )
        ),
        distinct=distinct,
        audited=audit_sample(core, sample),
        example_copies=copies,
    )


def count_distinct(marks: NDArray[np.uint64]) -> int:
    """Return how many numbers differ, looking at a range of them at a time.

    They are to be spread evenly but for those that repeat.
    """
    ranges = -(-marks.size // AT_ONCE)
    edges = [(2**64 * place) // ranges for place in range(ranges)]
    found = 0
    for place, low in enumerate(edges):
        seen = np.empty(0, dtype=np.uint64)
        for start in range(0, marks.size, AT_ONCE):
            part = marks[start : start + AT_ONCE]
            inside = part >= np.uint64(low)
            if place + 1 < ranges:
                inside &= part < np.uint64(edges[place + 1])
            seen = np.union1d(seen, part[inside])
        found += seen.size
    return found


def fingerprint_rows(places: Mapping[str, Integers]) -> NDArray[np.uint64]:
    """Return 64 bits for each row, the same for rows with the same places."""
    random = np.random.default_rng(0)
    total = np.zeros(next(iter(places.values())).size, dtype=np.uint64)
    for each in places.values():
        total ^= (random.integers(2**64, size=1, dtype=np.uint64) | np.uint64(1)) * each.astype(
            np.uint64
        )
        total *= np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return total
