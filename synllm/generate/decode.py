"""Generate a table with a language model whose every row is held to the rules as it is written."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synllm.generate.check_rows import RowCheck
from synllm.generate.column_cells import list_rows
from synllm.generate.decoded_blocks import DecodedBlocks
from synllm.generate.delivery import Delivered, Order, deliver_rows
from synllm.generate.describe_decoded import describe_decoded, place_examples
from synllm.generate.journal.decides import list_what_decides
from synllm.generate.model_rows import ModelRows
from synllm.generate.models import LoadedModel
from synllm.generate.receipts import describe_run, write_receipts
from synllm.generate.run_manifest import (
    ModelRecord,
    RunManifest,
    hash_text,
)
from synllm.generate.sampler import NoPatientError
from synllm.generate.settings import RunSettings
from synllm.generate.steering.figures import list_statistics
from synllm.generate.steering.steering import Steering
from synllm.proof.witnesses.witness_rows import NoRow
from synllm.rowspace.given import Given, build_given_space
from synllm.rowspace.place_table import make_table
from synllm.rowspace.ready_space import NoSpace
from synllm.rowspace.settle import settle_orders
from synllm.rowspace.space import RowSpace
from synllm.spec.core import CoreSpec
from synllm.spec.passes.formulas import TRUE
from synllm.spec.passes.lower import lower
from synllm.spec.statistics import Statistic
from synllm.spec.values import Row
from synllm.targets.prompt.messages import Prompt, write_card_prompt, write_prompt
from synllm.targets.row_format import RowFormat
from synllm.targets.write import CompiledSpec


class CannotDecodeError(Exception):
    """A spec's rows can't be held to its rules while they are written: what is in the way."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what}. {fix}")
        self.what = what
        self.fix = fix


@dataclass(frozen=True, slots=True)
class Decoded:
    """A finished run; `drawing` is the seconds that the model took to write the rows."""

    manifest: RunManifest
    place: Path
    drawing: float
    drawn_anew: int


class RowDecoder:
    """A model made ready to write a compiled spec's rows, steered to its declared figures.

    Raises ModelError, CannotDecodeError and NoPatientError. With a condition given, every row meets
    it, and nothing is steered: the declared figures are about all patients.
    """

    def __init__(
        self,
        compiled: CompiledSpec,
        model: LoadedModel,
        settings: RunSettings,
        given: Given | None = None,
        notice: Callable[[str], None] = lambda text: None,
    ) -> None:
        self.spec = compiled.spec
        self.core = lower(compiled.spec)
        self.space = _find_space(compiled, self.core, given)
        self.statistics: tuple[Statistic, ...] = () if given else list_statistics(self.spec)
        self.prompt = _write_prompt(compiled, model, settings, self.space, given)
        self.rows = ModelRows(
            self.spec,
            self.space,
            model,
            self.prompt.as_chat(),
            temperature=settings.temperature,
            score=settings.weights,
            notice=notice,
        )
        steering = None
        if settings.steer > 0 and self.statistics:
            steering = Steering(
                self.spec,
                self.core,
                self.space.fields,
                self.rows.listings,
                settings.rows,
                settings.seed,
                settings.steer,
            )
        self.blocks = DecodedBlocks(self.rows, settings, steering)

    def sample(self, count: int) -> Iterator[Row]:
        """Yield rows with exact values, without writing any file."""
        check = RowCheck(self.core)
        size = self.blocks.block_rows
        for number, start in enumerate(range(0, count, size)):
            places = self.blocks.draw_block(number, min(size, count - start)).places
            check.check(make_table(self.spec, self.core, self.rows.listings, places))
            yield from list_rows(self.spec, self.rows.listings, places)


def decode_to_file(
    compiled: CompiledSpec,
    model: LoadedModel,
    settings: RunSettings,
    output: Path,
    *,
    given: Given | None = None,
    receipts: bool = False,
    resume: bool = False,
    force: bool = False,
    progress: Callable[[int], None] = lambda delivered: None,
    notice: Callable[[str], None] = lambda text: None,
) -> Decoded:
    """Write a table that a model generates, its manifest, and what else is asked for beside it.

    Whatever stops the run, its rows stay in its journal, and `resume` goes on from there; `force`
    gives them up. Raises ModelError, CannotDecodeError, NoPatientError, JournalError and OSError.
    """
    started = time.monotonic()
    decoder = RowDecoder(compiled, model, settings, given, notice)
    record = ModelRecord(
        name=model.name,
        revision=model.revision,
        trained=model.trained,
        device=model.device,
        dtype=model.dtype,
    )
    prompt = hash_text(decoder.prompt.model_dump_json())
    shown = place_examples(compiled, decoder)
    order = Order(
        spec=decoder.spec,
        core=decoder.core,
        settings=settings,
        output=output,
        decides=list_what_decides(
            decoder.spec, settings, record, ("numpy", "torch", "transformers"), prompt
        ),
        figures=decoder.statistics,
        examples={name: np.array([each[name] for each in shown]) for name in decoder.space.fields}
        if shown
        else None,
        resume=resume,
        force=force,
    )
    kept: list[Delivered] = []

    def conclude(delivered: Delivered) -> RunManifest:
        kept.append(delivered)
        if receipts:
            head = describe_run(decoder.spec, decoder.space.fields, settings, record, prompt)
            formula = TRUE if given is None else given.formula
            write_receipts(output, head, decoder.spec, delivered.batches, formula)
        return describe_decoded(
            compiled, decoder, settings, record, prompt, delivered, time.monotonic() - started
        )

    manifest = deliver_rows(order, decoder.blocks, conclude, progress)
    (done,) = kept
    return Decoded(manifest, output, done.drawing, done.drawn_anew)


def _find_space(compiled: CompiledSpec, core: CoreSpec, given: Given | None) -> RowSpace:
    if isinstance(compiled.space, NoSpace):
        raise CannotDecodeError(compiled.space.what, compiled.space.fix)
    if given is None:
        return compiled.space
    found = build_given_space(compiled.spec, core, given)
    if isinstance(found, NoRow):
        raise NoPatientError(given, found)
    if not isinstance(found, RowSpace):
        raise CannotDecodeError(
            f"it could not be worked out whether any valid patient meets `{given.text}`",
            "state it more simply, or give ranges of single columns",
        )
    settled, refusals = settle_orders(found)
    if refusals:
        raise CannotDecodeError(refusals[0].what, refusals[0].fix)
    return settled


def _write_prompt(
    compiled: CompiledSpec,
    model: LoadedModel,
    settings: RunSettings,
    space: RowSpace,
    given: Given | None,
) -> Prompt:
    """Return the prompt, which with a condition given has the order of its own row space."""
    if model.reads_cards:
        return write_card_prompt(compiled.spec, space.fields)
    if given is None:
        return compiled.prompts[settings.prompt]
    rows = RowFormat(compiled.spec, space.fields)
    prompt = write_prompt(settings.prompt, compiled.spec, rows, compiled.examples)
    last = prompt.messages[-1]
    told = f"The row must be about a patient for whom this is true: {given.text}"
    more = last.model_copy(update={"content": f"{last.content}\n\n{told}"})
    return prompt.model_copy(update={"messages": (*prompt.messages[:-1], more)})
