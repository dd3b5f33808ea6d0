"""UCUM units, exactly: the part of the standard that clinical tables use.

Source: The Unified Code for Units of Measure, version 2.1, ucum.org. A unit is a factor to base
units (a fraction), a dimension, and for temperatures an offset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

from synllm.diagnostics.suggest import suggest

Dimension: TypeAlias = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A value v in this unit is v * factor + offset in base units of its dimension."""

    factor: Fraction
    dimension: Dimension
    offset: Fraction = Fraction(0)

    def times(self, other: Unit) -> Unit | None:
        """Return the product unit; None where an offset makes a product meaningless."""
        if self.offset or other.offset:
            return None
        return Unit(self.factor * other.factor, _combine(self.dimension, other.dimension, 1))

    def over(self, other: Unit) -> Unit | None:
        """Return the quotient unit; None where an offset makes a quotient meaningless."""
        if self.offset or other.offset:
            return None
        return Unit(self.factor / other.factor, _combine(self.dimension, other.dimension, -1))


ONE = Unit(Fraction(1), ())


def parse_unit(text: str) -> Unit | None:
    """Return the unit that a UCUM expression names, or None where it is not known."""
    return _parse(text.strip())


def conversion(
    source: Unit, target: Unit, molar_mass: Fraction | None = None
) -> tuple[Fraction, Fraction] | None:
    """Return (factor, offset) such that v * factor + offset is v in the target unit.

    None where they measure different things. A molar mass, in g/mol, lets amounts of substance
    and masses convert into each other.
    """
    factor = source.factor / target.factor
    if source.dimension != target.dimension:
        if molar_mass is None:
            return None
        if _combine(source.dimension, _MASS_PER_AMOUNT, 1) == target.dimension:
            factor *= molar_mass
        elif _combine(source.dimension, _MASS_PER_AMOUNT, -1) == target.dimension:
            factor /= molar_mass
        else:
            return None
    return factor, (source.offset - target.offset) / target.factor


_MASS_PER_AMOUNT: Dimension = (("amount", -1), ("mass", 1))

# Factors to gram, metre, second, mole, kelvin; arbitrary units are dimensions of their own.
_METRIC: dict[str, tuple[str, Dimension]] = {
    "g": ("1", (("mass", 1),)),
    "m": ("1", (("length", 1),)),
    "s": ("1", (("time", 1),)),
    "mol": ("1", (("amount", 1),)),
    "L": ("1/1000", (("length", 3),)),
    "l": ("1/1000", (("length", 3),)),
    "U": ("1/60000000", (("amount", 1), ("time", -1))),
    "kat": ("1", (("amount", 1), ("time", -1))),
    "eq": ("1", (("equivalent", 1),)),
    "osm": ("1", (("osmole", 1),)),
    "[iU]": ("1", (("international unit", 1),)),
    "[IU]": ("1", (("international unit", 1),)),
    "Pa": ("1000", (("length", -1), ("mass", 1), ("time", -2))),
    "bar": ("100000000", (("length", -1), ("mass", 1), ("time", -2))),
    "m[Hg]": ("133322000", (("length", -1), ("mass", 1), ("time", -2))),
    "m[H2O]": ("9806650", (("length", -1), ("mass", 1), ("time", -2))),
    "J": ("1000", (("length", 2), ("mass", 1), ("time", -2))),
    "cal": ("4184", (("length", 2), ("mass", 1), ("time", -2))),
    "W": ("1000", (("length", 2), ("mass", 1), ("time", -3))),
    "N": ("1000", (("length", 1), ("mass", 1), ("time", -2))),
    "Hz": ("1", (("time", -1),)),
    "K": ("1", (("temperature", 1),)),
    "V": ("1", (("volt", 1),)),
    "Gy": ("1", (("length", 2), ("time", -2))),
    "Sv": ("1", (("sievert", 1),)),
    "Bq": ("1", (("time", -1),)),
}
_PLAIN: dict[str, tuple[str, Dimension]] = {
    "min": ("60", (("time", 1),)),
    "h": ("3600", (("time", 1),)),
    "d": ("86400", (("time", 1),)),
    "wk": ("604800", (("time", 1),)),
    "mo": ("2629800", (("time", 1),)),
    "a": ("31557600", (("time", 1),)),
    "%": ("1/100", ()),
    "[ppth]": ("1/1000", ()),
    "[ppm]": ("1/1000000", ()),
    "10*": ("10", ()),
    "10^": ("10", ()),
    "[in_i]": ("0.0254", (("length", 1),)),
    "[ft_i]": ("0.3048", (("length", 1),)),
    "[lb_av]": ("453.59237", (("mass", 1),)),
    "[oz_av]": ("28.349523125", (("mass", 1),)),
    "t": ("1000000", (("mass", 1),)),
    "deg": ("1", (("angle", 1),)),
    "[pH]": ("1", (("acidity", 1),)),
    "[drp]": ("1/20000000", (("length", 3),)),
    "[HPF]": ("1", ()),
    "[arb'U]": ("1", (("arbitrary unit", 1),)),
}
_PREFIXES = {
    "G": 9, "M": 6, "k": 3, "h": 2, "da": 1, "d": -1, "c": -2, "m": -3, "u": -6, "n": -9, "p": -12,
    "f": -15,
}  # fmt: skip
_OFFSET = {
    "Cel": Unit(Fraction(1), (("temperature", 1),), Fraction("273.15")),
    "[degF]": Unit(Fraction(5, 9), (("temperature", 1),), Fraction("459.67") * Fraction(5, 9)),
}
_COMPONENT = re.compile(
    r"(?P<sign>[./]?)(?:\((?P<group>[^()]*)\)|(?P<atom>10[*^]|[^\W\d]*\[[^\]]*\]|%|[^\W\d]+|\d+)?"
    r"(?P<exponent>[+-]?\d+)?(?P<note>\{[^}]*\})?)"
)


