"""Rows see the branches that lead to their places, and choose one whose chance is not zero."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from synllm.generate.decoder.branching import branch_rows, chances_of, choose, share_bins
from synllm.generate.decoder.masses import Masses, TiltedMasses
from synllm.generate.decoder.trie import build_trie
from tests.generate.decoder.test_masses import factors_of, sets_of, totals_of, weighted_sets
from tests.generate.decoder.test_trie import table_of


@st.composite
def chances(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Scores of several rows' branches, from one to five each, and where each row's begin."""
    score = st.sampled_from([0.0, 1.0, -1.0, 20.0, -800.0, 1e30, -1e30, 0.1])
    rows = draw(st.lists(st.lists(score, min_size=1, max_size=5), min_size=1, max_size=8))
    first = np.concatenate(([0], np.cumsum([len(each) for each in rows])))
    return np.array([each for row in rows for each in row]), first


def written(number: int) -> tuple[int, ...]:
    """Two digits and an end."""
    return (7, number // 4, number % 4, 9)


@given(weighted_sets(), st.integers(0, 10**6))
def test_a_rows_branches_are_those_with_one_of_its_places_behind_them(
    drawn: tuple[np.ndarray, list[set[int]], list[int]], seed: int
) -> None:
    weights, members, rows = drawn
    random = np.random.default_rng(seed)
    texts = random.integers(14, size=weights.size).tolist()
    trie = build_trie(table_of([written(text) for text in texts]))
    usable = np.array([row for row, own in enumerate(rows) if members[own]], dtype=np.int64)
    if not trie.nodes or not usable.size:
        return
    masses = Masses(sets_of(members, rows), totals_of(np.ones(weights.size)))
    edges = np.array([0, weights.size // 2, weights.size])[1 - (weights.size > 1) :]
    edges = np.unique(np.append(0, edges))
    tilt = random.normal(size=(len(rows), edges.size - 1))
    tilted = TiltedMasses(masses, edges, tilt)

    found = branch_rows(trie, np.zeros(usable.size, dtype=np.int64), usable, masses, tilted)
    shares = share_bins(trie, masses, edges, masses.of_row[usable])

    for place, row in enumerate(usable.tolist()):
        own = found.branch[found.first[place] : found.first[place + 1]]
        behind = {
            int(branch): [
                each
                for run in range(trie.span[branch], trie.span[branch + 1])
                for each in range(int(trie.low[run]), int(trie.high[run]))
                if each in members[rows[row]]
            ]
            for branch in range(trie.first[0], trie.first[1])
        }

        assert own.tolist() == [branch for branch, places in behind.items() if places]

        allowed = np.isin(np.arange(weights.size), list(members[rows[row]]))
        factors = factors_of(tilt[row], edges, allowed)
        expected = [np.log(factors[behind[branch]].mean()) for branch in own.tolist()]

        assert np.allclose(found.lift[found.first[place] : found.first[place + 1]], expected)

        branch, share = shares[rows[row]]
        bins = np.searchsorted(edges, np.arange(weights.size), side="right") - 1
        counted = [
            np.bincount(bins[behind[each]], minlength=edges.size - 1) for each in own.tolist()
        ]

        assert (branch + trie.first[0]).tolist() == own.tolist()
        assert np.allclose(share, [each / each.sum() for each in counted])


@given(chances(), st.data())
def test_what_is_chosen_has_a_chance_and_belongs_to_the_row(
    drawn: tuple[np.ndarray, np.ndarray], data: st.DataObject
) -> None:
    scores, first = drawn
    chance = chances_of(scores, first)
    extreme = st.sampled_from([0.0, 1 - 2**-53, 0.5, 1e-300])
    marks = [data.draw(st.one_of(extreme, st.floats(0, 1, exclude_max=True))) for _ in first[1:]]

    chosen, rest = choose(chance, first, np.array(marks))

    assert (chance[chosen] > 0).all()
    assert (first[:-1] <= chosen).all()
    assert (chosen < first[1:]).all()
    assert (rest >= 0).all()
    assert (rest < 1).all()


@given(chances())
def test_chances_add_up_to_one_and_keep_the_order_of_scores(
    drawn: tuple[np.ndarray, np.ndarray],
) -> None:
    scores, first = drawn
    chance = chances_of(scores, first)
    for start, stop in pairwise(first.tolist()):
        own, order = chance[start:stop], np.argsort(scores[start:stop])

        assert abs(own.sum() - 1) < 1e-12
        assert (np.diff(own[order]) >= 0).all()


def test_a_mark_is_used_up_only_by_what_it_chose() -> None:
    count = 60_000
    first = np.arange(0, 3 * count + 1, 3)
    chance = np.tile([0.2, 0.5, 0.3], count)
    marks = np.random.default_rng(0).random(count)

    chosen, rest = choose(chance, first, marks)
    again, _ = choose(chance, first, rest)

    joint = np.bincount((chosen - first[:-1]) * 3 + again - first[:-1], minlength=9) / count
    expected = np.outer([0.2, 0.5, 0.3], [0.2, 0.5, 0.3]).ravel()
    assert np.abs(joint - expected).max() < 0.006


def test_what_a_row_chooses_depends_on_no_other_row() -> None:
    random = np.random.default_rng(1)
    count = 3_000
    scores = random.normal(size=(count, 7))
    marks = random.random(count)
    together = np.arange(0, 7 * count + 1, 7)

    all_chosen, all_rest = choose(chances_of(scores.ravel(), together), together, marks)

    for row in range(0, count, 97):
        alone = np.array([0, 7])
        chosen, rest = choose(chances_of(scores[row], alone), alone, marks[row : row + 1])

        assert chosen[0] == all_chosen[row] - 7 * row
        assert rest[0] == all_rest[row]
