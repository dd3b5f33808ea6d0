"""Random tables and the cards that describe them: what the model learns from, without end.

A table is a few hundred rows of a Gaussian copula with random marginals, and its card holds the
figures measured on these rows, as published figures are measured on a data set. No data set is
read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import log10

import numpy as np
from scipy.special import gammaincinv, ndtr, ndtri

from synllm.generate.embedded.recipe.names import ABSENT, draw_labels, draw_names
from synllm.rowspace.sample import Floats
from synllm.targets.prompt.card import LEAST_TIE, QUANTILES, CardField, NumberFigures
from synllm.targets.row_format import json_text

ROWS = 400
"""Rows on which a card's figures are measured."""

_TOLD = (0.3, 1.6)
"""How many correlations a card tells, for each of its fields."""

_STRENGTH = (0.5, 5.0)
"""How much common factors weigh beside a field's own part: correlations up to about 0.9.

Published ones are weaker, but nothing is learned from what hardly tells in the loss.
"""

_ABSENT = 0.3
"""The share of fields with missing cells."""


@dataclass(frozen=True, slots=True)
class Difficulty:
    """What random tables may hold: how many fields, how many digits, what besides the basics."""

    fewest: int
    most: int
    tied: float = 0.0
    """The share of tables whose fields go along with each other."""
    hard: float = 0.5
    """The share of the unusual: skew, mixtures, absences, few figures."""
    numbers: float = 0.5
    """The share of fields that are numbers."""
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class RandomTable:
    """A card and rows that it describes: the texts of their cells, shape (rows, fields)."""

    fields: tuple[CardField, ...]
    cells: np.ndarray

    def write_row(self, row: int) -> tuple[str, list[tuple[int, int]]]:
        """Return a row's JSON, and where in it each cell stands."""
        text, spans = "", []
        for field, cell in zip(self.fields, self.cells[row], strict=True):
            text += ("," if text else "{") + json_text(field.name) + ":"
            spans.append((len(text), len(text) + len(cell)))
            text += cell
        return text + "}", spans


def draw_table(difficulty: Difficulty, random: np.random.Generator) -> RandomTable:
    """Return a random table with its card."""
    count = int(random.integers(difficulty.fewest, difficulty.most + 1))
    names = draw_names(count, random, held_out=difficulty.held_out)
    latent = random.standard_normal((ROWS, count))
    tied = random.random() < difficulty.tied
    if tied:
        factors = int(random.integers(1, 3))
        loads = random.normal(0, random.uniform(*_STRENGTH), (factors, count))
        loads *= random.random((factors, count)) < 0.75
        latent = latent + random.standard_normal((ROWS, factors)) @ loads
        latent = (latent - latent.mean(axis=0)) / latent.std(axis=0)
    fields: list[CardField] = []
    cells = np.empty((ROWS, count), dtype=object)
    for place, name in enumerate(names):
        uniform = _normal_share(latent[:, place])
        if random.random() < difficulty.numbers:
            field, cells[:, place] = _draw_numbers(name, uniform, difficulty, random)
        else:
            field, cells[:, place] = _draw_codes(name, uniform, random)
        fields.append(field)
    if tied:
        scores = [score_cells(field, cells[:, place]) for place, field in enumerate(fields)]
        fields = _tell_ties(fields, scores, random)
    return RandomTable(tuple(fields), cells)


def score_cells(field: CardField, cells: np.ndarray) -> Floats:
    """Return the numbers that correlations are of: values, places of codes, NaN for missing."""
    places: dict[str, float] = {code: float(at) for at, (code, _) in enumerate(field.codes)}
    places |= dict.fromkeys(ABSENT, np.nan)
    return np.array([places[each] if each in places else float(each) for each in cells])


def _normal_share(latent: Floats) -> Floats:
    shares: Floats = np.clip(ndtr(latent), 1e-4, 1 - 1e-4)
    return shares


def _tell_ties(
    fields: Sequence[CardField], scores: Sequence[Floats], random: np.random.Generator
) -> list[CardField]:
    """Return the fields with some of the correlations between them: about one for each field."""
    found: list[tuple[int, int, float]] = []
    for place, score in enumerate(scores):
        for before, other in enumerate(scores[:place]):
            both = np.isfinite(score) & np.isfinite(other)
            if both.sum() >= 50 and score[both].std() > 0 and other[both].std() > 0:
                r = float(np.corrcoef(score[both], other[both])[0, 1])
                found += [(place, before, r)] if abs(r) >= LEAST_TIE else []
    many = min(len(found), int(random.uniform(*_TOLD) * len(fields)) + 1)
    ties: list[list[tuple[str, float]]] = [[] for _ in fields]
    for number in sorted(random.choice(len(found), many, replace=False)) if found else ():
        place, before, r = found[number]
        ties[place].append((fields[before].name, r))
    return [replace(field, ties=tuple(own)) for field, own in zip(fields, ties, strict=True)]


