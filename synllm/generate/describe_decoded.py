"""What a finished run of the decoder shows of itself: its manifest."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from synllm import __version__
from synllm.columns.figures import Figure, measure_figures
from synllm.generate.alarms import AlarmTally
from synllm.generate.decoded_blocks import MOST_COMPARED
from synllm.generate.delivery import Delivered
from synllm.generate.row_weights import weigh_table
from synllm.generate.run_manifest import (
    DecodingRecord,
    ModelRecord,
    RunManifest,
    TargetRecord,
    hash_text,
    library_versions,
    python_version,
)
from synllm.generate.settings import RunSettings
from synllm.proof.statistics.wording import name_figure
from synllm.proof.witness import encode_value
from synllm.rowspace.place_table import make_table
from synllm.rowspace.places import place_of
from synllm.targets.write import CompiledSpec

if TYPE_CHECKING:
    from synllm.generate.decode import RowDecoder

FEWEST_TRIED = 50
"""With fewer rows of the model alone, nothing is said about how it meets figures by itself."""


def place_examples(compiled: CompiledSpec, decoder: RowDecoder) -> list[dict[str, int]]:
    """Return the prompt's example rows by their places, those that can be generated."""
    found = []
    for row in compiled.examples:
        places = {
            column.name: place_of(
                decoder.rows.listings[column.name], encode_value(column, row[column.name])
            )
            for column in decoder.core.columns
        }
        known = {name: place for name, place in places.items() if place is not None}
        if len(known) == len(places):
            found.append(known)
    return found


def describe_decoded(
    compiled: CompiledSpec,
    decoder: RowDecoder,
    settings: RunSettings,
    model: ModelRecord,
    prompt: str,
    delivered: Delivered,
    seconds: float,
) -> RunManifest:
    """Return the manifest of a finished run; writes the rows' weights where they are asked for."""
    spec, measured, blocks = decoder.spec, delivered.measured, decoder.blocks
    tally = AlarmTally(
        spec,
        decoder.space,
        decoder.rows.listings,
        examples=place_examples(compiled, decoder),
        is_given=settings.given is not None,
    )
    divergence = 0.0
    for block in delivered.rows.blocks():
        tally.add(block.places)
        divergence += float(block.measures["divergence"].sum())
    return RunManifest(
        synllm=__version__,
        spec=spec.name,
        spec_sha256=hash_text(spec.source.text),
        imports_sha256={Path(each.name).name: hash_text(each.text) for each in spec.imports},
        prompt_sha256=prompt,
        regex_sha256=None,
        settings=settings,
        model=model,
        output=delivered.place.name,
        output_sha256=delivered.sha256,
        complete=True,
        delivered=settings.rows,
        distinct=measured.distinct,
        candidates=settings.rows + blocks.surplus,
        rejected_rows=0,
        rejected={},
        unfinished=0,
        audited=measured.audited,
        example_copies=measured.example_copies,
        targets=_describe_targets(decoder, delivered),
        alarms=tally.alarms(),
        resumed_at=delivered.resumed_at,
        decoding=DecodingRecord(
            canonical=decoder.rows.canonical,
            redrawn=blocks.redrawn,
            surplus=blocks.surplus,
            divergence=round(divergence / settings.rows, 4),
        ),
        weights=weigh_table(delivered.place, delivered.rows) if settings.weights else None,
        seconds=round(seconds, 3),
        versions=library_versions(),
        python=python_version(),
    )


def _describe_targets(decoder: RowDecoder, delivered: Delivered) -> tuple[TargetRecord, ...]:
    figures = delivered.measured.figures
    nothing: list[Figure | None] = [None] * len(figures)
    blocks = decoder.blocks
    prompted, steered = nothing, nothing
    if blocks.tried is not None:
        table = make_table(decoder.spec, decoder.core, decoder.rows.listings, blocks.tried)
        if table.length >= FEWEST_TRIED:
            prompted = list(measure_figures(decoder.statistics, table))
    if blocks.steering is not None and len(delivered.rows) <= MOST_COMPARED:
        parts = [block.places for block in delivered.rows.blocks()] + blocks.spare
        whole = {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}
        table = make_table(decoder.spec, decoder.core, decoder.rows.listings, whole)
        steered = list(measure_figures(decoder.statistics, table))
    return tuple(
        TargetRecord(
            figure=name_figure(statistic),
            kind=statistic.kind.value,
            declared=statistic.value.text,
            delivered=figure.delivered,
            distance=None if figure.delivered is None else figure.distance,
            tolerance=figure.tolerance,
            rows=figure.rows,
            prompted=None if first is None else first.delivered,
            steered=None if second is None else second.delivered,
            met=figure.met,
        )
        for statistic, figure, first, second in zip(
            decoder.statistics, figures, prompted, steered, strict=True
        )
    )
