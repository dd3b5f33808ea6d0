"""What a network is taught beside its choices: the steps of following a correlation.

To write a cell that goes along with an earlier one takes finding the tie on the card, the field it
names, that field's cell in the row, how far that cell is from its mean, and what follows for this
one. No step pays before all the others are there, and a correlation of 0.3 is worth 0.05 nats: left
to the choices alone, nothing of it was learned in 47 million tokens. So each step is asked for by
itself, of the layer that should take it (deep supervision: Lee et al. 2015, arXiv:1409.5185).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from torch import Tensor

from synllm.generate.embedded.recipe.tables import RandomTable, score_cells
from synllm.rowspace.sample import Floats
from synllm.targets.prompt.card import TIE_SIGNS, told_ties

PARTNERS = 3
"""How many of a field's ties are asked for, the strongest."""


_FAR = 3.0
"""As far as a cell is told to be from its field's mean, in deviations."""

_RIDGE = 0.05
"""What keeps regressions on fields that tell nearly the same from large weights."""


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What is to be found where.

    `named`, shape (cards, tokens): where a tie ends the last token of the name it begins with, -1
    elsewhere. `scores` and `expected`, shape (rows, tokens): where a cell ends its distance from
    the field's mean, in deviations; where one begins what the ties let expect of it; NaN elsewhere.
    `places`, shape (tied cells, 2): row and token where a cell begins that has ties; of each, shape
    (tied cells, PARTNERS), where `ties` end on the card and `ends` of the other cells are in the
    row, the last tokens of their `names`, and the parts of `strength`; 0 where there are fewer.
    `rising`, shape (tied cells,), is 1 where the strongest correlation is positive, else 0.
    """

    named: Tensor
    scores: Tensor
    expected: Tensor
    places: Tensor
    ties: Tensor
    ends: Tensor
    names: Tensor
    strengths: Tensor
    rising: Tensor

    def to(self, device: torch.device) -> Lessons:
        """Return the lessons on a device."""
        return Lessons(*(getattr(self, field.name).to(device) for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table as tokens; `cells` are where each begins, and where it has stopped.

    `card` is the place of the table's card.
    """

    table: RandomTable
    card: int
    row: int
    tokens: Sequence[int]
    cells: Sequence[tuple[int, int]]


def plan_lessons(
    vocabulary: Mapping[str, int], cards: Sequence[Sequence[int]], lines: Sequence[Line]
) -> Lessons:
    """Return the lessons of cards and rows, both as tokens."""
    shape = (len(lines), max((len(each.tokens) for each in lines), default=0))
    scores, expected = np.full((2, *shape), np.nan, dtype=np.float32)
    named = np.full((len(cards), max(map(len, cards))), -1)
    signs: list[list[int]] = []
    for own, card in enumerate(cards):
        found = dict(_find_ties(vocabulary, card))
        named[own, list(found)] = list(found.values())
        signs.append(list(found))
    grades = {each.card: _grade_cells(each.table) for each in lines}
    places: list[tuple[int, int]] = []
    told: list[list[_Partner]] = []
    for own, line in enumerate(lines):
        ends: dict[str, tuple[int, int]] = {}
        left = iter(signs[line.card])
        score, expectation = (each[line.row] for each in grades[line.card])
        for place, (field, (first, stop)) in enumerate(
            zip(line.table.fields, line.cells, strict=True)
        ):
            scores[own, stop - 1], expected[own, first] = score[place], expectation[place]
            ends[field.name] = (stop - 1, line.tokens[first - 1])
            partners = [_Partner(next(left), *ends[other], r) for other, r in told_ties(field)]
            if partners:
                places.append((own, first))
                told.append(partners[:PARTNERS])
    strengths = _fill([[abs(each.r) for each in own] for own in told])
    return Lessons(
        named=torch.from_numpy(named),
        scores=torch.from_numpy(scores),
        expected=torch.from_numpy(expected),
        places=torch.tensor(places, dtype=torch.int64).reshape(-1, 2),
        ties=_fill([[each.tie for each in own] for own in told]).long(),
        ends=_fill([[each.end for each in own] for own in told]).long(),
        names=_fill([[each.name for each in own] for own in told]).long(),
        strengths=strengths / strengths.sum(dim=-1, keepdim=True),
        rising=torch.tensor([float(own[0].r > 0) for own in told]),
    )


@dataclass(frozen=True, slots=True)
class _Partner:
    """A field that a cell is tied to: where the tie ends on the card, where the field's own cell
    ends in the row, the last token of its name, and the correlation.
    """

    tie: int
    end: int
    name: int
    r: float


def _fill(parts: Sequence[Sequence[float]]) -> Tensor:
    """Return numbers of one to PARTNERS partners each, 0 for those that are not there."""
    rows = [[*own, *[0.0] * (PARTNERS - len(own))] for own in parts]
    return torch.tensor(rows).reshape(-1, PARTNERS)


def _grade_cells(table: RandomTable) -> tuple[Floats, Floats]:
    """Return the cells' distances from their fields' means, and what ties let expect of them.

    In deviations, shape (rows, fields): 0 where a cell is missing, and the regression on the fields
    that a field is tied to.
    """
    columns = zip(table.fields, table.cells.T, strict=True)
    values = np.array([score_cells(field, cells) for field, cells in columns]).T
    known = np.isfinite(values)
    many = np.maximum(known.sum(axis=0), 1)
    above = np.where(known, values - np.nansum(values, axis=0) / many, 0.0)
    spread = np.sqrt(np.square(above).sum(axis=0) / many)
    scores = (above / np.where(spread > 0, spread, 1.0)).clip(-_FAR, _FAR)
    places = {field.name: place for place, field in enumerate(table.fields)}
    expected = np.zeros_like(scores)
    for place, field in enumerate(table.fields):
        if others := [places[other] for other, _ in told_ties(field)]:
            known = scores[:, others]
            within = known.T @ known + _RIDGE * len(known) * np.eye(len(others))
            expected[:, place] = known @ np.linalg.solve(within, known.T @ scores[:, place])
    return scores, expected


def _find_ties(vocabulary: Mapping[str, int], card: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield where ties end on a card, each with the last token of the name that it begins with."""
    signs = {vocabulary[each] for each in TIE_SIGNS}
    between, colon = vocabulary['~"'], vocabulary['":']
    name = -1
    for place in range(2, len(card)):
        if card[place] == between:
            name = card[place - 2]
        elif card[place] in signs and card[place - 1] == colon:
            yield place, name