def _draw_codes(
    name: str, uniform: Floats, random: np.random.Generator
) -> tuple[CardField, np.ndarray]:
    count = int(random.choice([2, 3, 4, 5, 6, 7, 8], p=[0.55, 0.15, 0.1, 0.08, 0.06, 0.03, 0.03]))
    labels = draw_labels(count, random)
    shares = random.dirichlet(np.full(count, random.choice([0.7, 1.5, 4.0])))
    if count == 2 and random.random() < 0.3:
        rare = random.beta(1, 12)
        shares = np.array([rare, 1 - rare])
    elif random.random() < 0.6:
        shares = np.sort(shares)[:: -1 if random.random() < 0.7 else 1]
    chosen = np.searchsorted(np.cumsum(shares)[:-1], uniform, side="right")
    if random.random() < _ABSENT:
        labels.append(str(random.choice(ABSENT)))
        gone = random.random(uniform.size) < _draw_absent_share(random)
        chosen[gone] = count
    found = np.bincount(chosen, minlength=len(labels)) / uniform.size
    codes = tuple(zip(labels, found.tolist(), strict=True))
    return CardField(name, None, codes), np.array(labels, dtype=object)[chosen]


def _draw_absent_share(random: np.random.Generator) -> float:
    """Return a share of missing cells: often a few in a hundred, else about a quarter."""
    return float(random.beta(1, 20) if random.random() < 0.5 else random.beta(1.2, 4))


def _draw_numbers(
    name: str, uniform: Floats, difficulty: Difficulty, random: np.random.Generator
) -> tuple[CardField, np.ndarray]:
    hard = random.random() < difficulty.hard
    values = _draw_marginal(uniform, hard, random)
    sd = 10 ** random.uniform(-0.3, 2.2 if random.random() < 0.85 else 3.6)
    ground = max(0.0, random.uniform(-2, 6)) * sd
    values = values * sd
    if random.random() < 0.95:
        values = values - values.min() + (0 if random.random() < 0.15 else ground)
    decimals = int(np.clip(round(random.normal(1.0 - log10(sd), 0.7)), 0, 2))
    if random.random() < 0.35:
        decimals = int(random.integers(0, 3))  # More than the spread asks for, as files often have.
    if sd > 3 and random.random() < 0.25:
        values = np.round(values)  # Recorded with decimals that are hardly ever used.
    if hard and random.random() < 0.15:
        grid = np.unique(np.round(np.quantile(values, np.sort(random.random(12))), decimals))
        values = grid[np.abs(values[:, None] - grid).argmin(axis=1)]
    values = np.round(values, decimals) + 0.0
    points: tuple[tuple[float, float], ...] = ()
    if hard and random.random() < 0.15:
        at = float(np.round(np.quantile(values, random.random()), decimals))
        values[random.random(values.size) < random.uniform(0.05, 0.3)] = at
        points = ((at, float(np.mean(values == at))),)
    spread = float(values.std())
    low, high = float(values.min()), float(values.max())
    if random.random() < 0.5:
        low -= random.uniform(0, 1) * spread * (low - spread >= 0 or low < 0)
        high += random.uniform(0, 1.5) * spread
    stated = random.random()
    figures = NumberFigures(
        decimals,
        round(low, decimals),
        round(high, decimals),
        float(values.mean()) if stated > 0.05 else None,
        spread if stated > 0.05 else None,
        tuple(np.quantile(values, QUANTILES).tolist()) if stated < 0.75 else (),
        points,
    )
    texts = np.array([f"{each:.{decimals}f}" for each in values], dtype=object)
    codes: tuple[tuple[str, float | None], ...] = ()
    if random.random() < _ABSENT:
        gone = random.random(values.size) < _draw_absent_share(random)
        code = str(random.choice(ABSENT, p=[0.1, 0.4, 0.4, 0.1]))
        texts[gone] = code
        codes = ((code, float(gone.mean())),)
    return CardField(name, figures, codes), texts


def _draw_marginal(uniform: Floats, hard: bool, random: np.random.Generator) -> Floats:
    """Return values of a random distribution at the given probabilities, with deviation 1."""
    kind = random.choice(["normal", "uniform", "gamma", "lognormal", "mixture"])
    if not hard and kind in ("lognormal", "mixture"):
        kind = "normal"
    if kind == "normal":
        values = ndtri(uniform)
    elif kind == "uniform":
        values = uniform ** random.uniform(0.6, 1.7)
    elif kind == "gamma":
        values = gammaincinv(random.choice([1, 2, 4]), uniform)
    elif kind == "lognormal":
        values = np.exp(ndtri(uniform) * random.uniform(0.3, 1.0))
    else:
        # The quantiles of a mixture of two normals, by interpolation.
        line = np.linspace(-4, 8, 400)
        share, gap, width = (
            random.uniform(0.2, 0.8),
            random.uniform(1.5, 4),
            random.uniform(0.5, 1.5),
        )
        below = share * ndtr(line) + (1 - share) * ndtr((line - gap) / width)
        values = np.interp(uniform, below, line)
    if random.random() < 0.15 and kind != "uniform":
        values = -values
    found: Floats = (values - values.mean()) / values.std()
    return found
