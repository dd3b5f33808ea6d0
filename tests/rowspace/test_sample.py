"""Rows drawn from a diagram have exactly the weights that they were asked for."""

from collections import Counter
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from synllm.rowspace.sample import Listing, Sampler, list_cells
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import MISSING, Special
from tests.proof.small_specs import small_specs
from tests.rowspace.test_diagram import Row, diagram_of, rows_in


def place_of(cell: int | Special, listing: Listing) -> int:
    if isinstance(cell, Special):
        return int(listing.values.size) + (0 if cell is MISSING else 1)
    return int(np.searchsorted(listing.values, cell))


def weights_of(core: CoreSpec, seed: int) -> dict[str, np.ndarray]:
    """Weights far apart, some of them zero."""
    random = np.random.default_rng(seed)
    return {
        column.name: random.choice([0.0, 0.1, 1.0, 30.0], list_cells(column).size)
        for column in core.columns
    }


def exact(
    rows: list[Row], fields: tuple[str, ...], core: CoreSpec, weights: dict[str, np.ndarray]
) -> dict[Row, float]:
    """Every row's probability, computed one by one."""
    listings = {name: list_cells(core.by_name[name]) for name in fields}
    weight = {
        row: prod(
            float(weights[name][place_of(cell, listings[name])])
            for name, cell in zip(fields, row, strict=True)
        )
        for row in rows
    }
    total = sum(weight.values())
    return {row: each / total for row, each in weight.items()} if total > 0 else {}


@settings(max_examples=30)
@given(small_specs(), st.integers(0, 10**6))
def test_marginals_equal_those_counted_over_all_rows(spec: Spec, seed: int) -> None:
    core = lower(spec)
    diagram = diagram_of(core, spec, declared=False)
    if diagram is None:
        return
    listings = {column.name: list_cells(column) for column in core.columns}
    weights = weights_of(core, seed)
    expected = exact(list(rows_in(diagram)), diagram.fields, core, weights)
    if not expected:
        with pytest.raises(ValueError, match="no valid row has a positive weight"):
            Sampler(diagram, listings, weights)
        return

    found = Sampler(diagram, listings, weights).marginals()

    for number, name in enumerate(diagram.fields):
        share = np.zeros(listings[name].size)
        for row, probability in expected.items():
            share[place_of(row[number], listings[name])] += probability
        assert found[name] == pytest.approx(share, abs=1e-9)


@settings(max_examples=25)
@given(small_specs(), st.integers(0, 10**6))
def test_rows_are_drawn_with_their_probabilities(spec: Spec, seed: int) -> None:
    core = lower(spec)
    diagram = diagram_of(core, spec, declared=True)
    if diagram is None:
        return
    listings = {column.name: list_cells(column) for column in core.columns}
    weights = weights_of(core, seed)
    expected = exact(list(rows_in(diagram)), diagram.fields, core, weights)
    if not expected:
        return
    count = 20_000

    drawn = Sampler(diagram, listings, weights).draw(count, np.random.default_rng(seed))

    places = np.column_stack([drawn[name] for name in diagram.fields]).tolist()
    seen = Counter(tuple(each) for each in places)
    possible = {
        tuple(
            place_of(cell, listings[name]) for name, cell in zip(diagram.fields, row, strict=True)
        ): probability
        for row, probability in expected.items()
        if probability > 0
    }
    assert set(seen) <= set(possible)
    # Rows too rare to be counted on are taken together.
    common = [(seen[row], p * count) for row, p in possible.items() if p * count >= 5]
    rest = count - sum(number for number, _ in common), count - sum(p for _, p in common)
    if len(common) > 1:
        pairs = [*common, rest] if rest[1] >= 5 else common
        observed = np.array([number for number, _ in pairs], dtype=float)
        wanted = np.array([each for _, each in pairs])
        wanted *= observed.sum() / wanted.sum()
        assert stats.chisquare(observed, wanted).pvalue > 1e-7
