"""Generate a table without a language model: rows drawn from the fitted row space.

No row breaks a hard rule and none is thrown away, and the declared figures are met as far as they
can be. The rows know nothing that the spec does not say: the floor that every model is compared
with. Needs none of the packages that models need.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from synllm import __version__
from synllm.columns.figures import Figure
from synllm.generate.alarms import AlarmTally
from synllm.generate.check_rows import RowCheck
from synllm.generate.column_cells import list_rows
from synllm.generate.delivery import Delivered, Order, deliver_rows
from synllm.generate.journal.begin import check_beginning
from synllm.generate.journal.decides import list_what_decides
from synllm.generate.model_folder import SAMPLER_NAME
from synllm.generate.receipts import describe_run, write_receipts
from synllm.generate.row_source import Block
from synllm.generate.run_manifest import (
    AlarmRecord,
    ModelRecord,
    RunManifest,
    TargetRecord,
    hash_text,
    library_versions,
    python_version,
)
from synllm.generate.settings import RunSettings
from synllm.proof.session import Undecided
from synllm.proof.statistics.wording import name_figure
from synllm.proof.witnesses.witness_rows import NoRow
from synllm.rowspace.continuation import UndecidedError
from synllm.rowspace.fit import FittedRows, Residual
from synllm.rowspace.given import Given, build_given_space
from synllm.rowspace.given_rows import GivenRows
from synllm.rowspace.ready_space import NoSpace, ready_space
from synllm.rowspace.sample import Integers, Listing
from synllm.rowspace.settle import settle_orders
from synllm.rowspace.space import RowSpace
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.formulas import TRUE
from synllm.spec.passes.lower import lower
from synllm.spec.values import Row


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
    """A finished run; `drawing` is the seconds that drawing took, fitting and writing left out.

    `drawn_anew` rows of a resumed run had been damaged on the disk.
    """

    manifest: RunManifest
    place: Path
    fitting: float
    drawing: float
    writing: float
    drawn_anew: int = 0


class RowSampler:
    """A spec's rows, fitted to its declared figures. Raises CannotSampleError.

    `rows` says how many are going to be drawn, which decides how much is spent on the fit. With a
    condition given, only rows that meet it are drawn; raises NoPatientError where there are none.
    `space` holds exactly the rows that can be drawn.
    """

    def __init__(self, spec: Spec, rows: int, given: Given | None = None) -> None:
        self.spec = spec
        self.core = lower(spec)
        self.space = _find_space(spec, self.core)
        self.given: GivenRows | None = None
        try:
            self.rows = FittedRows(spec, self.core, self.space, rows)
            if given is not None:
                self.space = _settle(_given_space(spec, self.core, given))
                self.given = GivenRows(self.rows, self.space, given)
        except UndecidedError as error:
            raise self._say_undecided() from error

    def draw(self, count: int, seed: int) -> Iterator[dict[str, Integers]]:
        """Yield the rows' places in blocks; the same seed yields the same rows.

        Raises AssertionError for a row that breaks a rule: a defect of synllm. Raises
        CannotSampleError, rarely, where it stays open whether a row can be completed.
        """
        check = RowCheck(self.core)
        size = self.block_rows(count)
        for number, start in enumerate(range(0, count, size)):
            places = self.draw_block(number, min(size, count - start), count, seed)
            check.check(self.rows.table(places))
            yield places

    def block_rows(self, count: int) -> int:
        """Return how many of `count` rows are drawn at a time."""
        return (self.given or self.rows).block_rows(count)

    def draw_block(self, number: int, size: int, count: int, seed: int) -> dict[str, Integers]:
        """Return one block of what `draw` yields, unchecked; it may have any size."""
        try:
            return (self.given or self.rows).draw_block(number, size, count, seed)
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

    @property
    def held(self) -> tuple[Residual, ...]:
        """The declared figures that the rows are held to, with what the fit leaves of each.

        With a condition given, figures that are about other patients too are left out.
        """
        return tuple(
            residual
            for residual in self.rows.residuals
            if self.given is None or residual.statistic.where in self.given.held
        )


class SampledBlocks:
    """A sampler as the source of a run's rows; `block_rows` None leaves their number to it."""

    measures: tuple[str, ...] = ()
    state: JsonValue = None

    def __init__(
        self, sampler: RowSampler, settings: RunSettings, block_rows: int | None = None
    ) -> None:
        self.listings: Mapping[str, Listing] = sampler.rows.listings
        self.block_rows = block_rows or sampler.block_rows(settings.rows)
        self._sampler = sampler
        self._settings = settings

    def restore(self, state: JsonValue, first: Mapping[str, Integers]) -> None:
        """Do nothing: a block depends on its number alone."""

    def draw_block(self, number: int, size: int) -> Block:
        """Return the block of that number. Raises CannotSampleError."""
        settings = self._settings
        return Block(self._sampler.draw_block(number, size, settings.rows, settings.seed))


