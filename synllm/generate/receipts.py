"""Receipts: beside a table, a Parquet file that tells of each row where it came from and which
statements narrowed which of its fields.

The file's metadata holds all that the run was made of, the texts of the spec and its libraries
included, so that a row can be explained years later without any of the original files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.source import Source
from synllm.generate.read_back import read_places
from synllm.generate.run_manifest import ModelRecord, hash_text
from synllm.generate.settings import RunSettings
from synllm.language.load import load_spec
from synllm.rowspace.narrowed_by import Attribution
from synllm.rowspace.sample import Integers, list_cells
from synllm.spec.core import Formula
from synllm.spec.model import Spec
from synllm.spec.passes.formulas import TRUE
from synllm.spec.passes.lower import lower

_KEY = b"synllm"
_ORIGIN = ("row", "batch", "seed")


class ReceiptHead(BaseModel):
    """What all rows of a run have in common; `fields` is the order in which they were chosen.

    `files` are the texts of the spec, first, and of the libraries that it uses, by name.
    """

    model_config = ConfigDict(frozen=True)

    synllm: str
    spec: str
    spec_sha256: str
    prompt_sha256: str | None
    model: ModelRecord
    settings: RunSettings
    fields: tuple[str, ...]
    files: dict[str, str]


class UnreadableReceiptsError(Exception):
    """A table's receipts can't be read; `what` says why, `fix` what to do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}. {fix}")
        self.what = what
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Receipt:
    """What is kept of one row, and what all have in common."""

    head: ReceiptHead
    row: int
    batch: int
    seed: int
    narrowed_by: Mapping[str, tuple[str, ...]]


def receipts_path(output: Path) -> Path:
    """Return where a table's receipts lie."""
    return output.with_name(output.name + ".receipts.parquet")


def describe_run(
    spec: Spec,
    fields: Sequence[str],
    settings: RunSettings,
    model: ModelRecord,
    prompt_sha256: str | None,
) -> ReceiptHead:
    """Return what all rows of a run have in common."""
    from synllm import __version__

    return ReceiptHead(
        synllm=__version__,
        spec=spec.name,
        spec_sha256=hash_text(spec.source.text),
        prompt_sha256=prompt_sha256,
        model=model,
        settings=settings,
        fields=tuple(fields),
        files={Path(each.name).name: each.text for each in (spec.source, *spec.imports)},
    )


@dataclass(frozen=True, slots=True)
class WrittenTogether:
    """So many rows in a row that one batch delivered, and the seed that it was drawn with."""

    rows: int
    batch: int
    seed: int


def write_receipts(
    output: Path,
    head: ReceiptHead,
    spec: Spec,
    batches: Iterable[WrittenTogether],
    given: Formula = TRUE,
) -> Path:
    """Write the receipts of a finished table beside it, and return where.

    The table is read back, so a run that was interrupted and resumed has receipts like any other.
    """
    core = lower(spec)
    attribution = Attribution(spec, core, head.fields, given)
    listings = {column.name: list_cells(column) for column in core.columns}
    names = pa.list_(pa.string())
    schema = pa.schema(
        [
            *(pa.field(name, pa.int64()) for name in _ORIGIN),
            *(pa.field(_column(name), names) for name in head.fields),
        ],
        metadata={_KEY: head.model_dump_json().encode()},
    )
    place = receipts_path(output)
    partial = place.with_name(place.name + ".partial")
    origins = _spread(batches)
    with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
        first = 1
        for places in read_places(output, spec, core, listings):
            size = next(iter(places.values())).size
            columns = [pa.array(np.arange(first, first + size)), *map(pa.array, origins(size))]
            narrowed = attribution.narrow(places)
            for name in head.fields:
                sets = pa.array([list(each) for each in narrowed[name].sets], names)
                columns.append(sets.take(pa.array(narrowed[name].of_row)))
            writer.write_table(pa.table(columns, schema=schema))
            first += size
    return partial.replace(place)


def _spread(batches: Iterable[WrittenTogether]) -> Callable[[int], tuple[Integers, Integers]]:
    """Return what gives the batch and the seed of so many rows, those after the ones given last."""
    waiting = iter(batches)
    current = WrittenTogether(0, 0, 0)

    def take(count: int) -> tuple[Integers, Integers]:
        nonlocal current
        batch, seed = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
        done = 0
        while done < count:
            if current.rows == 0:
                current = next(waiting)
                continue
            size = min(current.rows, count - done)
            batch[done : done + size], seed[done : done + size] = current.batch, current.seed
            current = replace(current, rows=current.rows - size)
            done += size
        return batch, seed

    return take


def read_receipt(output: Path, row: int) -> Receipt:
    """Return the receipt of a table's row, counted from 1. Raises UnreadableReceiptsError."""
    path = receipts_path(output)
    if not path.is_file():
        raise UnreadableReceiptsError(
            f"{output} has no receipts beside it", "write them with `synllm run … --receipts`"
        )
    try:
        file = pq.ParquetFile(path)
        head = ReceiptHead.model_validate_json((file.schema_arrow.metadata or {}).get(_KEY, b""))
    except (pa.ArrowException, OSError, ValidationError) as error:
        raise UnreadableReceiptsError(
            f"{path} can't be read as receipts", "run again with --receipts: it is damaged"
        ) from error
    rows = file.metadata.num_rows
    if not 1 <= row <= rows:
        raise UnreadableReceiptsError(f"there is no row {row}", f"{output} has rows 1 to {rows:,}")
    first = 1
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if row < first + size:
            break
        first += size
    (kept,) = file.read_row_group(group).slice(row - first, 1).to_pylist()
    return Receipt(
        head,
        row,
        kept["batch"],
        kept["seed"],
        {name: tuple(kept[_column(name)]) for name in head.fields},
    )


@dataclass(frozen=True, slots=True)
class RememberedFiles:
    """The files of a spec as they were when it ran; a library is found by its name alone."""

    texts: Mapping[str, str]

    def read(self, path: Path) -> tuple[Source | None, list[Diagnostic]]:
        """Return a file's text as it was."""
        return Source(path.name, self.texts[path.name]), []

    def is_file(self, path: Path) -> bool:
        """Return whether the spec used such a file."""
        return path.name in self.texts

    def resolve(self, path: Path) -> Path:
        """Return the file's name."""
        return Path(path.name)


def reload_spec(head: ReceiptHead) -> Spec:
    """Return the spec that a run followed. Raises UnreadableReceiptsError."""
    spec, _ = load_spec(Path(next(iter(head.files))), RememberedFiles(head.files))
    if spec is None:
        raise UnreadableReceiptsError(
            "this version of synllm can't read the spec that its rows followed",
            f"explain its rows with synllm {head.synllm}, which wrote them",
        )
    return spec


def _column(field: str) -> str:
    """Return a field's column in the file; columns of the table may be called `row` too."""
    return f"{field}_" if field.rstrip("_") in _ORIGIN else field
