"""Figures of rows that come block by block are those of all rows together."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import synllm
from synllm.columns.batch import Batch
from synllm.columns.figures import measure_figures, measure_figures_in
from synllm.columns.moments import Moments, PairMoments, Ranking
from synllm.columns.table import Table
from synllm.generate.sampler import RowSampler
from synllm.resources import specs_folder
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower

NUMBERS = st.lists(st.integers(-300, 1000).map(lambda each: each / 10), max_size=60)
CUTS = st.lists(st.integers(0, 60), max_size=5)

PAIRS = """
synspec 1

table t "Every kind of figure, with absences" {
  x : decimal(1) in 0.0..9.9 "First"  may be missing
  y : integer in 0..40       "Second" may be missing
  a : yes/no "Third"
  b : yes/no "Fourth" may be missing
  g : one of {near, far} "Group"
}

derived z : decimal(2) = x * y / 7 rounded half up

statistics from "Table 1" {
  x  mean 4.2, sd 2.1, median 4.0, quantiles {25%: 2.5, 75%: 6.1}, min 0.5, max 9.0, missing 10%
  y by g  mean {near: 18, far: 22}
  z  mean 12, sd 9
  a  shares {yes: 30%}
  a where g is near  shares {yes: 25%}
  pearson(x, y) 0.3
  spearman(x, z) 0.5
  spearman(y, a) 0.1
  odds ratio(a, b) 2.1
}
"""


@cache
def load_pairs() -> tuple[Spec, CoreSpec]:
    spec = synllm.loads(PAIRS).spec
    return spec, lower(spec)


def cut(numbers: np.ndarray, cuts: list[int]) -> list[np.ndarray]:
    return np.split(numbers, sorted(min(each, len(numbers)) for each in cuts))


@given(NUMBERS, CUTS)
def test_moments_of_parts_add_up_to_those_of_all(numbers: list[float], cuts: list[int]) -> None:
    whole = np.array(numbers)
    found = Moments()
    for part in cut(whole, cuts):
        found = found.add(part)

    assert found.count == whole.size
    if whole.size > 1:
        close = pytest.approx
        assert found.mean == close(whole.mean(), abs=1e-9)
        assert found.sd == close(whole.std(ddof=1), abs=1e-7)
        off = whole - whole.mean()
        assert found.third == close((off**3).sum(), rel=1e-7, abs=1e-4)
        assert found.fourth == close((off**4).sum(), rel=1e-9, abs=1e-4)
        assert (found.low, found.high) == (whole.min(), whole.max())


@given(st.lists(st.tuples(st.integers(-30, 30), st.integers(0, 9)), max_size=50), CUTS)
def test_correlations_of_parts_add_up_to_those_of_all(
    pairs: list[tuple[int, int]], cuts: list[int]
) -> None:
    left, right = np.array(pairs, dtype=float).reshape(-1, 2).T
    parts = list(zip(cut(left, cuts), cut(right, cuts), strict=True))
    ranks = Ranking(np.empty(0), np.empty(0)), Ranking(np.empty(0), np.empty(0))
    plain = PairMoments()
    for one, other in parts:
        plain = plain.add(one, other)
        ranks = ranks[0].add(one), ranks[1].add(other)
    ranked = PairMoments()
    for one, other in parts:
        ranked = ranked.add(ranks[0].ranks(one), ranks[1].ranks(other))

    np.testing.assert_array_equal(ranks[0].ranks(left), stats.rankdata(left))
    if left.size < 3 or len(set(left)) == 1 or len(set(right)) == 1:
        assert plain.correlation is None
        assert ranked.correlation is None
    else:
        assert plain.correlation == pytest.approx(np.corrcoef(left, right)[0, 1], abs=1e-9)
        assert ranked.correlation == pytest.approx(stats.spearmanr(left, right)[0], abs=1e-9)


def split(table: Table, cuts: list[int]) -> list[Table]:
    edges = [0, *sorted(min(each, table.length) for each in cuts), table.length]
    batch = table.batch
    return [
        Table(
            table.spec,
            table.core,
            Batch(
                stop - start,
                {name: each[start:stop] for name, each in batch.values.items()},
                {name: each[start:stop] for name, each in batch.states.items()},
            ),
        )
        for start, stop in pairwise(edges)
    ]


def agree(spec: Spec, table: Table, cuts: list[int]) -> None:
    statistics = [each for block in spec.statistics for each in block.statistics]
    whole = measure_figures(statistics, table)
    parts = measure_figures_in(statistics, lambda: iter(split(table, cuts)))

    for one, other in zip(whole, parts, strict=True):
        assert (one.rows, one.met) == (other.rows, other.met)
        assert (one.delivered is None) == (other.delivered is None)
        for name in ("delivered", "distance", "tolerance", "allowed"):
            left, right = getattr(one, name) or 0.0, getattr(other, name) or 0.0
            assert left == pytest.approx(right, rel=1e-9, abs=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 60), CUTS)
def test_every_kind_of_figure_is_the_same_in_parts(seed: int, rows: int, cuts: list[int]) -> None:
    spec, core = load_pairs()
    random = np.random.default_rng(seed)
    values: dict[str, np.ndarray] = {}
    states: dict[str, np.ndarray] = {}
    for column in core.columns:
        (low, high) = column.values.intervals[0]
        assert low is not None
        assert high is not None
        absent = (random.random(rows) < 0.2) & (column.name in "xyb")
        values[column.name] = np.where(absent, np.nan, random.integers(low, high + 1, size=rows))
        states[column.name] = absent.astype(np.uint8)

    agree(spec, Table(spec, core, Batch(rows, values, states)), cuts)


@pytest.mark.parametrize(
    "name", ["diabetes", "stroke", pytest.param("cirrhosis", marks=pytest.mark.slow)]
)
def test_shipped_figures_are_the_same_in_parts(name: str) -> None:
    spec = synllm.load(specs_folder() / f"{name}.synspec").spec
    sampler = RowSampler(spec, 700)
    size = sampler.block_rows(25_000)
    places = sampler.rows.draw_free(min(size, 3_000), np.random.default_rng(1))

    agree(spec, sampler.rows.table(places), [1, 2, 500, 1999])
