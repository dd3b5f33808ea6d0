"""`ValueSet` is a set: every operation agrees with Python's sets, on a window of the integers."""

from hypothesis import given
from hypothesis import strategies as st

from synllm.spec.core import EVERY_VALUE, NO_VALUE, ValueSet

WINDOW = range(-30, 31)
ENDS = st.none() | st.integers(-20, 20)
PIECES = st.lists(st.tuples(ENDS, ENDS), max_size=6)


def members(values: ValueSet) -> set[int]:
    return {value for value in WINDOW if value in values}


def written(pieces: list[tuple[int | None, int | None]]) -> set[int]:
    return {
        value
        for value in WINDOW
        for low, high in pieces
        if (low is None or low <= value) and (high is None or value <= high)
    }


def check_form(values: ValueSet) -> None:
    """Fail unless the intervals are non-empty, ascending, disjoint and not adjacent."""
    for low, high in values.intervals:
        assert low is None or high is None or low <= high
    for (_, high), (low, _) in zip(values.intervals, values.intervals[1:], strict=False):
        assert high is not None
        assert low is not None
        assert high + 1 < low


@given(PIECES)
def test_union_of_intervals_holds_what_any_of_them_holds(
    pieces: list[tuple[int | None, int | None]],
) -> None:
    values = ValueSet.union_of(pieces)

    check_form(values)
    assert members(values) == written(pieces)


@given(PIECES)
def test_complement_holds_everything_else(pieces: list[tuple[int | None, int | None]]) -> None:
    values = ValueSet.union_of(pieces)

    check_form(values.complement())
    assert members(values.complement()) == set(WINDOW) - members(values)
    assert values.complement().complement() == values


@given(PIECES, PIECES)
def test_union_intersection_and_difference(
    left: list[tuple[int | None, int | None]], right: list[tuple[int | None, int | None]]
) -> None:
    first, second = ValueSet.union_of(left), ValueSet.union_of(right)

    for values, expected in (
        (first.union(second), members(first) | members(second)),
        (first.intersect(second), members(first) & members(second)),
        (first.minus(second), members(first) - members(second)),
    ):
        check_form(values)
        assert members(values) == expected


@given(st.sets(st.integers(-25, 25)))
def test_sets_of_integers_list_and_count_their_members(integers: set[int]) -> None:
    values = ValueSet.of(sorted(integers, reverse=True))

    check_form(values)
    assert list(values) == sorted(integers)
    assert len(values) == len(integers)
    assert bool(values) == bool(integers)
    assert values == ValueSet.of(iter(integers))


def test_the_whole_and_the_empty_set() -> None:
    assert EVERY_VALUE.complement() == NO_VALUE
    assert NO_VALUE.complement() == EVERY_VALUE
    assert ValueSet.between(3, 2) == NO_VALUE
    assert ValueSet.between(None, None) == EVERY_VALUE
    assert ValueSet.between(2, 2) == ValueSet.of([2])
