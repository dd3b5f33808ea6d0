"""Every turn of a comparison or membership on the recording grid is an edge of a boundary."""

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.language import parse_spec
from synllm.spec.boundaries import (
    Boundary,
    condition_boundaries,
    range_ends,
    rule_boundaries,
    value_above,
    value_below,
)
from synllm.spec.evaluate import evaluate_condition
from synllm.spec.expressions import Compare, Condition, Interval, Within, columns_of, walk
from synllm.spec.model import Spec
from synllm.spec.types import NumberType
from synllm.spec.values import Truth
from tests.strategies import random_spec

TABLE = """synspec 1
table visits "Visits" {
  age      : integer in 0..110 'a'            "Age"
  hba1c    : decimal(1) in 3.0..15.0 '%'      "HbA1c"
  score    : integer in {0, 2, 5, 9}          "Score"
  systolic : integer in 60..260 'mm[Hg]'      "Systolic"   may be missing
  diastolic : integer in 30..160 'mm[Hg]'     "Diastolic"  may be missing
  stage    : ordered {I < II < III}           "Stage"
}
derived pulse : integer in 0..200 'mm[Hg]' "Pulse pressure" = systolic - diastolic rounded half up
"""


def boundaries_of(body: str) -> tuple[Boundary, ...]:
    spec, findings = parse_spec(f'{TABLE}rule r "R" {body}\n')
    assert spec is not None, findings
    return rule_boundaries(spec.rules[0], spec)


def shown(boundary: Boundary) -> str:
    near = " ".join(f"{float(n.value):g}{'+' if n.outcome else '-'}" for n in boundary.neighbours)
    edge = " ".join(f"{float(n.value):g}" for n in boundary.edge)
    return f"{boundary.column} {float(boundary.threshold):g}: {near} | {edge}"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("always age >= 18", ["age 18: 17- 18+ 19+ | 17 18"]),
        ("always age > 18", ["age 18: 17- 18- 19+ | 18 19"]),
        ("always age = 18", ["age 18: 17- 18+ 19- | 17 18 19"]),
        ("always 18 < age", ["age 18: 17- 18- 19+ | 18 19"]),
        ("always 18 <= age < 65", ["age 18: 17- 18+ 19+ | 17 18", "age 65: 64+ 65- 66- | 64 65"]),
        ("always not age >= 18", ["age 18: 17- 18+ 19+ | 17 18"]),
        ("always hba1c < 6.5", ["hba1c 6.5: 6.4+ 6.5- 6.6- | 6.4 6.5"]),
        # Between two recorded values there is nothing at the threshold itself.
        ("always hba1c < 6.45", ["hba1c 6.45: 6.4+ 6.5- | 6.4 6.5"]),
        ("always score <= 4", ["score 4: 2+ 5- | 2 5"]),
        ("always age in {1, 2, 5..9}", [
            "age 1: 0- 1+ 2+ | 0 1",
            "age 2: 1+ 2+ 3- | 2 3",
            "age 5: 4- 5+ 6+ | 4 5",
            "age 9: 8+ 9+ 10- | 9 10",
        ]),
        # At the end of the range there is no other side.
        ("always age >= 0", ["age 0: 0+ 1+ |"]),
        ("always systolic > 24 'kPa'", ["systolic 180.015: 180- 181+ | 180 181"]),
        ("always age * 12 - 6 < 30", ["age 3: 2+ 3- 4- | 2 3"]),
        ("always pulse >= 40", ["pulse 40: 39- 40+ 41+ | 39 40"]),
        ("always systolic > diastolic and stage >= II and round(age) > 3", []),
        ("cases age gives stage { < 40: I; 40..<60: II; >= 60: III }", [
            "age 40: 39+ 40- 41- | 39 40",
            "age 40: 39- 40+ 41+ | 39 40",
            "age 60: 59+ 60- 61- | 59 60",
            "age 60: 59- 60+ 61+ | 59 60",
        ]),
    ],
)  # fmt: skip
def test_a_threshold_is_shown_with_the_recorded_values_beside_it(
    body: str, expected: list[str]
) -> None:
    assert [shown(each).rstrip() for each in boundaries_of(body)] == expected


