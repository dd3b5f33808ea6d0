"""The card: a spec's columns and figures in a few tokens each, for a model trained to read them.

One line for each field, in the order of generation: cells that are typical of it, each written as
rows write it, after how many rows in a hundred it stands for: `59"sex":"F",41"sex":"M"`. So a model
finds what may follow `"sex":` by looking for just these tokens. A line ends with how the field goes
along with earlier ones, in cells of their own kind: `~33"age"~"bmi":>`, a correlation of 0.33, or
`<` where one falls as the other rises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from synllm.targets.row_format import json_text

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles from which a card's typical numbers are worked out, all of them or none."""

_TYPICAL = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Where typical numbers lie in their distribution: each stands for a fifth of it."""

_SCORES = {0.05: -1.645, 0.1: -1.282, 0.25: -0.674, 0.3: -0.524, 0.5: 0.0}
"""Normal scores of probabilities up to a half."""

MOST_TIES = 6
LEAST_TIE = 0.1
TIE_SIGNS = "<>"
"""How a tie ends where one field falls, and where it rises, as the other rises."""


@dataclass(frozen=True, slots=True)
class NumberFigures:
    """What a card says about a field's numbers; `quantiles` are those of QUANTILES, or none."""

    decimals: int
    low: float
    high: float
    mean: float | None = None
    sd: float | None = None
    quantiles: tuple[float, ...] = ()
    points: tuple[tuple[float, float], ...] = ()
    """Values that are frequent by themselves, each with its share."""

    @property
    def spread(self) -> float:
        """Return the standard deviation, or a guess at it."""
        return self.sd if self.sd else (self.high - self.low) / 5


@dataclass(frozen=True, slots=True)
class CardField:
    """One line of a card: numbers or codes, each code as JSON with its share of all rows.

    `ties` are earlier fields with a correlation; codes count by their place.
    """

    name: str
    numbers: NumberFigures | None
    codes: tuple[tuple[str, float | None], ...] = ()
    ties: tuple[tuple[str, float], ...] = ()


def render_card(fields: Sequence[CardField]) -> str:
    """Return the card's text."""
    return "\n".join(_render_field(field) for field in fields)


def _render_field(field: CardField) -> str:
    name = json_text(field.name)
    cells = [(code, share) for code, share in field.codes]
    if field.numbers is not None:
        left = 1 - sum(share or 0.0 for _, share in (*field.codes, *field.numbers.points))
        cells = [*_typical_cells(field.numbers, max(left, 0.0)), *cells]
    line = ",".join(f"{_percent(share)}{name}:{cell}" for cell, share in cells)
    return line + "".join(
        f"~{_percent(abs(r))}{json_text(other)}~{name}:{TIE_SIGNS[int(r > 0)]}"
        for other, r in told_ties(field)
    )


def told_ties(field: CardField) -> list[tuple[str, float]]:
    """Return the ties that a field's line tells: the strongest, the strongest first."""
    ties = sorted(field.ties, key=lambda tie: -abs(tie[1]))[:MOST_TIES]
    return [(other, r) for other, r in ties if abs(r) >= LEAST_TIE]


def _typical_cells(numbers: NumberFigures, share: float) -> list[tuple[str, float]]:
    """Return typical numbers, which together stand for a share of the rows, and frequent ones."""
    # One place value for all of a field's numbers: a tenth of the spread or a little less.
    place = floor(log10(numbers.spread / 10)) if numbers.spread > 0 else -numbers.decimals
    place = max(place, -numbers.decimals)

    def show(value: float) -> str:
        return f"{round(value / 10.0**place) * 10.0**place:.{max(-place, 0)}f}"

    typical = [(show(value), share / len(_TYPICAL)) for value in find_typical(numbers)]
    return typical + [(f"{value:.{numbers.decimals}f}", own) for value, own in numbers.points]


def find_typical(numbers: NumberFigures) -> list[float]:
    """Return the numbers below which a tenth, three tenths and so on are, as far as is declared.

    Between declared quantiles the distribution is taken to be normal, and all of it where there are
    none; where there is no standard deviation either, even.
    """
    if numbers.quantiles:
        known = [_score(at) for at in QUANTILES]
        found = [_between(_score(at), known, numbers.quantiles) for at in _TYPICAL]
    elif numbers.mean is not None and numbers.sd:
        found = [numbers.mean + numbers.sd * _score(at) for at in _TYPICAL]
    else:
        found = [numbers.low + at * (numbers.high - numbers.low) for at in _TYPICAL]
    return [min(max(value, numbers.low), numbers.high) for value in found]


def _score(probability: float) -> float:
    if probability > 0.5:
        return -_SCORES[round(1 - probability, 2)]
    return _SCORES[probability]


def _between(at: float, known: Sequence[float], values: Sequence[float]) -> float:
    """Return the value at a place on the line through the known ones."""
    after = next(number for number, place in enumerate(known) if place >= at)
    if known[after] == at:
        return values[after]
    part = (at - known[after - 1]) / (known[after] - known[after - 1])
    return values[after - 1] + part * (values[after] - values[after - 1])


def _percent(share: float | None) -> str:
    """Return a share in percent, in two digits; nothing where it is not known."""
    return "" if share is None else f"{min(round(share * 100), 99):02d}"
