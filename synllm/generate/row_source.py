"""Where rows come from: blocks of rows by their places, which a run asks for one by one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import JsonValue

from synllm.rowspace.sample import Floats, Integers, Listing

FIRST_ROWS = 4_096
"""So many of a run's first rows are there again when it is resumed."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Rows by the places of their cells, and numbers about each row that are kept beside them."""

    places: Mapping[str, Integers]
    measures: Mapping[str, Floats] = field(default_factory=dict)


class RowSource(Protocol):
    """Draws rows in blocks; a block depends on the run's settings, its number and the state only.

    So a run that stopped goes on with the next block, once the source has its state back.
    """

    @property
    def listings(self) -> Mapping[str, Listing]:
        """What the places of each generated column stand for."""

    @property
    def measures(self) -> tuple[str, ...]:
        """The names of the numbers that come with each row."""

    @property
    def block_rows(self) -> int:
        """How many rows a block has; the last one of a run may have fewer."""

    @property
    def state(self) -> JsonValue:
        """What earlier blocks left behind that later ones depend on; None where nothing is."""

    def restore(self, state: JsonValue, first: Mapping[str, Integers]) -> None:
        """Go on from an earlier state; `first` are the places of the run's first FIRST_ROWS rows,
        or of all there are.
        """

    def draw_block(self, number: int, size: int) -> Block:
        """Return the block of that number, counted from 0, with `size` rows."""
