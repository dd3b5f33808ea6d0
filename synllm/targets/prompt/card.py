"""The card: a spec's columns and figures in a few tokens each, for a model trained to read them.

One line for each field, in the order of generation: the name as rows write it, then either the
recorded decimals, the range and the figures (`"age":2[0,82]m43s23q5,25,45,61,79`) or the codes
with their shares in percent (`"sex":"F"=59,"M"=41`), an absence's code among them. A line ends with
how the field goes along with earlier ones: `~"bmi"+.33`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from synllm.targets.row_format import json_text

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The quantiles that a card shows, all of them or none."""

MOST_TIES = 6
LEAST_TIE = 0.1


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
    parts = []
    if field.numbers is not None:
        parts.append(_render_numbers(field.numbers))
    if field.codes:
        codes = ",".join(
            code if share is None else f"{code}={_percent(share)}" for code, share in field.codes
        )
        parts.append(codes)
    ties = sorted(field.ties, key=lambda tie: -abs(tie[1]))[:MOST_TIES]
    ends = "".join(
        f"~{json_text(name)}{'-' if r < 0 else '+'}.{min(round(abs(r) * 100), 99):02d}"
        for name, r in ties
        if abs(r) >= LEAST_TIE
    )
    return f"{json_text(field.name)}:{','.join(parts)}{ends}"


def _render_numbers(numbers: NumberFigures) -> str:
    # One place value for all of a field's figures: a tenth of the spread or a little less.
    place = floor(log10(numbers.spread / 10)) if numbers.spread > 0 else -numbers.decimals

    def show(value: float, finest: int = numbers.decimals, finer: int = 0) -> str:
        at = max(place - finer, -finest)
        rounded = round(value / 10.0**at) * 10.0**at
        return f"{rounded:.{max(-at, 0)}f}"

    text = f"{numbers.decimals}[{show(numbers.low)},{show(numbers.high)}]"
    if numbers.mean is not None:
        text += f"m{show(numbers.mean, numbers.decimals + 1)}"
    if numbers.sd is not None:
        text += f"s{show(numbers.sd, numbers.decimals + 1)}"
    if numbers.quantiles:
        text += "q" + ",".join(show(value) for value in numbers.quantiles)
    for value, share in numbers.points:
        text += f"@{show(value, finer=1)}={_percent(share)}"
    return text


def _percent(share: float) -> str:
    """Return a share in percent with two digits that count."""
    percent = share * 100
    return f"{percent:.0f}" if percent >= 9.95 else f"{percent:.1f}"
