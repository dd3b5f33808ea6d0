"""Rows that show a finding: readable, decoded, and replayed before anyone sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

import z3

from synllm.proof.on_row import is_true
from synllm.proof.session import Cells, Satisfiable, Session
from synllm.spec.cells import write_cell
from synllm.spec.core import CoreColumn, CoreSpec, ValueSet
from synllm.spec.evaluate import broken_statements, column_value, evaluate_rule
from synllm.spec.model import Column, Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType, IdentifierType
from synllm.spec.values import MISSING, UNDEFINED, Special, Value, Verdict

_WIDE = 10


class WitnessMismatchError(AssertionError):
    """The semantics refuses a row that was found: a bug here, never a mistake of the author."""


def choose_readable(
    session: Session,
    claims: Sequence[int],
    given: Sequence[z3.BoolRef],
    found: Cells,
    preferred: Mapping[str, int],
) -> Cells:
    """Return cells that agree with the same claims as those found, and are as preferred as can be.

    Columns are settled one after the other in declared order, so that early ones win.
    """
    typical = [session.pin(name, value) for name, value in preferred.items()]
    at_once = session.ask(claims, [*given, *typical])
    if isinstance(at_once, Satisfiable):
        return at_once.cells
    settled = list(given)
    for name, value in preferred.items():
        wish = session.pin(name, value)
        if found[name] != value:
            match session.ask(claims, [*settled, wish]):
                case Satisfiable(cells=cells):
                    found = cells
                case _:
                    continue
        settled.append(wish)
    return found


def prefer_typical(spec: Spec, core: CoreSpec) -> dict[str, int]:
    """Return each column's typical integer: its median, mean or commonest label where declared.

    Otherwise the middle of its range, or its first label. Columns without any value are left out.
    """
    by_column: defaultdict[str, list[Statistic]] = defaultdict(list)
    for block in spec.statistics:
        for statistic in block.statistics:
            if statistic.where is None and len(statistic.columns) == 1:
                by_column[statistic.columns[0]].append(statistic)
    return {
        column.name: _typical_label(spec.by_name[column.name], column, by_column[column.name])
        if column.labels
        else _typical_number(column, by_column[column.name])
        for column in core.columns
        if column.values
    }


def decode_row(cells: Cells, core: CoreSpec) -> dict[str, Value]:
    """Return the row's values by column name."""
    return {name: _decode(core.by_name[name], cell) for name, cell in cells.items()}


def encode_value(column: CoreColumn, value: Value) -> int | Special:
    """Return the integer of a value, or MISSING or NOT_APPLICABLE.

    Raises ValueError for a value that the column cannot record.
    """
    if isinstance(value, Special):
        if value is UNDEFINED:
            raise ValueError(f"a cell of {column.name} is never undefined")
        return value
    if isinstance(value, str):
        return column.labels.index(value)
    scaled = value * 10**column.decimals
    if column.labels or scaled.denominator != 1:
        raise ValueError(f"{column.name} cannot record {value}")
    return int(scaled)


def replay(cells: Cells, core: CoreSpec, spec: Spec, *, complete: bool = False) -> dict[str, Value]:
    """Return the decoded row, which the semantics accepts as valid (and as filled in).

    Raises WitnessMismatchError where it does not.
    """
    row = decode_row(cells, core)
    broken = list(broken_statements(row, spec))
    if broken:
        raise WitnessMismatchError(f"the row {row} was found valid, but breaks {broken}")
    if complete and MISSING in row.values():
        raise WitnessMismatchError(f"the row {row} was found filled in, but is not")
    return row


def replay_refusals(cells: Cells, core: CoreSpec, spec: Spec) -> dict[str, Value]:
    """Return the decoded row, which the semantics refuses for exactly the core's reasons.

    Raises WitnessMismatchError where a statement, hard or soft, is broken by one and not the other.
    """
    row = decode_row(cells, core)
    bad = (Verdict.VIOLATED, Verdict.UNDEFINED)
    soft = [rule for rule in spec.rules if not rule.hard]
    broken = set(broken_statements(row, spec))
    broken.update(rule.name for rule in soft if evaluate_rule(rule, row, spec) in bad)
    refusing = {
        statement.name
        for statement in core.statements
        if is_true(statement.outcomes.violated, cells)
        or is_true(statement.outcomes.undefined, cells)
    }
    if broken != refusing:
        raise WitnessMismatchError(f"the row {row} breaks {broken}, but was found with {refusing}")
    return row


def show_row(row: Mapping[str, Value], spec: Spec) -> tuple[tuple[str, str], ...]:
    """Return (column, cell) pairs in the file's codes, derived columns computed."""
    shown: list[tuple[str, str]] = []
    for column in spec.columns:
        if isinstance(column.type, IdentifierType):
            continue
        value = column_value(column, row, spec)
        shown.append((column.name, "" if value is UNDEFINED else write_cell(column, value)))
    return tuple(shown)


def _decode(column: CoreColumn, cell: int | Special) -> Value:
    if isinstance(cell, Special):
        return cell
    if not column.labels:
        return Fraction(cell, 10**column.decimals)
    if not 0 <= cell < len(column.labels):
        raise WitnessMismatchError(f"{column.name} has no label number {cell}")
    return column.labels[cell]


def _typical_label(column: Column, core_column: CoreColumn, statistics: list[Statistic]) -> int:
    """Return the commonest label; without shares the first one, or `no` of yes and no."""
    shares = {s.at: s.value.value for s in statistics if s.kind is StatisticKind.SHARE}
    labels = core_column.labels
    undeclared = [label for label in labels if label not in shares]
    rest = (1 - sum(shares.values(), Fraction(0))) / max(1, len(undeclared))
    shares.update(dict.fromkeys(undeclared, rest))
    yes_no = isinstance(column.type, CategoryType) and column.type.yes_no
    ranked = sorted(core_column.values, key=lambda index: (-shares[labels[index]], index))
    return ranked[0] if len(undeclared) < len(labels) or not yes_no else ranked[-1]


def _typical_number(column: CoreColumn, statistics: list[Statistic]) -> int:
    """Return the median, else the mean, else the middle of the range; whole in a wide range."""
    figures = {s.kind: s.value.value for s in statistics}
    low, high = column.values.intervals[0][0], column.values.intervals[-1][1]
    unit = 10**column.decimals
    middle = Fraction(0) if low is None or high is None else Fraction(low + high, 2 * unit)
    target = figures.get(StatisticKind.MEDIAN, figures.get(StatisticKind.MEAN, middle))
    if low is None or high is None or high - low >= _WIDE * unit:
        target = Fraction(round(target))
    return _nearest(column.values, target * unit)


def _nearest(values: ValueSet, target: Fraction) -> int:
    """Return the member nearest to the target, the lower one of two."""
    candidates: list[int] = []
    for low, high in values.intervals:
        inside = round(target)
        inside = inside if low is None else max(low, inside)
        candidates.append(inside if high is None else min(high, inside))
    return min(candidates, key=lambda value: (abs(value - target), value))
