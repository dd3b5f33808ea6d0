"""Generate a table without a language model: rows drawn from the fitted row space.

No row breaks a hard rule and none is thrown away, and the declared figures are met as far as they
can be. The rows know nothing that the spec does not say: the floor that every model is compared
with. Needs none of the packages that models need.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from synllm.columns.figures import measure_figures
from synllm.columns.program import UNDEFINED, VIOLATED, Program, compile_program
from synllm.columns.table import Table
from synllm.generate.alarms import AlarmTally
from synllm.generate.audit_sample import audit_sample
from synllm.generate.column_cells import list_column_cells, list_rows
from synllm.generate.column_sinks import open_column_sink
from synllm.generate.receipts import WrittenTogether, describe_run, write_receipts
from synllm.generate.run_manifest import (
    AlarmRecord,
    ModelRecord,
    RunManifest,
    TargetRecord,
    hash_file,
    hash_text,
    library_versions,
    manifest_path,
    python_version,
)
from synllm.generate.settings import RunSettings
from synllm.proof.session import Undecided
from synllm.proof.statistics.wording import name_figure
from synllm.proof.witnesses.witness_rows import NoRow
from synllm.rowspace.continuation import UndecidedError
from synllm.rowspace.fit import FittedRows
from synllm.rowspace.given import Given, build_given_space
from synllm.rowspace.given_rows import GivenRows
from synllm.rowspace.sample import Integers, find_unlistable
from synllm.rowspace.settle import settle_orders
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.formulas import TRUE
from synllm.spec.passes.lower import lower
from synllm.spec.values import Row

NAME = "sampler"
"""What `--model` calls it."""


class CannotSampleError(Exception):
    """A spec's rows can't be drawn without a model: what is in the way, and what to do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}. {fix}")
        self.what = what
        self.fix = fix


class NoPatientError(Exception):
    """No valid row meets the condition given; `why` names the statements that rule it out."""

    def __init__(self, given: Given, why: NoRow) -> None:
        names = " and ".join(claim.name for claim in why.claims)
        super().__init__(f"no valid patient meets `{given.text}`: {names or 'ranges'} exclude it")
        self.why = why


@dataclass(frozen=True, slots=True)
class Sampled:
    """A finished run; `drawing` is the seconds that drawing took, fitting and writing left out."""

    manifest: RunManifest
    place: Path
    fitting: float
    drawing: float
    writing: float


class RowSampler:
    """A spec's rows, fitted to its declared figures. Raises CannotSampleError.

    `rows` says how many are going to be drawn, which decides how much is spent on the fit. With a
    condition given, only rows that meet it are drawn; raises NoPatientError where there are none.
    `space` holds exactly the rows that can be drawn.
    """

    def __init__(self, spec: Spec, rows: int, given: Given | None = None) -> None:
        self.spec = spec
        self.core = lower(spec)
        self.space = _settle(_space_of(spec, self.core))
        self.given: GivenRows | None = None
        try:
            self.rows = FittedRows(spec, self.core, self.space, rows)
            if given is not None:
                self.space = _settle(_given_space(spec, self.core, given))
                self.given = GivenRows(self.rows, self.space, given)
        except UndecidedError as error:
            raise self._say_undecided() from error
        self._program: Program = compile_program(_hard_only(self.core))

    def draw(self, count: int, seed: int) -> Iterator[dict[str, Integers]]:
        """Yield the rows' places in blocks; the same seed yields the same rows.

        Raises AssertionError for a row that breaks a rule: a defect of synllm. Raises
        CannotSampleError, rarely, where it stays open whether a row can be completed.
        """
        for places in self._draw(count, seed):
            counts = self._program.counts(self.rows.table(places).batch)
            broken = [name for name, each in counts.items() if each[VIOLATED] or each[UNDEFINED]]
            assert not broken, f"sampled rows break {broken}"
            yield places

    def _draw(self, count: int, seed: int) -> Iterator[dict[str, Integers]]:
        try:
            yield from (self.given or self.rows).draw(count, seed)
        except UndecidedError as error:
            raise self._say_undecided() from error

    def _say_undecided(self) -> CannotSampleError:
        names = [f"`{name}`" for part in self.space.open_parts for name in part.fields]
        return CannotSampleError(
            f"which values {', '.join(names)} can take together could not be worked out",
            "narrow their ranges or simplify the rules that tie them",
        )

    def sample(self, count: int, seed: int) -> Iterator[Row]:
        """Yield the rows with exact values."""
        for places in self.draw(count, seed):
            yield from list_rows(self.spec, self.rows.listings, places)

    def report(self, table: Table) -> tuple[TargetRecord, ...]:
        """Return for each declared figure whether the rows of a table meet it.

        With a condition given, figures that are about other patients too are left out.
        """
        own = [
            residual
            for residual in self.rows.residuals
            if self.given is None or residual.statistic.where in self.given.held
        ]
        figures = measure_figures([each.statistic for each in own], table)
        return tuple(
            TargetRecord(
                figure=name_figure(residual.statistic),
                kind=residual.statistic.kind.value,
                declared=residual.statistic.value.text,
                delivered=figure.delivered,
                distance=None if figure.delivered is None else figure.distance,
                tolerance=figure.tolerance,
                rows=figure.rows,
                unmet_by_fit=round(residual.off, 4),
                met=figure.met,
            )
            for figure, residual in zip(figures, own, strict=True)
        )


