"""How a model writes the rows of a spec: where the text is cut, and the tokens of every cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synllm.generate.decoder.cell_texts import CellTexts, write_cells
from synllm.generate.decoder.piece_tokens import ABSENT, Encoder, Piece, tokenize_cells
from synllm.generate.decoder.trie import Trie, build_trie
from synllm.rowspace.sample import Integers, Listing
from synllm.spec.model import Spec
from synllm.targets.row_format import json_text

_SHOWN = 4
"""How many cells of a field stand for all of them where a cut is tried."""

_ROWS = 16
"""How many rows are compared with what the tokenizer makes of them as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The slots of a row: `opening` is the text before the first piece, a trie for each field.

    `canonical` is the share of random rows whose tokens, piece by piece, are those that the
    tokenizer gives for the row as a whole.
    """

    fields: tuple[str, ...]
    opening: str
    tries: Mapping[str, Trie]
    canonical: float

    @property
    def choices(self) -> Integers:
        """All tokens that are ever chosen among others, ascending."""
        found = [trie.choices for trie in self.tries.values() if trie.nodes]
        return np.unique(np.concatenate([np.empty(0, dtype=np.int64), *found]))

    @property
    def longest(self) -> int:
        """The most tokens of a row."""
        return sum(trie.longest for trie in self.tries.values())

    @property
    def lead(self) -> int:
        """The number of the first field with different cells; of the last one if there is none."""
        parting = [number for number, name in enumerate(self.fields) if self.tries[name].nodes]
        return parting[0] if parting else len(self.fields) - 1

    @property
    def beginning(self) -> list[int]:
        """The tokens after the opening with which every row begins."""
        names = self.fields[: self.lead + 1]
        return [each for name in names for each in self._sample(name)[: self.tries[name].shared]]

    def sample_tokens(self) -> list[int]:
        """Return the tokens of some row up to where rows part, with the first parting cell."""
        return [each for name in self.fields[: self.lead + 1] for each in self._sample(name)]

    def _sample(self, name: str) -> list[int]:
        tokens = self.tries[name].tokens
        first = tokens[int(np.flatnonzero(tokens[:, 0] != ABSENT)[0])]
        found: list[int] = first[first != ABSENT].tolist()
        return found

    def text_tokens(self, places: Mapping[str, int]) -> list[int]:
        """Return the tokens of a row after the opening, given by its places."""
        found: list[int] = []
        for name in self.fields:
            tokens = self.tries[name].tokens[places[name]]
            found += tokens[tokens != ABSENT].tolist()
        return found


def plan_rows(
    spec: Spec, fields: Sequence[str], listings: Mapping[str, Listing], encoder: Encoder
) -> Plan:
    """Return the plan of rows whose fields come in the given order, at least one."""
    cells = {name: write_cells(spec.by_name[name], listings[name]) for name in fields}
    texts = [f",{json_text(name)}:" for name in fields]
    texts[0] = "{" + texts[0][1:]
    shown = [_show(cells[name]) for name in fields]
    cuts = [len('{"')]
    for place in range(1, len(fields)):
        cuts.append(_find_cut(encoder, texts[place], shown[place - 1], shown[place]))
    pieces = []
    for place in range(len(fields)):
        before = texts[place][: cuts[place]]
        if place:
            before = shown[place - 1][0] + before
        ahead = texts[place + 1][: cuts[place + 1]] if place + 1 < len(fields) else "}"
        pieces.append(Piece(before, texts[place][cuts[place] :], ahead))
    tries = {
        name: build_trie(tokenize_cells(encoder, piece, cells[name]))
        for name, piece in zip(fields, pieces, strict=True)
    }
    plan = Plan(tuple(fields), texts[0][: cuts[0]], tries, 1.0)
    share = _measure_canonical(plan, pieces, cells, encoder)
    return Plan(plan.fields, plan.opening, tries, share)


def _show(cells: CellTexts) -> list[str]:
    """Return some of a field's cells, which differ in how they begin and end."""
    places = np.unique(np.linspace(0, max(cells.numbers - 1, 0), _SHOWN).astype(int)).tolist()
    numbers = [cells.number(place) for place in places] if cells.numbers else []
    return [*numbers, *[text for text in cells.others if text is not None][-_SHOWN:]]


def _find_cut(encoder: Encoder, between: str, before: list[str], after: list[str]) -> int:
    """Return where to cut the text between two cells, so that no token reaches across.

    First choice is after the name's opening quote: tokenizers hardly ever join punctuation with a
    letter. Where no cut does, it is that one too: the rows are the same, their tokens a little
    unusual. A cut before the comma is none: `1` must not be all that is written of it before `12`.
    """
    usual = len(',"')
    for cut in (usual, len(","), len(between)):
        ends = [between[cut:] + cell for cell in after]
        pairs = [(start + between[:cut], end) for start in before for end in ends]
        encoded = encoder.encode(['{"' + start + end for start, end in pairs])
        if all(
            encoder.cut(tokens, [len(end.encode())]) is not None
            for tokens, (_, end) in zip(encoded, pairs, strict=True)
        ):
            return cut
    return usual


def _measure_canonical(
    plan: Plan, pieces: Sequence[Piece], cells: Mapping[str, CellTexts], encoder: Encoder
) -> float:
    random = np.random.default_rng(0)
    same = 0
    for _ in range(_ROWS):
        text, tokens = plan.opening, []
        for name, piece in zip(plan.fields, pieces, strict=True):
            table = plan.tries[name].tokens
            place = int(random.choice(np.flatnonzero(table[:, 0] != ABSENT)))
            own = cells[name]
            cell = own.number(place) if place < own.numbers else own.others[place - own.numbers]
            text += piece.head + str(cell) + piece.tail
            tokens += table[place][table[place] != ABSENT].tolist()
        whole = encoder.cut(
            encoder.encode([text])[0], [len(text.encode()) - len(plan.opening.encode())]
        )
        same += whole is not None and whole[0] == tokens
    return same / _ROWS
