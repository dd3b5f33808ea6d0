"""How many records a figure was measured on, as far as its block tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from synllm.spec.expressions import Condition, HasState, Is
from synllm.spec.model import Spec
from synllm.spec.passes.lower import written_columns
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType


@dataclass(frozen=True, slots=True)
class Count:
    """A number of records, between two whole numbers, both included."""

    low: int
    high: int

    def share(self, low: Fraction, high: Fraction) -> Count:
        """Return how many records a share between `low` and `high` of them can be."""
        return Count(max(0, ceil(low * self.low)), min(self.high, floor(high * self.high)))

    def without(self, other: Count) -> Count:
        """Return what is left when others are taken away."""
        return Count(max(0, self.low - other.high), max(0, self.high - other.low))


class Counts:
    """The records of one block: `n` of them, by the groups and absences that its figures state."""

    def __init__(self, spec: Spec, statistics: Sequence[Statistic], n: int) -> None:
        self._spec = spec
        self._statistics = statistics
        self._n = n

    def of(self, statistic: Statistic) -> Count:
        """Return how many records the figure is a mean or a share of."""
        rows = self._rows(statistic.where)
        if statistic.of_all or statistic.kind is StatisticKind.MISSING:
            return rows
        return self._present(statistic.columns[0], statistic.where, rows)

    def _rows(self, where: Condition | None) -> Count:
        everyone = Count(self._n, self._n)
        if where is None:
            return everyone
        if not isinstance(where, Is) or len(where.labels) != 1:
            return Count(0, self._n)
        (label,) = where.labels
        present = self._present(where.column, None, everyone)
        for of_all, whole in ((False, present), (True, everyone)):
            share = self._share(where.column, label, of_all)
            if share is not None:
                return whole.share(*share)
        return Count(0, self._n)

    def _share(self, column: str, label: str, of_all: bool) -> tuple[Fraction, Fraction] | None:
        """Return the ends of a label's share, where it or the shares of all others are stated."""
        stated = {
            each.at: each.value
            for each in self._statistics
            if each.kind is StatisticKind.SHARE
            and each.columns == (column,)
            and each.where is None
            and each.of_all is of_all
        }
        if label in stated:
            value = stated[label]
            return value.value - value.half_width, value.value + value.half_width
        kind = self._spec.by_name[column].type
        assert isinstance(kind, CategoryType)
        if of_all or not set(kind.labels) - {label} <= stated.keys():
            return None
        rest = [stated[each] for each in kind.labels if each != label]
        total = sum((each.value for each in rest), Fraction(0))
        half = sum((each.half_width for each in rest), Fraction(0))
        return 1 - total - half, 1 - total + half

    def _present(self, column: str, where: Condition | None, rows: Count) -> Count:
        if where == HasState(column, None) or never_absent(column, self._spec):
            return rows
        declared = self._spec.by_name[column]
        if declared.derivation is not None or declared.applies_when is not None:
            return Count(0, rows.high)
        missing = next(
            (
                each.value
                for each in self._statistics
                if each.kind is StatisticKind.MISSING
                and each.columns == (column,)
                and each.where == where
            ),
            None,
        )
        if missing is None:
            return Count(0, rows.high)
        low, high = missing.value - missing.half_width, missing.value + missing.half_width
        return rows.without(rows.share(low, high))


def never_absent(column: str, spec: Spec) -> bool:
    """Return whether the column has a value on every row that can be recorded."""
    declared = spec.by_name[column]
    if declared.derivation is not None:
        names = written_columns((declared.derivation.formula,), spec)
        return all(never_absent(name, spec) for name in names)
    return not declared.may_be_missing and declared.applies_when is None
