"""Rows written side by side may take just what each by itself may."""

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from synllm.rowspace.places import cell_at
from synllm.rowspace.sample import Integers, Listing, list_cells
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.rowspace.walk import BegunBatch, SpaceWalk
from synllm.spec.evaluate import row_is_valid
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import Special
from tests.proof.small_specs import all_rows, small_specs
from tests.rowspace.test_diagram import cells_in

ROWS = 12


def spaces(spec: Spec, nodes: int | None) -> RowSpace | None:
    """The spec's row space, None where no row is valid."""
    if not any(row_is_valid(row, spec) for row in all_rows(spec)):
        return None
    return build_row_space(spec, lower(spec), **({} if nodes is None else {"nodes": nodes}))


def places_of(batch: BegunBatch, row: int) -> list[int]:
    """The places that a row may take next, as far as it is known."""
    sets = batch.allowed()
    own = int(sets.of_row[row])
    spans = range(int(sets.first[own]), int(sets.first[own + 1]))
    return [each for k in spans for each in range(int(sets.start[k]), int(sets.stop[k]))]


@settings(max_examples=20)
@given(small_specs(), st.sampled_from([None, 0]), st.integers(0, 10**6), st.booleans())
def test_a_batch_may_take_what_each_row_may_take(
    spec: Spec, nodes: int | None, seed: int, settled: bool
) -> None:
    space = spaces(spec, nodes)
    if space is None:
        return
    listings = {column.name: list_cells(column) for column in space.core.columns}
    random = np.random.default_rng(seed)
    walk = SpaceWalk(space, listings)
    batch = walk.begin(ROWS, seed)
    begun: list[dict[str, int | Special]] = [{} for _ in range(ROWS)]
    for field in space.fields:
        exact = field in walk.levels
        batch.open_field(field)
        if settled:
            batch.settle(np.arange(ROWS))
        allowed = [set(cells_in(space.allowed(row, field))) for row in begun]
        for row in range(ROWS):
            found = {cell_at(listings[field], place) for place in places_of(batch, row)}

            assert found >= allowed[row]
            if exact or settled:
                assert found == allowed[row]

        taken = take_any(batch, listings[field], allowed, random)
        for row, place in enumerate(taken.tolist()):
            begun[row][field] = cell_at(listings[field], place)


def take_any(
    batch: BegunBatch,
    listing: Listing,
    allowed: list[set[int | Special]],
    random: np.random.Generator,
) -> Integers:
    """Give each row any place that may come next until one leads on; return them."""
    place = np.full(ROWS, -1, dtype=np.int64)
    waiting = np.arange(ROWS)
    while waiting.size:
        place[waiting] = [random.choice(places_of(batch, row)) for row in waiting.tolist()]
        good = batch.take(waiting, place[waiting])
        event(f"led nowhere: {not good.all()}")
        for row, alive in zip(waiting.tolist(), good.tolist(), strict=True):
            assert alive == (cell_at(listing, int(place[row])) in allowed[row])
            if not alive:
                assert int(place[row]) not in places_of(batch, row)
        waiting = waiting[~good]
    return place
