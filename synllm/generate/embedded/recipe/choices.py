"""Which tokens may stand where in the cells of a row, as a decoder would allow them.

A model writes under a grammar: it is asked only where more than one token may follow. So that is
where it is trained, and among those tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from synllm.targets.prompt.card import CardField


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices in one field's cells.

    `codes` are the tokens of its codes, from the one before a code to the one after it. Numbers,
    where there are any, begin with one of `opening`, go on with digits, have `decimals` behind a
    point, and end with `closing`.
    """

    codes: tuple[tuple[int, ...], ...]
    digits: frozenset[int] = frozenset()
    opening: frozenset[int] = frozenset()
    closing: frozenset[int] = frozenset()
    point: int = -1
    decimals: int = 0

    def walk(self, cell: Sequence[int]) -> Iterator[frozenset[int]]:
        """Yield what is allowed at each token of a cell, from the one before it to the one after.

        Where a number can't go on but in one way, that is all that is yielded. Its range is not
        considered.
        """
        left = self.decimals
        for place, token in enumerate(cell):
            before = tuple(cell[:place])
            allowed = {c[place] for c in self.codes if len(c) > place and c[:place] == before}
            if place == 0:
                allowed |= self.opening
            elif cell[0] in self.opening and not (place > 1 and cell[1] not in self.digits):
                allowed |= self._go_on(place, behind_point=self.point in before, left=left)
            left -= self.point in before
            yield frozenset(allowed)
            assert token in allowed, "a cell is written as its field allows"

    def _go_on(self, place: int, *, behind_point: bool, left: int) -> frozenset[int]:
        if behind_point:
            return self.digits if left > 0 else self.closing
        if place == 1:
            return self.digits
        return self.digits | ({self.point} if self.decimals else self.closing)


def choices_of(tokenizer: Any, fields: Sequence[CardField]) -> list[Choices]:
    """Return the choices of each field, whose cells stand in a row in this order."""
    texts, spans, places = [], [], []
    for number, field in enumerate(fields):
        end = "}" if number == len(fields) - 1 else ',"'
        cells = [code for code, _ in field.codes]
        if field.numbers is not None:
            cells += ["1234567890", "-1", "1.5"]
        for cell in cells:
            texts.append(f'{{"a":{cell}{end}')
            spans.append((5, 5 + len(cell)))
        places.append((len(texts) - len(cells), len(texts)))
    found: list[tuple[int, ...]] = []
    for encoded, span in zip(tokenizer.encode_batch(texts), spans, strict=True):
        first, stop = cell_tokens(encoded.offsets, span)
        found.append(tuple(encoded.ids[first:stop]))
    return [
        _choices(field, found[first:stop])
        for field, (first, stop) in zip(fields, places, strict=True)
    ]


def _choices(field: CardField, cells: Sequence[tuple[int, ...]]) -> Choices:
    if field.numbers is None:
        return Choices(tuple(cells))
    *codes, digits, negative, point = cells
    opening = {digits[0]} | ({negative[0]} if field.numbers.low < 0 else set())
    return Choices(
        tuple(codes),
        digits=frozenset(digits[1:-1]),
        opening=frozenset(opening),
        closing=frozenset({digits[-1]}),
        point=point[2],
        decimals=field.numbers.decimals,
    )


def cell_tokens(offsets: Sequence[tuple[int, int]], span: tuple[int, int]) -> tuple[int, int]:
    """Return where a cell's tokens begin and stop in a row, with one before it and one after it.

    The one before says whether a number or a text follows, the one after that the cell ends; of a
    text they hold its quotation marks.
    """
    own = [n for n, (start, stop) in enumerate(offsets) if start <= span[1] and stop >= span[0]]
    return own[0], own[-1] + 1
