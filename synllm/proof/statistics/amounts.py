"""What a figure says, as averages over rows: the terms that every check here is built from.

A table is seen as shares of rows. Then a published share or mean is a bound on averages: that 30 %
have diabetes means that the average of (1 where diabetes, else 0) − 0.30 over all rows is 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from synllm.spec.evaluate import column_value, evaluate_condition
from synllm.spec.expressions import Condition, columns_of
from synllm.spec.model import Spec
from synllm.spec.passes.lower import written_columns
from synllm.spec.values import Row, Truth, Value

ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class Amount:
    """What a row contributes: `factor` times (column − centre) to the `power`, where `event` holds.

    Nothing where the event isn't surely true; without an event every row contributes, without a
    column the factor alone. An event about a column implies that the column has a value.
    """

    factor: Fraction
    event: Condition | None = None
    column: str | None = None
    centre: Fraction = Fraction(0)
    power: int = 1

    def times(self, factor: Fraction) -> Amount:
        """Return the amount scaled."""
        return Amount(self.factor * factor, self.event, self.column, self.centre, self.power)


@dataclass(frozen=True, slots=True)
class Bound:
    """The average over all rows of the sum of the amounts is at most 0.

    `figures` are the places of the statistics that say so, in their block.
    """

    amounts: tuple[Amount, ...]
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share or a mean: the average of one amount divided by that of another."""

    part: Amount
    whole: Amount


@dataclass(frozen=True, slots=True)
class _Known:
    """An event, kept alive so that its identity stays its own, and its outcomes by its cells."""

    event: Condition
    columns: tuple[str, ...]
    outcomes: dict[tuple[Value, ...], bool]


class Ledger:
    """The contributions of rows, remembered: an event is looked at once for the cells it needs."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        # By identity: comparing conditions node by node would take longer than evaluating them.
        self._known: dict[int, _Known] = {}

    def holds(self, event: Condition | None, row: Row) -> bool:
        """Return whether an event is surely true on a row."""
        if event is None:
            return True
        known = self._known.get(id(event))
        if known is None:
            columns = written_columns((event,), self._spec)
            known = self._known[id(event)] = _Known(event, columns, {})
        key = tuple([row[name] for name in known.columns])
        outcome = known.outcomes.get(key)
        if outcome is None:
            outcome = evaluate_condition(event, row, self._spec) is Truth.TRUE
            known.outcomes[key] = outcome
        return outcome

    def contribution(self, amounts: Iterable[Amount], row: Row) -> Fraction:
        """Return the sum of what a row contributes, exactly."""
        total = Fraction(0)
        for amount in amounts:
            if not self.holds(amount.event, row):
                continue
            if amount.column is None:
                total += amount.factor
                continue
            value = column_value(self._spec.by_name[amount.column], row, self._spec)
            assert isinstance(value, Fraction), f"{amount.column} has no value on {row}"
            total += amount.factor * (value - amount.centre) ** amount.power
        return total


def combine(parts: Iterable[tuple[Fraction, Iterable[Amount]]]) -> tuple[Amount, ...]:
    """Return the weighted sum of groups of amounts, like ones collected, none of factor 0."""
    factors: dict[Amount, Fraction] = {}
    for weight, amounts in parts:
        for amount in amounts:
            for piece in _expand(amount.times(weight)):
                key = Amount(Fraction(1), piece.event, piece.column, Fraction(0), piece.power)
                factors[key] = factors.get(key, Fraction(0)) + piece.factor
    return tuple(key.times(factor) for key, factor in factors.items() if factor != 0)


def amount_columns(amounts: Iterable[Amount], spec: Spec) -> tuple[str, ...]:
    """Return the written columns that the amounts depend on."""
    names: dict[str, None] = {}
    for amount in amounts:
        mentioned = () if amount.event is None else columns_of(amount.event)
        for name in (*mentioned, *(() if amount.column is None else (amount.column,))):
            derivation = spec.by_name[name].derivation
            inner = (name,) if derivation is None else written_columns((derivation.formula,), spec)
            names.update(dict.fromkeys(inner))
    return tuple(names)


def _expand(amount: Amount) -> Iterable[Amount]:
    """Yield the amount as multiples of the powers of the column itself."""
    if amount.column is None or amount.centre == 0:
        yield amount
        return
    constant = amount.factor * (-amount.centre) ** amount.power
    yield Amount(constant, amount.event)
    if amount.power == 2:
        yield Amount(-2 * amount.factor * amount.centre, amount.event, amount.column)
    yield Amount(amount.factor, amount.event, amount.column, Fraction(0), amount.power)
