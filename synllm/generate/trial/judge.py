"""A model's own rows, unsteered, and the sampler's: how far each are from the spec's figures."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from synllm.columns.table import Table
from synllm.generate.model_rows import ModelRows
from synllm.generate.models import LoadedModel
from synllm.generate.prompt_text import Message
from synllm.generate.sampler import RowSampler
from synllm.generate.trial.quality import Quality, judge_rows
from synllm.rowspace.place_table import make_table
from synllm.rowspace.sample import Integers, Listing, list_cells
from synllm.spec.model import Spec


def judge_model(
    spec: Spec, model: LoadedModel, messages: Sequence[Message], rows: int, batch: int = 500
) -> Quality:
    """Return the quality of a model's rows under the grammar, unsteered, told the messages.

    Raises ModelError where the decoder can't write the model's rows.
    """
    sampler = RowSampler(spec, 1)
    writer = ModelRows(spec, sampler.space, model, messages)
    numbers = np.arange(rows)
    began = time.monotonic()
    parts = [
        writer.write(numbers[start : start + batch], seed=1).places
        for start in range(0, rows, batch)
    ]
    seconds = time.monotonic() - began
    return replace(judge_rows(spec, _as_table(sampler, parts)), rate=rows / seconds)


def judge_sampler(spec: Spec, rows: int) -> Quality:
    """Return the quality of the sampler's rows."""
    sampler = RowSampler(spec, rows)
    return judge_rows(spec, _as_table(sampler, list(sampler.draw(rows, seed=1))))


def _as_table(sampler: RowSampler, parts: Sequence[Mapping[str, Integers]]) -> Table:
    core = sampler.core
    listings: dict[str, Listing] = {
        name: list_cells(core.by_name[name]) for name in sampler.space.fields
    }
    places = {name: np.concatenate([each[name] for each in parts]) for name in parts[0]}
    return make_table(sampler.spec, core, listings, places)
