"""Which value a threshold would have, had it been written in another common unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from synllm.language.units import Unit, conversion, parse_unit
from synllm.spec.model import Column
from synllm.spec.types import NumberType

COMMON_UNITS = (
    *("mmol/L", "umol/L", "mg/dL", "g/dL", "g/L", "mg/L", "ug/dL", "ng/mL"),
    *("kg", "g", "[lb_av]", "cm", "m", "mm", "[in_i]", "[ft_i]"),
    *("a", "mo", "wk", "d", "h", "min", "Cel", "[degF]", "mm[Hg]", "kPa"),
    *("%", "1", "10*3/uL", "10*9/L", "/uL"),
)
"""UCUM units in which clinical tables and guidelines record the same quantities."""

MOLAR_MASSES = {
    "glucose": "180.156",
    "cholesterol": "386.65",
    "ldl": "386.65",
    "hdl": "386.65",
    "triglyceride": "885.43",
    "tryglyceride": "885.43",
    "creatinine": "113.12",
    "bilirubin": "584.66",
    "urea": "60.06",
    "uric": "168.11",
    "calcium": "40.078",
    "phosphate": "94.97",
    "iron": "55.845",
}
"""Grams a mole, by a word in a substance's or column's name; IUPAC standard weights 2021."""

_HBA1C = ("hba1c", "a1c", "glycated")
_NGSP_SLOPE, _NGSP_OFFSET = Fraction("0.09148"), Fraction("2.152")
"""HbA1c in % is 0.09148 * (mmol/mol) + 2.152: Hoelzel et al. 2004, Clinical Chemistry 50:166."""


@dataclass(frozen=True, slots=True)
class Swap:
    """A number read in another unit: its value in the column's own.

    `converts` tells whether the unit may stand beside the number in a rule, which then means this.
    """

    unit: str
    value: Fraction
    converts: bool = True


def swap_units(column: Column, number: Fraction) -> Iterator[Swap]:
    """Yield what a number means for the column if it was written in another common unit."""
    kind = column.type
    if not isinstance(kind, NumberType) or kind.unit is None:
        return
    own = parse_unit(kind.unit)
    if own is None:
        return
    named = (kind.substance, column.name, column.type_name, column.description)
    words = " ".join(each for each in named if each).lower()
    if kind.unit == "%" and any(word in words for word in _HBA1C):
        yield Swap("mmol/mol", number * _NGSP_SLOPE + _NGSP_OFFSET, converts=False)
    mass = next((Fraction(m) for word, m in MOLAR_MASSES.items() if word in words), None)
    for name in COMMON_UNITS:
        unit = Unit(Fraction(1), ()) if name == "1" else parse_unit(name)
        if unit is None or unit == own:
            continue
        converted = conversion(unit, own, mass)
        if converted is not None:
            alike = kind.substance is not None or conversion(unit, own, None) is not None
            yield Swap(
                "as a fraction of 1" if name == "1" else name,
                number * converted[0] + converted[1],
                converts=alike and name != "1",
            )
