"""Generate a table: the model writes candidate rows under the grammar, and every row is judged.

Rows that break a rule which the grammar can't hold are counted, by rule, and written anew, until
exactly the rows asked for are delivered or the model's rows show that they won't be.
"""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synllm.generate.alarms import find_alarms
from synllm.generate.audit_sample import audit_sample
from synllm.generate.constrained import RowWriter, Unfinished
from synllm.generate.judge_row import judge_row
from synllm.generate.models import LoadedModel
from synllm.generate.prompt_text import choose_prompt
from synllm.generate.receipts import WrittenTogether, describe_run, write_receipts
from synllm.generate.run_manifest import (
    ModelRecord,
    RunManifest,
    hash_file,
    hash_text,
    library_versions,
    manifest_path,
    python_version,
)
from synllm.generate.settings import RunSettings
from synllm.generate.sinks import Sink, open_sink
from synllm.spec.passes.lower import lower
from synllm.spec.values import Row, Value
from synllm.targets.write import CompiledSpec

PATIENCE = 2_000
"""Candidates after which a run that delivers less than one in PATIENCE / 10 gives up."""


@dataclass(slots=True)
class Progress:
    """How far a run is; the callback sees it after every batch."""

    asked: int
    delivered: int = 0
    candidates: int = 0
    rejected_rows: int = 0
    unfinished: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    @property
    def rate(self) -> float:
        """Delivered rows per second."""
        return self.delivered / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a run delivered, and whether that is all that was asked for."""

    rows: tuple[dict[str, Value], ...]
    progress: Progress
    audited: int
    batches: tuple[WrittenTogether, ...]

    @property
    def complete(self) -> bool:
        """Whether all rows asked for are there."""
        return self.progress.delivered == self.progress.asked


def generate_rows(
    compiled: CompiledSpec,
    model: LoadedModel,
    settings: RunSettings,
    *,
    deliver: Callable[[Sequence[Row]], None] = lambda rows: None,
    progress: Callable[[Progress], None] = lambda state: None,
) -> Delivered:
    """Return the delivered rows; `deliver` gets them batch by batch as they are accepted.

    The same compiled spec, model, settings and machine give the same rows. Raises ModelError.
    """
    started = time.monotonic()
    writer = RowWriter(model, compiled.row_regex)
    messages = choose_prompt(compiled, model, settings.prompt).as_chat()
    state = Progress(settings.rows)
    accepted: list[dict[str, Value]] = []
    batches: list[WrittenTogether] = []
    while state.delivered < settings.rows and not _is_hopeless(state):
        seed = batch_seed(settings.seed, len(batches))
        texts = writer.write_batch(
            messages, settings.batch, seed=seed, temperature=settings.temperature
        )
        fresh: list[dict[str, Value]] = []
        for text in texts:
            if state.delivered + len(fresh) == settings.rows:
                break
            state.candidates += 1
            if isinstance(text, Unfinished):
                state.unfinished += 1
                continue
            judged = judge_row(text, compiled.row_format)
            if judged.broken:
                state.rejected_rows += 1
                state.rejected.update(judged.broken)
            else:
                fresh.append(judged.values)
        deliver(fresh)
        accepted.extend(fresh)
        batches.append(WrittenTogether(len(fresh), len(batches) + 1, seed))
        state.delivered += len(fresh)
        state.seconds = time.monotonic() - started
        progress(state)
        if settings.temperature == 0 and not fresh:
            # The likeliest row is the same in every batch: it won't get better.
            break
    audited = audit_sample(lower(compiled.spec), accepted)
    state.seconds = time.monotonic() - started
    return Delivered(tuple(accepted), state, audited, tuple(batches))


def run_to_file(
    compiled: CompiledSpec,
    model: LoadedModel,
    settings: RunSettings,
    output: Path,
    *,
    receipts: bool = False,
    progress: Callable[[Progress], None] = lambda state: None,
) -> tuple[Delivered, RunManifest]:
    """Write the table and its manifest; an incomplete table keeps its partial name.

    With `receipts`, those of a complete table are written beside it.

    Raises ModelError and OSError. Whatever stops the run, the rows delivered so far stay in the
    partial file.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    sink: Sink = open_sink(compiled.spec, output)
    try:
        delivered = generate_rows(compiled, model, settings, deliver=sink.write, progress=progress)
    finally:
        sink.close()
    place = sink.partial.replace(output) if delivered.complete else sink.partial
    manifest = _describe(compiled, model, settings, delivered, place)
    manifest_path(place).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    if receipts and delivered.complete:
        fields = compiled.row_format.fields
        head = describe_run(compiled.spec, fields, settings, manifest.model, manifest.prompt_sha256)
        write_receipts(place, head, compiled.spec, delivered.batches)
    return delivered, manifest


def batch_seed(seed: int, number: int) -> int:
    """Return the seed of one batch, so that batches differ and the run's seed decides them all."""
    digest = hashlib.sha256(f"{seed}/{number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _is_hopeless(state: Progress) -> bool:
    return state.candidates >= PATIENCE and state.delivered * PATIENCE < 10 * state.candidates


def _describe(
    compiled: CompiledSpec,
    model: LoadedModel,
    settings: RunSettings,
    delivered: Delivered,
    place: Path,
) -> RunManifest:
    from synllm import __version__

    state = delivered.progress
    lines = [compiled.row_format.write_row(row) for row in delivered.rows]
    examples = {compiled.row_format.write_row(row) for row in compiled.examples}
    shown = choose_prompt(compiled, model, settings.prompt)
    return RunManifest(
        synllm=__version__,
        spec=compiled.spec.name,
        spec_sha256=hash_text(compiled.spec.source.text),
        imports_sha256={
            Path(source.name).name: hash_text(source.text) for source in compiled.spec.imports
        },
        prompt_sha256=hash_text(shown.model_dump_json()),
        regex_sha256=hash_text(compiled.row_regex),
        settings=settings,
        model=ModelRecord(
            name=model.name,
            revision=model.revision,
            trained=model.trained,
            device=model.device,
            dtype=model.dtype,
        ),
        output=place.name,
        output_sha256=hash_file(place),
        complete=delivered.complete,
        delivered=state.delivered,
        distinct=len(set(lines)),
        candidates=state.candidates,
        rejected_rows=state.rejected_rows,
        rejected=dict(state.rejected.most_common()),
        unfinished=state.unfinished,
        audited=delivered.audited,
        example_copies=sum(line in examples for line in lines),
        alarms=find_alarms(place, compiled.spec, lower(compiled.spec), compiled.examples)
        if state.delivered
        else (),
        seconds=round(state.seconds, 3),
        versions=library_versions(),
        python=python_version(),
    )
