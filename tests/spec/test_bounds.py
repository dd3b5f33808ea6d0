"""Bounds hold every value a term can take."""

from itertools import product
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from synllm.spec.core import (
    CoreColumn,
    CoreTerm,
    Extreme,
    FloorQuotient,
    Integer,
    Magnitude,
    Product,
    Sum,
    ValueSet,
    Variable,
)
from synllm.spec.passes.bounds import bounds

NAMES = ("a", "b")


def value_of(term: CoreTerm, row: dict[str, int]) -> int | None:
    """Return a term's value, or None where a divisor is not positive."""
    match term:
        case Integer(value=value):
            return value
        case Variable(column=name):
            return row[name]
    parts: tuple[CoreTerm, ...]
    match term:
        case Sum(terms=parts) | Extreme(terms=parts):
            pass
        case Product(left=left, right=right):
            parts = (left, right)
        case FloorQuotient(dividend=left, divisor=right):
            parts = (left, right)
        case Magnitude(term=inner):
            parts = (inner,)
    numbers = [value_of(part, row) for part in parts]
    known = [number for number in numbers if number is not None]
    if len(known) < len(numbers):
        return None
    match term:
        case Sum():
            return sum(known)
        case Product():
            return known[0] * known[1]
        case FloorQuotient():
            return known[0] // known[1] if known[1] > 0 else None
        case Extreme(which=which):
            return min(known) if which == "min" else max(known)
        case _:
            return abs(known[0])


def random_term(random: Random, depth: int) -> CoreTerm:
    if depth == 0:
        return random.choice([Integer(random.randint(-3, 3)), *map(Variable, NAMES)])
    first, second = random_term(random, depth - 1), random_term(random, depth - 1)
    return random.choice(
        [
            Sum((first, second)),
            Product(first, second),
            Product(first, first),
            FloorQuotient(first, second),
            Extreme("min", (first, second)),
            Extreme("max", (first, second)),
            Magnitude(first),
        ]
    )


def column(name: str, low: int | None, high: int | None) -> CoreColumn:
    return CoreColumn(name, ValueSet.between(low, high), 0, (), False, False)


@given(
    st.randoms(use_true_random=False),
    st.tuples(st.integers(-6, 6), st.integers(-6, 6)).map(sorted),
    st.tuples(st.integers(-6, 6), st.integers(-6, 6)).map(sorted),
    st.booleans(),
    st.booleans(),
)
def test_every_value_is_within(
    random: Random, first: list[int], second: list[int], open_low: bool, open_high: bool
) -> None:
    term = random_term(random, random.randint(0, 3))
    columns = {
        "a": column("a", None if open_low else first[0], None if open_high else first[1]),
        "b": column("b", *second),
    }

    low, high = bounds(term, columns)

    for a, b in product(range(first[0], first[1] + 1), range(second[0], second[1] + 1)):
        value = value_of(term, {"a": a, "b": b})
        assert value is None or low is None or low <= value
        assert value is None or high is None or value <= high


def test_bounds_of_simple_terms_are_tight() -> None:
    a = Variable("a")
    columns = {"a": column("a", -3, 5), "b": column("b", 2, 4)}

    assert bounds(Product(a, a), columns) == (0, 25)
    assert bounds(Product(a, Variable("b")), columns) == (-12, 20)
    assert bounds(FloorQuotient(a, Variable("b")), columns) == (-2, 2)
    assert bounds(Magnitude(a), columns) == (0, 5)
    assert bounds(Sum((a, Integer(1))), columns) == (-2, 6)
    assert bounds(Extreme("min", (a, Integer(1))), columns) == (-3, 1)
