"""The columns of two versions of a spec on common integers, so that both judge the same rows.

The finer of two recording grids is the common one: a version that records whole numbers reads
common integers ten apart where the other one records a decimal. Units of one kind are converted
exactly. Where neither grid contains the other, or the types differ in kind, values can't be
compared: then the column stands twice, once for each version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from synllm.language.units import conversion, parse_unit
from synllm.spec.core import CoreColumn, CoreSpec, ValueSet
from synllm.spec.model import Spec
from synllm.spec.types import NumberType
from synllm.spec.values import Special, Value


class Side(StrEnum):
    """One of the two versions."""

    OLD = "old"
    NEW = "new"

    @property
    def other(self) -> Side:
        """The other version."""
        return Side.NEW if self is Side.OLD else Side.OLD


@dataclass(frozen=True, slots=True)
class Placing:
    """Where a version's own integers lie among the common ones.

    A number `i` of its own is `factor * i + offset`; for categories, `places` has its own index of
    each common label, None for a label that it does not know.
    """

    own: CoreColumn
    factor: int = 1
    offset: int = 0
    places: tuple[int | None, ...] = ()

    @property
    def is_plain(self) -> bool:
        """Whether each common integer that it knows is its own."""
        known = all(place is None or place == index for index, place in enumerate(self.places))
        return known and (self.factor, self.offset) == (1, 0)

    def hull(self) -> ValueSet:
        """Return its values as common integers, with those between its recorded ones."""
        if self.places:
            return ValueSet.of([i for i, place in enumerate(self.places) if place is not None])
        return ValueSet.union_of(
            [(self.to_common(low), self.to_common(high)) for low, high in self.own.values.intervals]
        )

    def to_common(self, number: int | None) -> int | None:
        """Return the common integer of one of its own; None stays unbounded."""
        if number is None:
            return None
        return self.places.index(number) if self.places else self.factor * number + self.offset

    def outside(self, other: Placing) -> list[int]:
        """Return common integers that it can hold and the other can't, near the other's first.

        The list is empty exactly where every value of this one is one of the other's.
        """
        theirs = other.hull()
        beyond = self.hull().minus(theirs)
        found = [each for interval in beyond.intervals for each in self._ends(interval, theirs)]
        if other.factor > 1:
            for low, high in self.hull().intersect(theirs).intervals:
                between = 0 if low is None else low
                if (between - other.offset) % other.factor == 0:
                    between += 1
                if high is None or between <= high:
                    found.append(between)
        return found

    def _ends(self, interval: tuple[int | None, int | None], theirs: ValueSet) -> Iterator[int]:
        """Yield the outermost recorded values in an interval, those next to `theirs` first."""
        low, high = interval
        first = None if low is None else low + (self.offset - low) % self.factor
        last = None if high is None else high - (high - self.offset) % self.factor
        if first is not None and last is not None and first > last:
            return
        ends = [last, first] if high is not None and high + 1 in theirs else [first, last]
        yield from dict.fromkeys(end for end in ends if end is not None)
        if ends == [None, None]:
            yield self.offset


@dataclass(frozen=True, slots=True)
class CommonColumn:
    """A written column of either version; a version that lacks it says nothing about its cells.

    `shared.name` is its key: the column's name, or one made from it where the column stands twice.
    """

    name: str
    shared: CoreColumn
    placings: Mapping[Side, Placing]

    def decode(self, cell: int | Special, side: Side) -> Value:
        """Return a cell as a version reads it, if need be a value that it can't record."""
        placing = self.placings[side]
        if isinstance(cell, Special):
            return cell
        if self.shared.labels:
            return self.shared.labels[cell]
        return Fraction(cell - placing.offset, placing.factor * 10**placing.own.decimals)


