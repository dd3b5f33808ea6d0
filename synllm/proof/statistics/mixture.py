"""Can the figures be those of one table of valid rows? What can't is confirmed exactly.

A table is a mixture of valid rows. The figures can't be true together exactly when there are
weights, none negative, such that on every valid row the weighted sum of the bounds' amounts is
above 0 (Farkas' lemma): then so is its average, while every bound says that it is at most 0.
Weights are suggested by a linear programme over the rows known so far; that no valid row comes to
0 or less is then asked of all rows, in exact numbers. A row that does is one more to mix from
(column generation: Gilmore and Gomory, 1961).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, log10

import z3

from synllm.proof.session import Undecided
from synllm.proof.statistics.amounts import ONE, Amount, Bound, Ratio, combine
from synllm.proof.statistics.pool import Pool
from synllm.proof.statistics.pricing import Pricing
from synllm.proof.statistics.programme import Programme, Suggestion
from synllm.proof.statistics.structure import Structure
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec

_MET = 1e-9
_ROUNDS = 120
_LOWEST = 6
_WIDE = 16
_ROUNDS_IF_WIDE = 6
_ROWS_IF_WIDE = 500
_ROWS_WANTED = 2200
_MOST_STEPS = 100
_WELL_FILLED = Fraction(1, 1_000)
_DENOMINATORS = (60, 10**4, 10**7, 10**11)


@dataclass(frozen=True, slots=True)
class Clash:
    """Bounds that can't hold together, by number, and the confirmed question without a row."""

    bounds: tuple[int, ...]
    question: z3.BoolRef


@dataclass(frozen=True, slots=True)
class LeftOpen:
    """Neither a mixture nor a clash was found with the effort that a check may take."""


