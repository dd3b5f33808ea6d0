"""What a delivered table shows: its figures, its different rows, its verdicts seen once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synllm.columns.figures import Figure, measure_figures
from synllm.generate.audit_sample import AUDIT_SAMPLE, audit_sample
from synllm.generate.column_cells import list_rows
from synllm.generate.journal.stored_rows import StoredRows
from synllm.rowspace.place_table import make_table
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic


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
    whole: dict[str, list[Integers]] = {name: [] for name in listings}
    for block in rows.blocks():
        for name, each in block.places.items():
            whole[name].append(each)
    places = {name: np.concatenate(parts) for name, parts in whole.items()}
    marks = fingerprint_rows(places)
    copied = None if examples is None else fingerprint_rows(examples)
    return Measured(
        figures=tuple(measure_figures(figures, make_table(spec, core, listings, places))),
        distinct=int(np.unique(marks).size),
        audited=audit_sample(core, sample),
        example_copies=0 if copied is None else int(np.isin(marks, copied).sum()),
    )


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
