"""The number regex accepts exactly the texts of its set's members."""

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synllm.spec.core import ValueSet
from synllm.targets.number_regex import number_regex


def written(value: int, decimals: int) -> str:
    return f"{Decimal(value).scaleb(-decimals):f}" if decimals else str(value)


def neighbours(text: str) -> list[str]:
    """Return texts near a number's own that no set may accept in its place."""
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    return [
        f"+{text}",
        f"--{digits}",
        f"{sign}0{digits}",
        f"{sign} {digits}",
        f"{text}0" if "." in text else f"{text}.0",
        f"{text} ",
        f"{text}.",
        f"{text}e0",
        digits.split(".")[0] if "." in text else f"{text}.5",
        f"{sign}.{digits.split('.')[-1]}",
    ]


def assert_exact(values: ValueSet, decimals: int, grid: range) -> None:
    accepts = re.compile(number_regex(values, decimals)).fullmatch
    members = set(values)
    for value in grid:
        text = written(value, decimals)

        assert bool(accepts(text)) == (value in members), text

    for value in members:
        for wrong in neighbours(written(value, decimals)):
            assert not accepts(wrong), wrong


@pytest.mark.parametrize("decimals", [0, 1, 2, 3])
@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 0), (0, 9), (0, 8200), (8, 8200), (-5, 5), (-1234, -7), (99, 101), (10, 999), (0, 999)],
)
def test_whole_ranges(low: int, high: int, decimals: int) -> None:
    assert_exact(ValueSet.between(low, high), decimals, range(low - 120, high + 120))


def test_ages_that_are_whole_years_from_two_on() -> None:
    values = ValueSet.between(8, 199).union(ValueSet.of(range(200, 8201, 100)))

    assert_exact(values, 2, range(-10, 8400))


def test_no_negative_zero() -> None:
    accepts = re.compile(number_regex(ValueSet.between(-10, 10), 1)).fullmatch

    assert accepts("0.0")
    assert not accepts("-0.0")
    assert accepts("-0.1")


@given(st.data())
def test_random_sets(data: st.DataObject) -> None:
    bound = data.draw(st.sampled_from([12, 120, 1300]))
    numbers = st.integers(-bound, bound)
    intervals = data.draw(st.lists(st.tuples(numbers, numbers), max_size=5))
    points = data.draw(st.lists(numbers, min_size=1, max_size=12))
    values = ValueSet.union_of([*intervals, *((point, point) for point in points)])
    decimals = data.draw(st.integers(0, 3))

    assert_exact(values, decimals, range(-bound - 15, bound + 15))


@given(st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 10**12), st.integers(0, 4))
def test_huge_ranges_at_their_ends(a: int, b: int, other: int, decimals: int) -> None:
    low, high = min(a, b), max(a, b)
    values = ValueSet.between(low, high)
    accepts = re.compile(number_regex(values, decimals)).fullmatch

    for value in (low - 1, low, low + 1, other, high - 1, high, high + 1):
        assert bool(accepts(written(value, decimals))) == (value in values)


def test_thousands_of_isolated_points() -> None:
    values = ValueSet.of(range(3, 60_000, 7))
    accepts = re.compile(number_regex(values, 2)).fullmatch
    members = set(values)

    assert all(bool(accepts(written(value, 2))) == (value in members) for value in range(60_100))


def test_the_regex_stays_readable() -> None:
    assert number_regex(ValueSet.between(0, 999), 0) == "(?:[0-9]|[1-9][0-9]{1,2})"
    assert number_regex(ValueSet.of([35, 40, 45, 48]), 1) == r"(?:3\.5|4\.[058])"
    assert (
        number_regex(ValueSet.between(100, 980), 1)
        == r"(?:[1-8][0-9]\.[0-9]|9(?:[0-7]\.[0-9]|8\.0))"
    )