@lru_cache(maxsize=256)
def _parse(text: str) -> Unit | None:
    if text in _OFFSET:
        return _OFFSET[text]
    unit, position = ONE, 0
    if not text:
        return None
    while position < len(text):
        match = _COMPONENT.match(text, position)
        if match is None or match.end() == position or (position and not match["sign"]):
            return None
        if match["group"] is not None:
            part = _parse(match["group"])
        elif match["atom"] is not None:
            part = _atom(match["atom"])
        else:
            part = ONE if match["note"] and not match["exponent"] else None
        if part is None or part.offset:
            return None
        power = int(match["exponent"] or 1) * (-1 if match["sign"] == "/" else 1)
        if abs(power) > 24:
            return None
        scaled = Unit(part.factor**power, tuple((name, n * power) for name, n in part.dimension))
        combined = unit.times(scaled)
        if combined is None:
            return None
        unit, position = combined, match.end()
    return unit


def _atom(symbol: str) -> Unit | None:
    if symbol.isdigit():
        return Unit(Fraction(symbol), ()) if int(symbol) else None
    for table in (_PLAIN, _METRIC):
        if symbol in table:
            factor, dimension = table[symbol]
            return Unit(Fraction(factor), dimension)
    for prefix, power in _PREFIXES.items():
        rest = symbol.removeprefix(prefix)
        if rest != symbol and rest in _METRIC:
            factor, dimension = _METRIC[rest]
            return Unit(Fraction(factor) * Fraction(10) ** power, dimension)
    return None


def _combine(left: Dimension, right: Dimension, sign: int) -> Dimension:
    powers = dict(left)
    for name, power in right:
        powers[name] = powers.get(name, 0) + sign * power
    return tuple(sorted((name, power) for name, power in powers.items() if power))


def suggest_unit(text: str) -> str:
    """Return a hint for a unit that can't be read: its UCUM spelling, else how to find it."""
    known = _SPELLED.get(text.casefold()) or suggest(text, KNOWN_UNITS)
    if known is not None:
        return f"did you mean '{known}'?"
    return "write it in UCUM, such as 'mg/dL', 'mmol/L', '/min'; a count needs no unit"


_SPELLED = {
    "year": "a", "years": "a", "yr": "a", "yrs": "a", "y": "a", "months": "mo", "month": "mo",
    "weeks": "wk", "week": "wk", "days": "d", "day": "d", "hours": "h", "hour": "h", "hr": "h",
    "minutes": "min", "seconds": "s", "sec": "s", "°c": "Cel", "c": "Cel", "degc": "Cel",
    "°f": "[degF]", "f": "[degF]", "mmhg": "mm[Hg]", "iu": "[iU]", "iu/l": "[iU]/L",
    "iu/ml": "[iU]/mL", "bpm": "/min", "beats/min": "/min", "percent": "%", "lb": "[lb_av]",
    "lbs": "[lb_av]", "in": "[in_i]", "inch": "[in_i]", "inches": "[in_i]", "ft": "[ft_i]",
    "kg/m^2": "kg/m2", "kg/m²": "kg/m2", "mcg": "ug", "µg": "ug", "µg/dl": "ug/dL",
    "µg/l": "ug/L", "µmol/l": "umol/L", "cells/ul": "/uL", "10^9/l": "10*9/L",
    "10^3/ul": "10*3/uL", "ml/min/1.73m2": "mL/min/{1.73_m2}",
}  # fmt: skip

KNOWN_UNITS = (
    *(*_PLAIN, *_METRIC, *_OFFSET),
    *("mg", "kg", "ug", "ng", "pg", "dL", "mL", "uL", "mmol", "umol", "nmol", "pmol"),
    *("cm", "mm", "um", "mm[Hg]", "kPa", "mg/dL", "mmol/L", "g/dL", "ug/dL", "umol/L", "kg/m2"),
    *("U/L", "10*9/L", "10*3/uL", "/min", "mL/min/{1.73_m2}"),
)
"""Names offered where a unit is mistyped."""