def sample_to_file(
    spec: Spec,
    settings: RunSettings,
    output: Path,
    *,
    given: Given | None = None,
    receipts: bool = False,
    progress: Callable[[int], None] = lambda delivered: None,
) -> Sampled:
    """Write a sampled table and its manifest; raises CannotSampleError, NoPatientError and OSError.

    Whatever stops the run, the rows written so far stay in the partial file. With `receipts`, they
    are written beside the table.
    """
    started = time.monotonic()
    sampler = RowSampler(spec, settings.rows, given)
    fitted = time.monotonic()
    output.parent.mkdir(parents=True, exist_ok=True)
    sink = open_column_sink(spec, output)
    kept: dict[str, list[Integers]] = {column.name: [] for column in sampler.core.columns}
    delivered, writing = 0, 0.0
    batches: list[WrittenTogether] = []
    tally = AlarmTally(spec, sampler.space, sampler.rows.listings, is_given=given is not None)
    try:
        for places in sampler.draw(settings.rows, settings.seed):
            before = time.monotonic()
            table = sampler.rows.table(places)
            cells = list_column_cells(spec, sampler.rows.listings, places, table, delivered + 1)
            sink.write(cells)
            delivered += table.length
            tally.add(places)
            batches.append(WrittenTogether(table.length, len(batches) + 1, settings.seed))
            for name, each in places.items():
                kept[name].append(each.astype(np.int32))
            progress(delivered)
            writing += time.monotonic() - before
    finally:
        sink.close()
    drawn = time.monotonic()
    place = sink.partial.replace(output)
    places = {name: np.concatenate(parts) for name, parts in kept.items()}
    manifest = _describe(
        sampler, settings, place, places, tally.alarms(), time.monotonic() - started
    )
    manifest_path(place).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if receipts:
        head = describe_run(spec, sampler.space.fields, settings, manifest.model, None)
        write_receipts(place, head, spec, batches, TRUE if given is None else given.formula)
    return Sampled(manifest, place, fitted - started, drawn - fitted - writing, writing)


def _space_of(spec: Spec, core: CoreSpec) -> RowSpace:
    column = find_unlistable(core.columns)
    if column is not None:
        raise CannotSampleError(
            f"`{column.name}` has too many possible values to draw from",
            "narrow its range or record fewer decimals; a language model can write such rows",
        )
    space = build_row_space(spec, core)
    if space is None:
        raise CannotSampleError(
            "no row can obey all the rules", "`synllm check` says which statements clash"
        )
    return space


def _given_space(spec: Spec, core: CoreSpec, given: Given) -> RowSpace:
    match build_given_space(spec, core, given):
        case RowSpace() as space:
            return space
        case NoRow() as why:
            raise NoPatientError(given, why)
        case Undecided():
            raise CannotSampleError(
                f"it could not be worked out whether any valid patient meets `{given.text}`",
                "state it more simply, or give ranges of single columns",
            )


def _settle(space: RowSpace) -> RowSpace:
    settled, refusals = settle_orders(space)
    if refusals:
        raise CannotSampleError(refusals[0].what, refusals[0].fix)
    return settled


def _hard_only(core: CoreSpec) -> CoreSpec:
    """Return the core with its hard statements, named apart."""
    hard = [replace(each, name=f"{each.kind} {each.name}") for each in core.statements if each.hard]
    return replace(core, statements=tuple(hard))


def _describe(
    sampler: RowSampler,
    settings: RunSettings,
    place: Path,
    places: Mapping[str, Integers],
    alarms: tuple[AlarmRecord, ...],
    seconds: float,
) -> RunManifest:
    from synllm import __version__

    spec, rows = sampler.spec, sampler.rows
    count = settings.rows
    spread = np.linspace(0, count - 1, min(count, 50)).astype(np.int64)
    sample = list(list_rows(spec, rows.listings, {n: each[spread] for n, each in places.items()}))
    audited = audit_sample(sampler.core, sample)
    return RunManifest(
        synllm=__version__,
        spec=spec.name,
        spec_sha256=hash_text(spec.source.text),
        imports_sha256={Path(each.name).name: hash_text(each.text) for each in spec.imports},
        prompt_sha256=None,
        regex_sha256=None,
        settings=settings,
        model=ModelRecord(
            name=NAME, revision=__version__, trained=False, device="cpu", dtype="float64"
        ),
        output=place.name,
        output_sha256=hash_file(place),
        complete=True,
        delivered=count,
        distinct=_count_distinct(places),
        candidates=count,
        rejected_rows=0,
        rejected={},
        unfinished=0,
        audited=audited,
        example_copies=0,
        targets=sampler.report(rows.table(dict(places))),
        alarms=alarms,
        given_exact=None if sampler.given is None else sampler.given.exact,
        seconds=round(seconds, 3),
        versions=library_versions(),
        python=python_version(),
    )


def _count_distinct(places: Mapping[str, Integers]) -> int:
    """Return how many different rows there are, by 64-bit fingerprints."""
    random = np.random.default_rng(0)
    total = np.zeros(next(iter(places.values())).size, dtype=np.uint64)
    for each in places.values():
        total ^= (random.integers(2**64, size=1, dtype=np.uint64) | np.uint64(1)) * each.astype(
            np.uint64
        )
        total *= np.uint64(0x9E3779B97F4A7C15)
        total ^= total >> np.uint64(29)
    return int(np.unique(total).size)