class Mixture:
    """The tables that can be mixed from the valid rows of a spec, and the bounds on them.

    `groups` are those that somebody belongs to, `ratios` the shares and means to be asked for.
    """

    def __init__(
        self,
        spec: Spec,
        core: CoreSpec,
        bounds: Sequence[Bound],
        groups: Sequence[Condition],
        ratios: Sequence[Ratio],
        pricing: Pricing,
    ) -> None:
        self.bounds = bounds
        self.pricing = pricing
        self._ledger = pricing.ledger
        self._ratios = {ratio: len(bounds) + 2 * place for place, ratio in enumerate(ratios)}
        self._sums = [bound.amounts for bound in bounds]
        for ratio in ratios:
            self._sums += [(ratio.part,), (ratio.whole,)]
        self._groups = {group: len(self._sums) + 2 * place for place, group in enumerate(groups)}
        for group in groups:
            self._sums += [(Amount(ONE, group),), (Amount(-ONE, group), Amount(_WELL_FILLED))]
        structure = Structure(spec, core, self._sums)
        self._pool = Pool(spec, core, pricing, structure.cuts)
        self._programme = Programme(structure, self._sums, self._ledger)
        widest = max(len(group.parts) for group in structure.groups)
        self._rounds = _ROUNDS if widest <= _WIDE else _ROUNDS_IF_WIDE
        self._lowest = _LOWEST if widest <= _WIDE else 1
        self._rows_wanted = _ROWS_WANTED if widest <= _WIDE else _ROWS_IF_WIDE

    def gather(self) -> bool:
        """Fill the pool with rows; return False where not even one valid row was found."""
        events = (amount.event for amounts in self._sums for amount in amounts)
        for event in dict.fromkeys(events):
            self._pool.seek(event)
        rows = len(self._pool.rows)
        if rows:
            self._pool.wander(min(_MOST_STEPS, self._rows_wanted // rows + 1))
        return rows > 0

    def find_clash(
        self, used: Sequence[int], groups: Sequence[Condition]
    ) -> Clash | LeftOpen | None:
        """Return bounds among those used that can't hold together; None where all can.

        Somebody must belong to each of the groups. That is asked group by group, as there may be
        just one patient in a very long table; but mostly a mixture with many in each is found.
        """
        filled = [self._groups[group] + 1 for group in groups]
        outcome = self._search([*used, *filled], None)
        if not isinstance(outcome, Clash) or not set(filled) & set(outcome.bounds):
            return outcome
        for whole in (None, *(self._groups[group] for group in groups)):
            outcome = self._search(used, whole)
            if outcome is not None:
                return outcome
        return None

    def greatest(
        self, ratio: Ratio, used: Sequence[int], *, digits: int, sign: int = 1
    ) -> Fraction | None:
        """Return a number that the ratio can't exceed, bounds met; None if none was confirmed.

        It is the least such number, rounded up to the digits. With `sign` -1 it is the greatest
        that the ratio can't fall below, rounded down. Some table must meet the bounds.
        """
        place = self._ratios[ratio]
        step = Fraction(1, 10**digits)
        for _ in range(self._rounds):
            self._programme.see(self._pool.rows)
            suggestion = self._programme.greatest_ratio(used, place, sign)
            if suggestion is None:
                return None
            nearest = ceil((Fraction(suggestion.value) - Fraction(_MET)) / step) * step
            # Where the number itself is met, rounded weights may show only the next one.
            for limit in (nearest, nearest + step):
                goal = (ratio.part.times(Fraction(-sign)), ratio.whole.times(limit))
                outcome = self._confirm(used, suggestion, goal, strict=True)
                if not isinstance(outcome, LeftOpen):
                    break
            if isinstance(outcome, LeftOpen):
                return None
            if outcome is not None:
                return limit * sign
        return None

    def _search(self, used: Sequence[int], whole: int | None) -> Clash | LeftOpen | None:
        for _ in range(self._rounds):
            self._programme.see(self._pool.rows)
            suggestion = self._programme.least_violation(used, whole)
            if suggestion.value < _MET:
                return None
            if whole is None:
                outcome = self._confirm(used, suggestion, (), strict=False)
            else:
                # Nowhere below 0, and above it in the group: somebody in it is enough.
                excess = Fraction(suggestion.value / 2).limit_denominator(_DENOMINATORS[-1])
                goal = [each.times(-excess) for each in self._sums[whole]]
                outcome = self._confirm(used, suggestion, goal, strict=True)
            if outcome is not None:
                return outcome
        return LeftOpen()

    def _confirm(
        self,
        used: Sequence[int],
        suggestion: Suggestion,
        goal: Sequence[Amount],
        *,
        strict: bool,
    ) -> Clash | LeftOpen | None:
        """Return the weighted bounds for which no row comes to less; None after a new row."""
        for denominator in _DENOMINATORS:
            weights = _rationalise(used, suggestion, denominator)
            parts = [(weight, self._sums[number]) for number, weight in weights.items()]
            total = combine([*parts, (ONE, goal)])
            if self._descend(total, strict=strict):
                return None
            question = self.pricing.at_most(total, Fraction(0), strict=strict)
            found = self.pricing.find_row([question])
            if found is None:
                return Clash(tuple(weights), question)
            if isinstance(found, Undecided):
                return LeftOpen()
            lower = self._pool.descend(found, total)
            if self._pool.add(found) | self._pool.add(lower):
                return None
        return LeftOpen()

    def _descend(self, total: Sequence[Amount], *, strict: bool) -> bool:
        """Return whether rows came to less than a clash allows, and keep them."""
        new = False
        for row in self._pool.lowest(total, self._lowest):
            lower = self._pool.descend(row, total)
            amount = self._ledger.contribution(total, lower)
            if amount < 0 or (amount == 0 and not strict):
                new = self._pool.add(lower) or new
        return new


def _rationalise(
    used: Sequence[int], suggestion: Suggestion, denominator: int
) -> dict[int, Fraction]:
    """Return the weights that are not nearly nothing, as fractions of bounded denominator.

    The bound's size enters as a power of ten, so that the fraction that remains is a simple one.
    """
    weights: dict[int, Fraction] = {}
    for number, weight, size in zip(used, suggestion.weights, suggestion.sizes, strict=True):
        power = Fraction(10) ** round(log10(size))
        fraction = Fraction(weight * float(power) / size).limit_denominator(denominator)
        if fraction:
            weights[number] = fraction / power
    return weights
