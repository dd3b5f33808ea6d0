"""Specs that are hard to write rows for: every row drawn is valid, and none leads nowhere."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from synllm.language.load import load_spec
from synllm.proof.witness import decode_row
from synllm.rowspace.diagram import Diagram
from synllm.rowspace.draw_open import draw_open_part
from synllm.rowspace.places import cell_at
from synllm.rowspace.sample import Sampler, list_cells
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.core import CoreSpec
from synllm.spec.evaluate import broken_statements
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import Special

FOLDER = Path(__file__).parent / "stress"
NAMES = sorted(path.stem for path in FOLDER.glob("*.synspec"))
SLOW = {"hundred_features": 60, "vectors": 15}
"""Rows to draw of specs that are written slowly."""


@cache
def load_stress(name: str) -> tuple[Spec, CoreSpec]:
    spec, diagnostics = load_spec(FOLDER / f"{name}.synspec")
    assert spec is not None, diagnostics
    return spec, lower(spec)


def draw_all(space: RowSpace, count: int, seed: int) -> list[dict[str, int | Special]]:
    """Whole rows, each part drawn by its own means with even weights."""
    random = np.random.default_rng(seed)
    listings = {column.name: list_cells(column) for column in space.core.columns}
    places: dict[str, np.ndarray] = {}
    for part in space.parts:
        if isinstance(part, Diagram):
            even = {name: np.ones(listings[name].size) for name in part.fields}
            places |= Sampler(part, listings, even).draw(count, random)
        else:
            places |= draw_open_part(part, space.core, count, random)
    return [
        {name: cell_at(listings[name], int(found[row])) for name, found in places.items()}
        for row in range(count)
    ]


def open_space(name: str) -> RowSpace:
    spec, core = load_stress(name)
    space = build_row_space(spec, core, nodes=1)
    assert space is not None
    return space


@pytest.mark.parametrize("name", NAMES)
def test_every_row_drawn_is_valid(name: str) -> None:
    spec, core = load_stress(name)
    rows = draw_all(open_space(name), SLOW.get(name, 200), seed=1)

    broken = [list(broken_statements(decode_row(cells, core), spec)) for cells in rows]

    assert not any(broken)
    assert len({tuple(cells.values()) for cells in rows}) > 10


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_two_thousand_rows_of_another_seed_are_valid(name: str) -> None:
    spec, core = load_stress(name)
    rows = draw_all(open_space(name), 10 * SLOW.get(name, 200), seed=2)

    assert not any(any(broken_statements(decode_row(cells, core), spec)) for cells in rows)


@pytest.mark.parametrize("name", [each for each in NAMES if each not in SLOW])
def test_what_is_allowed_after_a_drawn_prefix_holds_the_drawn_cell(name: str) -> None:
    space = open_space(name)
    for cells in draw_all(space, 2, seed=3):
        for field in space.fields:
            assert cells[field] in space.allowed(cells, field)


def follow_allowed(space: RowSpace, random: np.random.Generator) -> Mapping[str, int | Special]:
    """A row written like a decoder does it: the last cell, or the first, of what is allowed."""
    row: dict[str, int | Special] = {}
    for field in space.fields:
        cells = space.allowed(row, field)
        column = list_cells(space.core.by_name[field])
        spans = column.spans(cells)
        place = spans[0][0] if random.random() < 0.5 else spans[-1][1] - 1
        row[field] = cell_at(column, place)
    return row


@pytest.mark.parametrize("name", [each for each in NAMES if each not in SLOW])
def test_whoever_takes_extreme_cells_among_the_allowed_ends_in_a_valid_row(name: str) -> None:
    spec, core = load_stress(name)
    space = open_space(name)
    random = np.random.default_rng(4)
    for _ in range(3):
        row = decode_row(dict(follow_allowed(space, random)), core)

        assert not list(broken_statements(row, spec))
