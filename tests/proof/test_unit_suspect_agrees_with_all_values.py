"""A threshold is suspected exactly where no two values differ in it, but would in another unit."""

import re
from fractions import Fraction
from random import Random
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.findings.told import Told
from synllm.proof.findings.unit_suspect import find_suspect_units
from synllm.proof.inquiry import Inquiry
from synllm.spec.evaluate import evaluate_condition
from synllm.spec.expressions import ColumnValue, Compare, ComparisonOperator, Interval, Is, Number
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code, NumberType
from tests.proof.faulty_specs import CATEGORIES, THOUSANDS
from tests.proof.small_specs import cells_of

RANDOMS = st.randoms(use_true_random=False)
YEAR = Fraction("365.25")
COLUMNS = {
    "glucose": (NumberType(0, Interval(Fraction(40), Fraction(600)), (), "mg/dL", "glucose")),
    "weight": NumberType(0, Interval(Fraction(30), Fraction(200)), (), "kg"),
    "height": NumberType(0, Interval(Fraction(120), Fraction(210)), (), "cm"),
    "temperature": NumberType(1, Interval(Fraction(34), Fraction(42)), (), "Cel"),
    "age": NumberType(0, Interval(Fraction(1), Fraction(90)), (), "a"),
    "saturation": NumberType(0, Interval(Fraction(50), Fraction(100)), (), "%"),
    "dose": NumberType(
        0, Interval(Fraction(50), Fraction(200)), tuple(map(Fraction, (50, 200))), "mg"
    ),
}
MMOL = Fraction("18.0156")
UNITS: dict[str, dict[str, tuple[Fraction, Fraction]]] = {
    name: {unit: (Fraction(factor), Fraction(offset)) for unit, factor, offset in units}
    for name, units in {
        "glucose": [
            ("mmol/L", MMOL, 0),
            ("umol/L", MMOL / 1000, 0),
            ("g/dL", 1000, 0),
            ("g/L", 100, 0),
            ("mg/L", Fraction(1, 10), 0),
            ("ug/dL", Fraction(1, 1000), 0),
            ("ng/mL", Fraction(1, 10_000), 0),
        ],
        "weight": [("g", Fraction(1, 1000), 0), ("[lb_av]", Fraction("0.45359237"), 0)],
        "height": [
            ("m", 100, 0),
            ("mm", Fraction(1, 10), 0),
            ("[in_i]", Fraction("2.54"), 0),
            ("[ft_i]", Fraction("30.48"), 0),
        ],
        "temperature": [("[degF]", Fraction(5, 9), Fraction(-160, 9))],
        "age": [
            ("mo", Fraction(1, 12), 0),
            ("wk", 7 / YEAR, 0),
            ("d", 1 / YEAR, 0),
            ("h", 1 / YEAR / 24, 0),
            ("min", 1 / YEAR / 24 / 60, 0),
        ],
        "saturation": [("as a fraction of 1", 100, 0)],
        "dose": [("g", 1000, 0), ("kg", 1_000_000, 0), ("[lb_av]", Fraction("453592.37"), 0)],
    }.items()
}
"""Each unit's value in the column's own: times a factor, plus an offset."""
NUMBERS = (
    "0.1",
    "0.5",
    "0.92",
    "1.2",
    "5.5",
    "7",
    "18",
    "60",
    "98.6",
    "101",
    "180",
    "500",
    "1500",
    "70000",
)


def faults_of_units(random: Random) -> list[str]:
    """Return what is missed, claimed wrongly or converted wrongly."""
    name = random.choice(list(COLUMNS))
    sign: ComparisonOperator = random.choice(get_args(ComparisonOperator))
    text = random.choice(NUMBERS)
    sides = [ColumnValue(name), Number(Fraction(text), text)]
    random.shuffle(sides)
    test = Compare(sign, *sides)
    kind = COLUMNS[name]
    flag = Column("d", CATEGORIES["d"], codes=(("yes", Code("yes")), ("no", Code("no"))))
    columns = (Column(name, kind), flag)
    other = Is("d", frozenset({"yes"}))
    when, then = random.choice([(test, other), (other, test), (None, test)])
    spec = Spec("units", "", columns, rules=(Rule("threshold", "", when, then),))
    found = list(find_suspect_units(Inquiry(spec, lower(spec), DEFAULT_BUDGET), Told()))

    values = [each for each in cells_of(columns[0]) if isinstance(each, Fraction)]
    low, high = min(values), max(values)

    def outcomes(number: Fraction) -> int:
        swapped = [Number(number) if isinstance(each, Number) else each for each in sides]
        condition = Compare(sign, *swapped)
        return len({evaluate_condition(condition, {name: each}, spec) for each in values})

    swaps = {
        unit: Fraction(text) * factor + offset for unit, (factor, offset) in UNITS[name].items()
    }
    fitting = {unit: value for unit, value in swaps.items() if low < value < high}
    far = not low / 2 < Fraction(text) < high * 2
    suspect = outcomes(Fraction(text)) == 1 and far and bool(fitting)
    if not found:
        return [f"{test} is not suspected: {fitting}"] if suspect else []
    (finding,) = found
    said = re.search(
        r"is (above|below) .*; \S+ (as a fraction of 1|\S+) would be (\S+) ", finding.headline
    )
    assert said is not None, finding.headline
    side, unit, value = said.groups()
    wrong = [] if suspect else [f"{test} is suspected"]
    if not all(
        each > Fraction(text) if side == "above" else each < Fraction(text) for each in values
    ):
        wrong.append(f"some lie not {side} {text}")
    if unit not in fitting or abs(Fraction(value) - fitting[unit]) > abs(fitting[unit]) / 1000:
        wrong.append(f"{text} {unit} is {value}, but {fitting}")
    elif sign not in ("=", "!=") and outcomes(fitting[unit]) != 2:
        wrong.append(f"no two values differ in {text} {unit} either")
    return wrong


@settings(max_examples=150)
@given(RANDOMS)
def test_a_threshold_is_suspected_where_only_another_unit_makes_sense_of_it(random: Random) -> None:
    assert faults_of_units(random) == []


@pytest.mark.slow
@settings(max_examples=2_000)
@given(THOUSANDS)
def test_a_threshold_is_always_suspected_where_only_another_unit_makes_sense_of_it(
    random: Random,
) -> None:
    assert faults_of_units(random) == []
