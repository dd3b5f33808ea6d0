"""Figures close where their last column is written, and are met with the least change of a model."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from synllm.columns.figures import measure_figures
from synllm.diagnostics.diagnostic import has_errors
from synllm.generate.steering.figures import close_moments
from synllm.generate.steering.picking import pick_rows
from synllm.generate.steering.steering import Steering
from synllm.generate.steering.tilting import YIELDING, solve_tilt, tilt_chances
from synllm.language import load_spec
from synllm.rowspace.dual import CLOSE_ENOUGH, SLACK
from synllm.rowspace.place_table import make_table
from synllm.rowspace.sample import Floats, Integers, list_cells
from synllm.rowspace.targets import AT_LEAST, AT_MOST, EXACTLY
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower

ORDER = ("smoker", "sex", "age", "pulse")


@cache
def visits() -> Spec:
    folder = Path(__file__).parent
    spec, diagnostics = load_spec(folder / "visits.synspec")

    assert spec is not None
    assert not has_errors(diagnostics)
    return spec


def steering(rows: int) -> Steering:
    spec = visits()
    core = lower(spec)
    listings = {name: list_cells(core.by_name[name]) for name in ORDER}
    return Steering(spec, core, ORDER, listings, rows, 7)


def write_batch(steer: Steering, count: int, tilts: list[Floats]) -> dict[str, Integers]:
    """Return rows of a model that takes every value evenly, steered."""
    places: dict[str, Integers] = {}
    for field in ORDER:
        edges = steer.bins[field]
        chances = np.diff(edges).astype(np.float64)
        chances[-2:] = 0.0
        chances = np.tile(chances / chances.sum(), (count, 1))
        tilts.append(steer.tilt(field, places, chances))
        steered = tilt_chances(chances, tilts[-1])
        mark = steer.uniforms(field, places, steered)
        places[field] = (np.cumsum(steered, axis=1) < mark[:, None]).sum(axis=1)
    return places


def test_a_figure_closes_at_the_last_written_of_its_columns_and_its_groups() -> None:
    spec = visits()
    core = lower(spec)
    for order in (ORDER, tuple(reversed(ORDER))):
        listings = {name: list_cells(core.by_name[name]) for name in order}
        for each in close_moments(spec, core, order, listings):
            last = max(order.index(name) for name in each.columns)

            assert each.field == order[last]
    grouped = [
        each
        for each in close_moments(spec, core, ORDER, listings)
        if set(each.columns) == {"pulse", "smoker"}
    ]

    assert len(grouped) == 2


def test_declared_figures_are_met_by_a_model_that_knows_none_of_them() -> None:
    steer = steering(1_000)
    parts = []
    for _ in range(10):
        places = write_batch(steer, 104, [])
        chosen = steer.absorb(places, 100)
        parts.append({name: each[chosen] for name, each in places.items()})
    rows = {name: np.concatenate([part[name] for part in parts]) for name in ORDER}
    table = make_table(steer.spec, steer.core, steer.listings, rows)
    figures = measure_figures(steer.statistics, table)

    assert all(each.met for each in figures), figures


def test_from_its_state_as_json_steering_goes_on_with_the_same_tilts_and_rows() -> None:
    first = steering(1_000)
    parts = []
    for _ in range(4):
        places = write_batch(first, 100, [])
        chosen = first.absorb(places, 96)
        parts.append({name: each[chosen] for name, each in places.items()})
    kept = {name: np.concatenate([part[name] for part in parts]) for name in ORDER}
    again = steering(1_000)
    again.restore(json.loads(json.dumps(first.state)), kept)
    for _ in range(3):
        tilts: tuple[list[Floats], list[Floats]] = ([], [])
        ours, theirs = write_batch(first, 100, tilts[0]), write_batch(again, 100, tilts[1])

        assert all(np.allclose(a, b, atol=1e-9) for a, b in zip(*tilts, strict=True))
        assert all(np.array_equal(ours[name], theirs[name]) for name in ORDER)
        assert np.array_equal(first.absorb(ours, 96), again.absorb(theirs, 96))


@settings(deadline=None, max_examples=40)
@given(
    st.integers(0, 10_000),
    st.lists(st.sampled_from([EXACTLY, AT_MOST, AT_LEAST]), min_size=1, max_size=3),
)
def test_a_tilt_is_the_best_compromise_that_a_general_optimiser_finds(
    seed: int, sides: list[int]
) -> None:
    random = np.random.default_rng(seed)
    rows, bins = 6, 4
    chances = random.dirichlet(np.ones(bins), rows)
    values = random.normal(0, 2, (rows, bins, len(sides)))
    wanted = random.normal(0, 1, len(sides))
    found = solve_tilt(chances, values, wanted, sides, np.zeros(len(sides)))
    noise = np.maximum(spread(chances, values), 0.5 * np.sqrt(rows))

    def objective(theta: Floats) -> float:
        factor = (chances * np.exp((values - wanted) @ theta)).sum(axis=1)
        return float(np.log(factor).mean() + YIELDING / (2 * rows) * ((theta * noise) ** 2).sum())

    bounds = [(None if side != AT_LEAST else 0, None if side != AT_MOST else 0) for side in sides]
    best = minimize(objective, np.zeros(len(sides)), bounds=bounds, method="L-BFGS-B")

    # The solver stops at such a slope, and the slack bends the objective at least so much.
    missing = len(sides) * CLOSE_ENOUGH**2 / (2 * SLACK)

    assert objective(found) <= best.fun + missing + 1e-4


def spread(chances: Floats, values: Floats) -> Floats:
    mean = np.einsum("rb,rbm->rm", chances, values)
    square = np.einsum("rb,rbm->rm", chances, values**2)
    found: Floats = np.sqrt((square - mean**2).mean(axis=0))
    return found


@pytest.mark.parametrize("count", [0, 1, 7, 10])
def test_of_more_rows_those_are_left_that_bring_sums_nearer_to_nothing(count: int) -> None:
    random = np.random.default_rng(count)
    values, sums = random.normal(0, 1, (10, 3)), random.normal(0, 1, 3)
    sides = np.array([EXACTLY, AT_MOST, AT_LEAST])
    chosen = pick_rows(values, sums, sides, count)

    assert chosen.size == count
    assert np.all(np.diff(chosen) > 0)
    if count == 7:
        assert off(values[chosen], sums, sides) < off(values[:7], sums, sides)


def off(values: Floats, sums: Floats, sides: Sequence[int] | Integers) -> float:
    total = sums + values.sum(axis=0)
    return float((np.where(total * np.asarray(sides) > 0, 0.0, total) ** 2).sum())