def sample_to_file(
    spec: Spec,
    settings: RunSettings,
    output: Path,
    *,
    given: Given | None = None,
    receipts: bool = False,
    resume: bool = False,
    force: bool = False,
    block_rows: int | None = None,
    progress: Callable[[int], None] = lambda delivered: None,
) -> Sampled:
    """Write a sampled table and its manifest, and with `receipts` these beside it.

    Whatever stops the run, its rows stay in its journal, and `resume` goes on from there; `force`
    gives them up. Raises CannotSampleError, NoPatientError, JournalError and OSError.
    """
    started = time.monotonic()
    check_beginning(output, resume=resume, force=force)
    sampler = RowSampler(spec, settings.rows, given)
    fitting = time.monotonic() - started
    model = ModelRecord(
        name=SAMPLER_NAME, revision=__version__, trained=False, device="cpu", dtype="float64"
    )
    order = Order(
        spec=spec,
        core=sampler.core,
        settings=settings,
        output=output,
        decides=list_what_decides(spec, settings, model, ("numpy", "scipy")),
        figures=[each.statistic for each in sampler.held],
        resume=resume,
        force=force,
    )
    kept: list[Delivered] = []

    def conclude(delivered: Delivered) -> RunManifest:
        kept.append(delivered)
        if receipts:
            head = describe_run(spec, sampler.space.fields, settings, model, None)
            formula = TRUE if given is None else given.formula
            write_receipts(output, head, spec, delivered.batches, formula)
        tally = AlarmTally(spec, sampler.space, sampler.rows.listings, is_given=given is not None)
        for block in delivered.rows.blocks():
            tally.add(block.places)
        alarms = tally.alarms()
        return _describe(sampler, settings, model, delivered, alarms, time.monotonic() - started)

    source = SampledBlocks(sampler, settings, block_rows)
    manifest = deliver_rows(order, source, conclude, progress)
    (done,) = kept
    return Sampled(manifest, output, fitting, done.drawing, done.writing, done.drawn_anew)


def _find_space(spec: Spec, core: CoreSpec) -> RowSpace:
    space = ready_space(spec, core)
    if isinstance(space, NoSpace):
        raise CannotSampleError(space.what, space.fix)
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


def _describe(
    sampler: RowSampler,
    settings: RunSettings,
    model: ModelRecord,
    delivered: Delivered,
    alarms: tuple[AlarmRecord, ...],
    seconds: float,
) -> RunManifest:
    spec, measured = sampler.spec, delivered.measured
    return RunManifest(
        synllm=__version__,
        spec=spec.name,
        spec_sha256=hash_text(spec.source.text),
        imports_sha256={Path(each.name).name: hash_text(each.text) for each in spec.imports},
        prompt_sha256=None,
        regex_sha256=None,
        settings=settings,
        model=model,
        output=delivered.place.name,
        output_sha256=delivered.sha256,
        complete=True,
        delivered=settings.rows,
        distinct=measured.distinct,
        candidates=settings.rows,
        rejected_rows=0,
        rejected={},
        unfinished=0,
        audited=measured.audited,
        example_copies=measured.example_copies,
        targets=tuple(map(_describe_target, measured.figures, sampler.held)),
        alarms=alarms,
        given_exact=None if sampler.given is None else sampler.given.exact,
        resumed_at=delivered.resumed_at,
        seconds=round(seconds, 3),
        versions=library_versions(),
        python=python_version(),
    )


def _describe_target(figure: Figure, residual: Residual) -> TargetRecord:
    return TargetRecord(
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
