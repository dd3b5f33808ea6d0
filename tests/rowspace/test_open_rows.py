"""Narrowing and checking give exactly the valid rows, whatever the order of the fields."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from synllm.rowspace.draw_open import draw_open_part
from synllm.rowspace.narrowing import Narrowing
from synllm.rowspace.open_rows import OpenRows
from synllm.rowspace.places import cell_at, place_of
from synllm.rowspace.sample import list_cells
from synllm.rowspace.space import OpenPart, build_row_space
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import Special
from tests.proof.small_specs import small_specs
from tests.rowspace.test_diagram import Row, cells_in, valid_rows


def open_parts_of(spec: Spec, core: CoreSpec, random: np.random.Generator) -> Iterator[OpenPart]:
    """The spec's parts, none of them a diagram, each with its fields in any order."""
    space = build_row_space(spec, core, nodes=0)
    for part in () if space is None else space.open_parts:
        fields = tuple(np.array(part.fields)[random.permutation(len(part.fields))].tolist())
        yield replace(part, fields=fields)


def rows_of(part: OpenPart, spec: Spec, core: CoreSpec) -> set[Row]:
    """The part of each valid row; empty too where another part has no row."""
    return set(valid_rows(spec, core, part.fields))


def engine(part: OpenPart, core: CoreSpec, *, budget: int = 300_000) -> OpenRows:
    return OpenRows(part.fields, part.cells, part.constraints, core.by_name, budget=budget)


def drawn_rows(part: OpenPart, core: CoreSpec, drawn: dict[str, np.ndarray]) -> list[Row]:
    listings = [list_cells(core.by_name[name]) for name in part.fields]
    columns = [
        [cell_at(listing, place) for place in drawn[name].tolist()]
        for name, listing in zip(part.fields, listings, strict=True)
    ]
    return list(zip(*columns, strict=True))


@settings(max_examples=30)
@given(small_specs(), st.integers(0, 10**6))
def test_what_it_allows_after_any_prefix_is_what_some_valid_row_has(spec: Spec, seed: int) -> None:
    core = lower(spec)
    for part in open_parts_of(spec, core, np.random.default_rng(seed)):
        valid = rows_of(part, spec, core)
        rows = engine(part, core)
        for length in range(len(part.fields)):
            beginnings = {row[:length] for row in valid}
            for prefix in beginnings:
                expected = {row[length] for row in valid if row[:length] == prefix}

                assert set(cells_in(rows.allowed(prefix))) == expected

            domains = [list(cells_in(part.cells[name])) for name in part.fields[:length]]
            for prefix in set(product(*domains)) - beginnings if valid else ():
                with pytest.raises(ValueError, match="no valid row"):
                    rows.allowed(prefix)


@settings(max_examples=40)
@given(small_specs(), st.integers(0, 10**6))
def test_exactly_the_valid_rows_are_drawn_each_field_in_proportion(spec: Spec, seed: int) -> None:
    core = lower(spec)
    random = np.random.default_rng(seed)
    for part in open_parts_of(spec, core, random):
        valid = rows_of(part, spec, core)
        if not valid:
            continue
        listings = {name: list_cells(core.by_name[name]) for name in part.fields}
        weights = {
            name: random.choice([1.0, 1.0, 4.0], listing.size) for name, listing in listings.items()
        }
        expected = sequential(valid, part, core, weights)
        count = 3_000

        drawn = draw_open_part(part, core, count, random, weights)

        found = drawn_rows(part, core, drawn)
        event(f"rows: {min(len(valid), 20)}")
        assert set(found) <= valid
        for row, probability in expected.items():
            spread = (probability * (1 - probability) / count) ** 0.5
            assert abs(found.count(row) / count - probability) <= 6 * spread + 1e-9


def sequential(
    valid: set[Row], part: OpenPart, core: CoreSpec, weights: dict[str, np.ndarray]
) -> dict[Row, float]:
    """Each row's probability where every field is drawn by weight among what can follow."""

    def weight(number: int, cell: int | Special) -> float:
        name = part.fields[number]
        place = place_of(list_cells(core.by_name[name]), cell)
        return float(weights[name][place])

    found: dict[Row, float] = {}
    for row in valid:
        probability = 1.0
        for number, cell in enumerate(row):
            allowed = {other[number] for other in valid if other[:number] == row[:number]}
            probability *= weight(number, cell) / sum(weight(number, each) for each in allowed)
        found[row] = probability
    return found


@settings(max_examples=40)
@given(small_specs(), st.integers(0, 10**6))
def test_cells_of_no_weight_are_never_drawn(spec: Spec, seed: int) -> None:
    core = lower(spec)
    random = np.random.default_rng(seed)
    for part in open_parts_of(spec, core, random):
        listings = {name: list_cells(core.by_name[name]) for name in part.fields}
        weights = {
            name: random.choice([0.0, 1.0], listing.size) for name, listing in listings.items()
        }
        wanted = {
            row
            for row in rows_of(part, spec, core)
            if all(
                weights[name][place_of(listings[name], cell)] > 0
                for name, cell in zip(part.fields, row, strict=True)
            )
        }
        if wanted:
            drawn = draw_open_part(part, core, 50, random, weights)

            assert set(drawn_rows(part, core, drawn)) <= wanted
        elif rows_of(part, spec, core):
            with pytest.raises(ValueError, match="no valid row has a positive weight"):
                draw_open_part(part, core, 50, random, weights)


@settings(max_examples=30)
@given(small_specs(), st.integers(0, 10**6))
def test_narrowing_never_rules_out_a_block_with_a_valid_row(spec: Spec, seed: int) -> None:
    core = lower(spec)
    random = np.random.default_rng(seed)
    for part in open_parts_of(spec, core, random):
        narrowing = Narrowing(part.fields, part.cells, part.constraints, core.by_name)
        listings = [cells.listing for cells in narrowing.cells]
        for row in rows_of(part, spec, core):
            places = np.array(
                [[place_of(each, cell)] for each, cell in zip(listings, row, strict=True)]
            )
            for field in range(len(row)):
                at = int(places[field, 0])
                start, stop = next(s for s in narrowing.cells[field].spans if s[0] <= at < s[1])
                low = np.arange(start, at + 1)
                high = np.full(low.size, random.integers(at, stop) + 1)
                begun = np.zeros(low.size, dtype=np.int64)

                assert narrowing.possible(field, places, begun, low, high).all()


@settings(max_examples=40)
@given(small_specs(), st.integers(0, 10**6))
def test_without_proofs_the_rows_left_are_listed(spec: Spec, seed: int) -> None:
    core = lower(spec)
    for part in open_parts_of(spec, core, np.random.default_rng(seed)):
        valid = rows_of(part, spec, core)
        if not valid:
            continue
        rows = engine(part, core, budget=1)

        assert set(cells_in(rows.allowed(()))) == {row[0] for row in valid}


def test_the_same_seed_gives_the_same_rows() -> None:
    from tests.rowspace.test_stress import load_stress

    spec, core = load_stress("chained_sums")
    space = build_row_space(spec, core, nodes=1)
    assert space is not None
    (part,) = space.open_parts

    once, again = (draw_open_part(part, core, 100, np.random.default_rng(3)) for _ in range(2))

    assert all((once[name] == again[name]).all() for name in part.fields)