def test_a_boundary_knows_the_closest_values_on_either_side_and_where_it_is_written() -> None:
    adult, senior = boundaries_of("when age >= 18 then age != 65")

    assert (adult.closest(True), adult.closest(False)) == ((Fraction(18),), (Fraction(17),))
    assert (senior.closest(True), senior.closest(False)) == (
        (Fraction(64), Fraction(66)),
        (Fraction(65),),
    )
    assert [each.span.text for each in (adult, senior)] == ["age >= 18", "age != 65"]


@pytest.mark.parametrize(
    ("kind", "ends"),
    [
        (NumberType(1, Interval(Fraction("0.05"), Fraction("1.25"))), ("0.1", "1.2")),
        (NumberType(0, Interval(Fraction(0), Fraction(9), True, True)), ("1", "8")),
        (NumberType(0, Interval(Fraction(2), Fraction(5)), (Fraction(2), Fraction(5))), ("2", "5")),
    ],
)
def test_range_ends_are_the_outermost_values_that_can_be_recorded(
    kind: NumberType, ends: tuple[str, str]
) -> None:
    low, high = (Fraction(end) for end in ends)

    assert range_ends(kind) == (low, high)
    assert kind.contains(low)
    assert kind.contains(high)
    assert (value_below(kind, low), value_above(kind, high)) == (None, None)
    assert (value_above(kind, low - 9), value_below(kind, high + 9)) == (low, high)


def test_a_type_without_a_range_has_no_ends_but_neighbours() -> None:
    kind = NumberType(1, None)

    assert range_ends(kind) == (None, None)
    assert (value_below(kind, Fraction(2)), value_above(kind, Fraction(2))) == (
        Fraction("1.9"),
        Fraction("2.1"),
    )


def outcomes(part: Condition, column: str, spec: Spec) -> list[tuple[Fraction, Truth]]:
    kind = spec.by_name[column].type
    assert isinstance(kind, NumberType)
    low, _ = range_ends(kind)
    assert low is not None
    found, value = [], low
    while value is not None:
        found.append((value, evaluate_condition(part, {column: value}, spec)))
        value = value_above(kind, value)
    return found


def plain_parts(spec: Spec) -> list[tuple[Compare | Within, str]]:
    """The comparisons and memberships that depend on one written number column."""
    found = []
    for rule in spec.rules:
        for condition in (rule.when, rule.then):
            for part in () if condition is None else walk(condition):
                columns = columns_of(part) if isinstance(part, Compare | Within) else ()
                if len(columns) == 1:
                    column = spec.by_name[columns[0]]
                    if column.derivation is None and isinstance(column.type, NumberType):
                        found.append((part, column.name))
    return found


def check_edges(spec: Spec) -> int:
    """Compare the edges with what each value comes out as; the number of turns compared."""
    compared = 0
    for part, column in plain_parts(spec):
        boundaries = condition_boundaries(part, spec)
        if not boundaries:
            continue
        listed = outcomes(part, column, spec)
        turns = {
            value
            for one, other in pairwise(listed)
            if one[1] is not other[1]
            for value in (one[0], other[0])
        }
        truths = dict(listed)
        compared += len(turns)

        assert turns == {near.value for each in boundaries for near in each.edge}
        for boundary in boundaries:
            for near in boundary.neighbours:
                assert (truths[near.value] is Truth.TRUE) == near.outcome
    return compared


@given(st.integers())
@settings(max_examples=150)
def test_a_condition_turns_exactly_between_the_values_of_its_edges(seed: int) -> None:
    check_edges(random_spec(Random(seed)))


def test_random_conditions_turn_often() -> None:
    assert sum(check_edges(random_spec(Random(seed))) for seed in range(200)) > 100
