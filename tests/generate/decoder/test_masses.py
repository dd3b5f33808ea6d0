"""Weights behind ranges of places equal their sums one by one, and are zero only where none is."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.generate.decoder.masses import Masses, TiltedMasses
from synllm.rowspace.walk import SpanSets


def sets_of(members: list[set[int]], of_row: list[int]) -> SpanSets:
    first, starts, stops = [0], [], []
    for own in members:
        starts += [place for place in sorted(own) if place - 1 not in own]
        stops += [place + 1 for place in sorted(own) if place + 1 not in own]
        first.append(len(starts))
    arrays = (np.array(each, dtype=np.int64) for each in (first, starts, stops, of_row))
    return SpanSets(*arrays)


@st.composite
def weighted_sets(draw: st.DrawFn) -> tuple[np.ndarray, list[set[int]], list[int]]:
    """Weights of some places, some sets of them, and rows that have one each."""
    size = draw(st.integers(1, 20))
    weight = st.sampled_from([1.0, 1.0, 0.1, 1 / 3, 1e-9, 1e9])
    weights = np.array(draw(st.lists(weight, min_size=size, max_size=size)))
    some = st.sets(st.integers(0, size - 1))
    members = draw(st.lists(some, min_size=1, max_size=5).filter(any))
    rows = draw(st.lists(st.integers(0, len(members) - 1), min_size=1, max_size=6))
    return weights, members, rows


def totals_of(weights: np.ndarray) -> np.ndarray:
    return np.concatenate(([0.0], np.cumsum(weights)))


@settings(max_examples=40)
@given(weighted_sets())
def test_ranges_weigh_what_their_places_of_the_set_weigh_together(
    drawn: tuple[np.ndarray, list[set[int]], list[int]],
) -> None:
    weights, members, rows = drawn
    totals = totals_of(weights)
    masses = Masses(sets_of(members, rows), totals)
    for number, own in enumerate(members):
        for low in range(weights.size + 1):
            for high in range(low, weights.size + 1):
                each = np.full(1, number)
                mass = masses.below(each, np.array([high])) - masses.below(each, np.array([low]))
                inside = [place for place in own if low <= place < high]
                expected = sum(weights[place] for place in inside)

                assert abs(mass[0] - expected) <= 1e-14 * totals[-1] * weights.size
                if not inside:
                    assert mass[0] == 0.0
                elif any(totals[place + 1] > totals[place] for place in inside):
                    assert mass[0] > 0.0


def factors_of(tilt: np.ndarray, edges: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Each place's factor: the highest of an allowed place is 1, none is less than e to the -20."""
    each = np.repeat(tilt, np.diff(edges))
    highest = each[allowed].max() if allowed.any() else np.inf
    return np.exp(np.clip(each - highest, -20.0, 0.0))


@given(weighted_sets(), st.data())
def test_tilted_ranges_weigh_what_their_places_weigh_times_their_factors(
    drawn: tuple[np.ndarray, list[set[int]], list[int]], data: st.DataObject
) -> None:
    weights, members, rows = drawn
    weights = np.clip(weights, 0.1, 1.0)
    size = weights.size
    edges = np.array(sorted({0, size, *data.draw(st.sets(st.integers(0, size)))}))
    factor = st.sampled_from([0.0, 1.0, -1.0, 3.0, -50.0])
    shape = (len(rows), edges.size - 1)
    tilt = np.array([[data.draw(factor) for _ in range(shape[1])] for _ in range(shape[0])])
    masses = Masses(sets_of(members, rows), totals_of(weights))
    tilted = TiltedMasses(masses, edges, tilt)
    for row, own in enumerate(rows):
        who = np.full(size + 1, row)
        found = tilted.below(who, np.arange(size + 1))
        allowed = np.array([place in members[own] for place in range(size)])
        factors = factors_of(tilt[row], edges, allowed)
        expected = totals_of(weights * allowed * factors)

        assert np.allclose(found, expected, rtol=1e-12, atol=1e-12)
