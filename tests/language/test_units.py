from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from synllm.language import parse_spec
from synllm.language.units import KNOWN_UNITS, conversion, parse_unit
from synllm.spec.evaluate import evaluate_rule


def _table(heading: str) -> list[list[str]]:
    text = (Path(__file__).parent / "units.md").read_text(encoding="utf-8")
    section = text.partition(f"# {heading}\n")[2].partition("\n# ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("row", _table("Conversions"), ids=lambda row: f"{row[1]} to {row[3]}")
def test_amounts_convert_exactly_both_ways(row: list[str]) -> None:
    amount, unit, equal, other, mass = row
    source, target = parse_unit(unit), parse_unit(other)
    assert source is not None
    assert target is not None
    molar_mass = Fraction(mass) if mass else None
    forth = conversion(source, target, molar_mass)
    back = conversion(target, source, molar_mass)
    assert forth is not None
    assert back is not None
    converted = Fraction(amount) * forth[0] + forth[1]

    assert abs(converted - Fraction(equal)) <= Fraction(equal) / 10**6
    assert converted * back[0] + back[1] == Fraction(amount)


@pytest.mark.parametrize("row", _table("Not comparable"), ids=" and ".join)
def test_different_quantities_do_not_convert(row: list[str]) -> None:
    source, target = parse_unit(row[0]), parse_unit(row[1])

    assert source is not None
    assert target is not None
    assert conversion(source, target) is None


@pytest.mark.parametrize("row", _table("Not units"), ids=" ".join)
def test_what_is_no_unit_is_not_read(row: list[str]) -> None:
    assert parse_unit(row[0]) is None


@pytest.mark.parametrize("text", KNOWN_UNITS)
def test_every_unit_that_is_suggested_can_be_read(text: str) -> None:
    assert text in ("10*", "10^") or parse_unit(text) is not None


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        ("1 'kPa' + sys > 20 'kPa'", "sys + 1 'kPa' > 20 'kPa'"),
        ("min(20 'kPa', sys) > 15 'kPa'", "min(sys, 20 'kPa') > 15 'kPa'"),
        ("max(5, sys) > 15 'kPa'", "max(sys, 5) > 15 'kPa'"),
        ("sys > (2 * 3) * 2 'kPa'", "sys > 12 'kPa'"),
        ("-glu < -20 'mmol/L'", "glu > 20 'mmol/L'"),
    ],
)
def test_a_quantity_means_the_same_wherever_it_stands(condition: str, same: str) -> None:
    spec, findings = parse_spec(
        "synspec 1\n"
        'table t "T" {\n'
        "  sys : integer in 60..260 'mm[Hg]' \"Systolic pressure\"\n"
        "  glu : integer in 300..420 'mg/dL' of glucose \"Glucose\"\n"
        "}\n"
        "molar mass glucose 180.156\n"
        f'rule first "First" always {condition}\n'
        f'rule second "Second" always {same}\n'
    )
    assert findings == []
    assert spec is not None
    one, other = spec.rules
    for step in range(201):
        row = {"sys": Fraction(60 + step), "glu": Fraction(300 + step * 3 // 5)}
        assert evaluate_rule(one, row, spec) == evaluate_rule(other, row, spec), row


def test_a_molar_mass_serves_its_own_substance_only() -> None:
    _, findings = parse_spec(
        "synspec 1\n"
        'table t "T" {\n'
        "  glu : integer in 40..600 'mg/dL' of glucose \"Glucose\"\n"
        "  chol : integer in 0..20 'mmol/L' of cholesterol \"Cholesterol\"\n"
        "}\n"
        "molar mass glucose 180.156\n"
        'rule r "R" always glu > chol\n'
    )
    assert [each.finding for each in findings] == ["unit-mismatch"]