def common_columns(
    specs: Mapping[Side, Spec], cores: Mapping[Side, CoreSpec]
) -> tuple[CommonColumn, ...]:
    """Return the written columns of both versions, the old ones first, each in declared order."""
    old, new = cores[Side.OLD], cores[Side.NEW]
    found: list[CommonColumn] = []
    for name in dict.fromkeys([*old.by_name, *new.by_name]):
        sides = {side: cores[side].by_name[name] for side in Side if name in cores[side].by_name}
        if len(sides) == 1:
            ((side, column),) = sides.items()
            found.append(_alone(name, column, side, key=name))
            continue
        placings = _place(name, specs, sides)
        if placings is None:
            twice = sides.items()
            # No column's name contains a line break, so the keys are new.
            found.extend(_alone(name, own, side, key=f"{name}\n{side}") for side, own in twice)
        else:
            found.append(_join(name, placings))
    return tuple(found)


def incomparable_columns(columns: tuple[CommonColumn, ...]) -> frozenset[str]:
    """Return the names of the columns that stand twice."""
    names = [column.name for column in columns]
    return frozenset(name for name in names if names.count(name) > 1)


def unit_conversion(old: NumberType, new: NumberType) -> tuple[Fraction, Fraction] | None:
    """Return (factor, offset) from the old column's unit to the new one's; None where none exists.

    A column without a unit is compared as it is.
    """
    if old.unit is None or new.unit is None or old.unit == new.unit:
        return Fraction(1), Fraction(0)
    source, target = parse_unit(old.unit), parse_unit(new.unit)
    return None if source is None or target is None else conversion(source, target)


def _place(
    name: str, specs: Mapping[Side, Spec], sides: Mapping[Side, CoreColumn]
) -> Mapping[Side, Placing] | None:
    old, new = sides[Side.OLD], sides[Side.NEW]
    old_type, new_type = (specs[side].by_name[name].type for side in Side)
    if old.labels and new.labels:
        return _place_labels(old, new)
    if not isinstance(old_type, NumberType) or not isinstance(new_type, NumberType):
        return None
    converted = unit_conversion(old_type, new_type)
    if converted is None or converted[0] <= 0:
        return None
    # The new integer of an old one is factor * i + offset.
    factor = converted[0] * Fraction(10**new.decimals, 10**old.decimals)
    offset = converted[1] * 10**new.decimals
    if factor.denominator == 1 and offset.denominator == 1:
        return {Side.OLD: Placing(old, int(factor), int(offset)), Side.NEW: Placing(new)}
    back, start = 1 / factor, -offset / factor
    if back.denominator == 1 and start.denominator == 1:
        return {Side.OLD: Placing(old), Side.NEW: Placing(new, int(back), int(start))}
    return None


def _place_labels(old: CoreColumn, new: CoreColumn) -> Mapping[Side, Placing]:
    labels = tuple(dict.fromkeys([*old.labels, *new.labels]))

    def placing(own: CoreColumn) -> Placing:
        index = {label: place for place, label in enumerate(own.labels)}
        return Placing(own, places=tuple(index.get(label) for label in labels))

    return {Side.OLD: placing(old), Side.NEW: placing(new)}


def _join(name: str, placings: Mapping[Side, Placing]) -> CommonColumn:
    owns = [placing.own for placing in placings.values()]
    values = placings[Side.OLD].hull().union(placings[Side.NEW].hull())
    finest = next(p.own for p in placings.values() if (p.factor, p.offset) == (1, 0))
    shared = CoreColumn(
        name,
        values,
        finest.decimals,
        tuple(dict.fromkeys(label for own in owns for label in own.labels)),
        may_be_missing=any(own.may_be_missing for own in owns),
        may_not_apply=any(own.may_not_apply for own in owns),
    )
    return CommonColumn(name, shared, placings)


def _alone(name: str, own: CoreColumn, side: Side, key: str) -> CommonColumn:
    places = tuple(range(len(own.labels)))
    return CommonColumn(name, replace(own, name=key), {side: Placing(own, places=places)})
