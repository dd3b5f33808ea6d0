"""How well rows follow their spec: a model's own rows, unsteered, and the sampler's beside them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from math import log

import numpy as np

from synllm.columns.figures import measure_figures
from synllm.columns.table import Table
from synllm.generate.embedded.recipe.spec_text import write_spec
from synllm.generate.embedded.recipe.tables import Difficulty, draw_table
from synllm.generate.model_rows import ModelRows
from synllm.generate.models import LoadedModel
from synllm.generate.sampler import RowSampler
from synllm.language.load import parse_spec
from synllm.rowspace.place_table import make_table
from synllm.rowspace.sample import Integers, Listing, list_cells
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType
from synllm.targets.prompt.card_figures import describe_fields, write_card

TIED = 0.1
"""Correlations below this have no sign worth asking for."""

_PAIRS = (StatisticKind.PEARSON, StatisticKind.SPEARMAN, StatisticKind.ODDS_RATIO)


@dataclass(frozen=True, slots=True)
class Quality:
    """How far rows are from the declared figures; NaN where none are declared.

    `means` in standard deviations, `deviations` as a part of the declared one, `shares` as total
    variation with missing cells among the values, `quantiles` in the share of values at or below:
    means of absolute errors. `groups` are the means of groups, in standard deviations. `signs` is
    the share of correlations whose sign is right.
    """

    means: float
    deviations: float
    shares: float
    quantiles: float
    groups: float
    signs: float
    rate: float = float("nan")
    """Rows per second."""


def judge_rows(spec: Spec, table: Table) -> Quality:
    """Return how far a table is from the figures that its spec declares."""
    figures = [each for block in spec.statistics for each in block.statistics]
    spread = {
        each.columns[0]: float(each.value.value)
        for each in figures
        if each.kind is StatisticKind.SD and each.where is None
    }
    found: dict[str, list[float]] = {field.name: [] for field in fields(Quality)}
    for each, measured in zip(figures, measure_figures(figures, table), strict=True):
        if measured.delivered is None:
            continue
        kind, stated, name = each.kind, float(each.value.value), each.columns[0]
        if kind is StatisticKind.MEAN and spread.get(name, 0) > 0:
            error = abs(measured.delivered - stated) / spread[name]
            found["means" if each.where is None else "groups"].append(error)
        elif kind is StatisticKind.SD and each.where is None and stated > 0:
            found["deviations"].append(abs(measured.delivered / stated - 1))
        elif kind is StatisticKind.QUANTILE and each.where is None:
            found["quantiles"].append(measured.distance)
        elif kind in _PAIRS and each.where is None and abs(_size(each)) >= TIED:
            found["signs"].append(float(_size(each) * _turn(each, measured.delivered) > 0))
    found["shares"] = list(_compare_shares(spec, table))
    return Quality(**{name: _mean(errors) for name, errors in found.items()})


def _size(figure: Statistic) -> float:
    return _turn(figure, float(figure.value.value))


def _turn(figure: Statistic, value: float) -> float:
    """Return a figure of a pair as a number that is zero where they are independent."""
    if figure.kind is not StatisticKind.ODDS_RATIO:
        return value
    return log(value) if value > 0 else -1.0


def _compare_shares(spec: Spec, table: Table) -> list[float]:
    """Return the total variation between declared and found codes of each category."""
    found = []
    for field in describe_fields(spec, [each.name for each in spec.generated_columns]):
        kind = spec.by_name[field.name].type
        declared = [share for _, share in field.codes]
        if not isinstance(kind, CategoryType) or any(share is None for share in declared):
            continue
        delivered = [float(table.holds(field.name, each).mean()) for each in kind.labels]
        if len(declared) > len(delivered):
            delivered.append(float(table.missing(field.name).mean()))
        found.append(sum(abs((a or 0.0) - b) for a, b in zip(declared, delivered, strict=True)) / 2)
    return found


def _mean(errors: Sequence[float]) -> float:
    return float(np.mean(errors)) if errors else float("nan")


def average(qualities: Sequence[Quality]) -> Quality:
    """Return the mean of each measure over those that have it."""
    rows = {f.name: [getattr(each, f.name) for each in qualities] for f in fields(Quality)}
    return Quality(**{name: _mean([v for v in own if v == v]) for name, own in rows.items()})


def judge_model(
    spec: Spec, model: LoadedModel, prompt: str, rows: int, batch: int = 500
) -> Quality:
    """Return the quality of a model's rows under the grammar, unsteered, told the prompt."""
    sampler = RowSampler(spec, 1)
    writer = ModelRows(spec, sampler.space, model, [{"role": "user", "content": prompt}])
    numbers = np.arange(rows)
    began = time.monotonic()
    parts = [
        writer.write(numbers[start : start + batch], seed=1).places
        for start in range(0, rows, batch)
    ]
    seconds = time.monotonic() - began
    quality = judge_rows(spec, _as_table(sampler, parts))
    return Quality(
        **{f.name: getattr(quality, f.name) for f in fields(Quality)[:-1]}, rate=rows / seconds
    )


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


def card_of(spec: Spec) -> str:
    """Return the spec's card, its fields in the order in which rows are written."""
    return write_card(spec, RowSampler(spec, 1).space.fields)


def draw_specs(count: int, seed: int, *, most: int = 12) -> list[Spec]:
    """Return random specs whose names have words in them that training never sees."""
    difficulty = Difficulty(3, most, tied=0.5, hard=0.5, held_out=True)
    found = []
    for number in range(count):
        table = draw_table(difficulty, np.random.default_rng((seed, number)))
        spec, diagnostics = parse_spec(write_spec(table.fields))
        assert spec is not None, diagnostics
        found.append(spec)
    return found
