from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from synllm.language.units import KNOWN_UNITS, conversion, parse_unit


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
