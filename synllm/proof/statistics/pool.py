"""Valid rows to mix a table from: found by questions, by wandering and by descent."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

from synllm.proof.session import Undecided
from synllm.proof.statistics.amounts import Amount, amount_columns
from synllm.proof.statistics.pricing import Pricing
from synllm.proof.statistics.validity import Validity
from synllm.spec.core import CoreColumn, CoreSpec
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.values import MISSING, NOT_APPLICABLE, Value

_LISTED = 24
_SPREAD = 6
_SWEEPS = 4
_LATEST = 250


class Pool:
    """Valid rows without repetition, in the order in which they were found.

    The same spec and questions give the same rows.
    """

    def __init__(
        self,
        spec: Spec,
        core: CoreSpec,
        pricing: Pricing,
        cuts: Mapping[str, Sequence[int]],
    ) -> None:
        self.rows: list[dict[str, Value]] = []
        self._seen: set[tuple[Value, ...]] = set()
        self._spec = spec
        self._pricing = pricing
        self._ledger = pricing.ledger
        self._validity = Validity(spec)
        self._random = random.Random(0)
        self._cells = {
            column.name: _cells(column, cuts.get(column.name, ())) for column in core.columns
        }

    def add(self, row: dict[str, Value]) -> bool:
        """Return whether a valid row is a new one; it is kept then."""
        key = tuple(row.values())
        if key in self._seen:
            return False
        self._seen.add(key)
        self.rows.append(row)
        return True

    def seek(self, event: Condition | None) -> bool | None:
        """Return whether a valid row makes the event true, and keep one; None if left open."""
        if any(self._ledger.holds(event, row) for row in self.rows):
            return True
        found = self._pricing.find_row([] if event is None else [self._pricing.event(event)])
        if isinstance(found, Undecided):
            return None
        if found is None:
            return False
        self.add(found)
        return True

    def wander(self, steps: int) -> None:
        """Keep the rows met on a walk from each row, one valid change of a cell after the other."""
        names = [name for name, cells in self._cells.items() if len(cells) > 1]
        if not names:
            return
        for start in list(self.rows):
            row = dict(start)
            for _ in range(steps):
                name = self._random.choice(names)
                self._change(row, name, self._random.choice(self._cells[name]))
                self.add(dict(row))

    def lowest(self, amounts: Sequence[Amount], most: int) -> list[dict[str, Value]]:
        """Return those of the latest rows on which the amounts come to least, the least first."""
        latest = self.rows[-_LATEST:]
        totals = [self._ledger.contribution(amounts, row) for row in latest]
        ranked = sorted(range(len(latest)), key=lambda place: (totals[place], place))
        return [latest[place] for place in ranked[:most]]

    def descend(self, row: dict[str, Value], amounts: Sequence[Amount]) -> dict[str, Value]:
        """Return a row to which cell after cell was changed so that the amounts come to less."""
        row = dict(row)
        names = [name for name in amount_columns(amounts, self._spec) if name in self._cells]
        least = self._ledger.contribution(amounts, row)
        for _ in range(_SWEEPS):
            before = least
            for name in names:
                for value in self._cells[name]:
                    kept = row[name]
                    if value == kept or not self._change(row, name, value):
                        continue
                    total = self._ledger.contribution(amounts, row)
                    if total < least:
                        least = total
                    else:
                        row[name] = kept
            if least == before:
                break
        return row

    def _change(self, row: dict[str, Value], name: str, value: Value) -> bool:
        kept = row[name]
        row[name] = value
        if self._validity.allows(row, name, value):
            return True
        row[name] = kept
        return False


def _cells(column: CoreColumn, cuts: Sequence[int]) -> list[Value]:
    """Return the cells worth trying: labels, absences, and numbers on both sides of every cut."""
    cells: list[Value] = []
    if column.may_be_missing:
        cells.append(MISSING)
    if column.may_not_apply:
        cells.append(NOT_APPLICABLE)
    if column.labels:
        return [*(column.labels[index] for index in column.values), *cells]
    scale = 10**column.decimals
    return [*(Fraction(each, scale) for each in _numbers(column, cuts, scale)), *cells]


def _numbers(column: CoreColumn, cuts: Sequence[int], scale: int) -> list[int]:
    ends = column.values.intervals
    if not ends:
        return []
    low, high = ends[0][0], ends[-1][1]
    assert low is not None and high is not None, "a written number has a range"
    if high - low < _LISTED or len(ends) > 1:
        listed = list(column.values)
        if len(listed) <= _LISTED:
            return listed
    tried = {low, high}
    tried.update(cut + step for cut in cuts for step in (-1, 0))
    step = max(1, (high - low) // _SPREAD)
    tried.update(range(low, high + 1, step))
    # A rule may want whole numbers.
    tried.update(
        [each // scale * scale for each in tried], [-(-each // scale) * scale for each in tried]
    )
    return sorted(each for each in tried if each in column.values)
