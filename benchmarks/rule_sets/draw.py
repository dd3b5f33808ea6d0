"""Rules drawn at random, kept where they fit together and each of them is needed.

A rule is kept only where every patient of the clinic obeys it, one of them is in its condition,
and one more row breaks it and no other rule: so no drawn rule clashes with others, never applies
or can go.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rule_sets.clinic import COMPUTED, Cell, Column, Labels, Numbers, Row, complete
from rule_sets.rules import Rule, Test

_STEPS = 24
_TRIES = 10
_SUMS = (("drugs", "admissions"), ("systolic", "diastolic"), ("admissions", "pain_score"))


@dataclass(slots=True)
class Clinic:
    """Columns, the patients who obey every rule, and the rules so far.

    `breaking` are rows that break one rule and no other: what that rule is needed for.
    """

    columns: tuple[Column, ...]
    tested: tuple[Column, ...]
    patients: list[Row]
    rules: list[Rule] = field(default_factory=list)
    breaking: list[Row] = field(default_factory=list)

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.tested if column.name == name)

    def broken(self, row: Row) -> list[Rule]:
        """Return the rules that the row violates."""
        return [rule for rule in self.rules if rule.is_violated(row)]


def draw_rule(clinic: Clinic, chance: random.Random) -> Rule | None:
    """Return a rule that all patients obey and one is in the condition of, or None."""
    count = chance.choices((1, 2, 3), (4, 5, 1))[0]
    when = tuple(draw_test(each, chance) for each in chance.sample(clinic.tested, count))
    either = count == 2 and chance.random() < 0.15
    return conclude(clinic, when, chance, either=either)


def conclude(
    clinic: Clinic, when: tuple[Test, ...], chance: random.Random, *, either: bool = False
) -> Rule | None:
    """Return a rule with that condition and a conclusion that its patients obey, or None."""
    condition = Rule(when, (), either)
    met = [row for row in clinic.patients if condition.is_met(row)]
    free = [
        column
        for column in clinic.columns
        if column.name not in COMPUTED and all(column.name not in test.names for test in when)
    ]
    if not met:
        return None
    form = chance.random()
    if form < 0.1:
        pair = [column for column in free if column.name in chance.choice(_SUMS)]
        then = _bound_sum(pair, met, chance)
    elif form < 0.3:
        then = _either_of(chance.sample(free, 2), met, chance)
    else:
        then = _bound(chance.choice(free), met, chance)
    return Rule(when, then, either) if then else None


def draw_test(column: Column, chance: random.Random) -> Test:
    """Return a test of the column as a condition states it."""
    if isinstance(column, Labels):
        return _draw_label_test(column, chance)
    step = max((column.high - column.low) // _STEPS, 1)
    low = column.low + step * chance.randint(_STEPS // 4, _STEPS - _STEPS // 4)
    form = chance.random()
    if form < 0.4:
        return at_least(column, low)
    if form < 0.8:
        return below(column, low)
    high = low + step * chance.randint(3, 6)
    text = f"{column.name} in {column.written(low)}..<{column.written(high)}"
    return Test((column,), (low, high - 1), text)


def at_least(column: Numbers, value: int) -> Test:
    """Return the test that a number is at least the value."""
    text = f"{column.name} >= {column.written(value)}"
    return Test((column,), (value, column.high), text)


def below(column: Numbers, value: int) -> Test:
    """Return the test that a number is less than the value."""
    return Test((column,), (column.low, value - 1), f"{column.name} < {column.written(value)}")


def keep_if_needed(
    clinic: Clinic, rule: Rule, chance: random.Random, beside: Sequence[Rule] = ()
) -> bool:
    """Add a rule, and return True, where it is needed and denies none that is `beside` others."""
    if any(rule.is_violated(row) for row in (*clinic.patients, *clinic.breaking)):
        return False
    if any(_may_deny(rule, other, clinic) for other in clinic.rules if other not in beside):
        return False
    breaking = find_breaking(clinic, rule, chance)
    if breaking is None:
        return False
    clinic.rules.append(rule)
    clinic.breaking.append(breaking)
    return True


def find_breaking(clinic: Clinic, rule: Rule, chance: random.Random) -> Row | None:
    """Return a row that breaks the rule and none of the clinic's, or None."""
    met = [row for row in clinic.patients if rule.is_met(row)]
    for _ in range(_TRIES if met else 0):
        row = dict(chance.choice(met))
        for test in rule.then:
            for column in test.columns:
                row[column.name] = _failing(column, test, chance)
        done = complete(row)
        if done is not None and rule.is_violated(done) and not clinic.broken(done):
            return done
    return None


def _failing(column: Column, test: Test, chance: random.Random) -> Cell:
    if isinstance(test.passes, frozenset):
        assert isinstance(column, Labels)
        return chance.choice([label for label in column.labels if label not in test.passes])
    assert isinstance(column, Numbers)
    if len(test.columns) > 1:
        return column.high
    low, high = test.passes
    below_it, above_it = range(column.low, low), range(high + 1, column.high + 1)
    return chance.choice([*below_it, *above_it]) if below_it or above_it else low


def _may_deny(rule: Rule, other: Rule, clinic: Clinic) -> bool:
    """Return whether two conclusions exclude each other where both conditions may be met."""
    if not any(_excludes(left, right) for left in rule.then for right in other.then):
        return False
    if any(rule.is_met(row) and other.is_met(row) for row in clinic.patients):
        return False
    apart = not rule.either and not other.either
    return not (apart and any(_excludes(left, right) for left in rule.when for right in other.when))


def _excludes(left: Test, right: Test) -> bool:
    if not left.names & right.names:
        return False
    if isinstance(left.passes, frozenset) and isinstance(right.passes, frozenset):
        return not left.passes & right.passes
    if isinstance(left.passes, frozenset) or isinstance(right.passes, frozenset):
        return False
    if left.names != right.names:
        return True
    return left.passes[0] > right.passes[1] or right.passes[0] > left.passes[1]


def _draw_label_test(column: Labels, chance: random.Random) -> Test:
    labels = column.labels
    if column.ordered:
        place = chance.randint(1, len(labels) - 1)
        upper = chance.random() < 0.5
        passes = labels[place:] if upper else labels[:place]
        sign = ">=" if upper else "<"
        return Test((column,), frozenset(passes), f"{column.name} {sign} {labels[place]}")
    if len(labels) > 3 and chance.random() < 0.4:
        return _is_in(column, chance.sample(labels, 2))
    return _is_in(column, [chance.choice(labels)])


def _is_in(column: Labels, labels: Iterable[str]) -> Test:
    passes = frozenset(labels)
    listed = [label for label in column.labels if label in passes]
    text = f"is {listed[0]}" if len(listed) == 1 else f"in {{{', '.join(listed)}}}"
    return Test((column,), passes, f"{column.name} {text}")


def _bound(column: Column, met: Sequence[Row], chance: random.Random) -> tuple[Test, ...]:
    """Return the tightest round test that all these patients pass; empty where all would."""
    seen = [row[column.name] for row in met if row[column.name] is not None]
    if not seen:
        return ()
    if isinstance(column, Labels):
        labels = frozenset(cell for cell in seen if isinstance(cell, str))
        return (_is_in(column, labels),) if len(labels) < len(column.labels) else ()
    numbers = [cell for cell in seen if isinstance(cell, int)]
    step = max((column.high - column.low) // _STEPS, 1)
    low = column.low + (min(numbers) - column.low) // step * step
    high = column.low + -(-(max(numbers) - column.low) // step) * step
    choices = [at_least(column, low)] if low > column.low else []
    if high < column.high:
        text = f"{column.name} <= {column.written(high)}"
        choices.append(Test((column,), (column.low, high), text))
    return (chance.choice(choices),) if choices else ()


def _either_of(
    columns: Sequence[Column], met: Sequence[Row], chance: random.Random
) -> tuple[Test, ...]:
    """Return two tests of which each of these patients passes one, and needs one or the other."""
    first = draw_test(columns[0], chance)
    others = [row for row in met if first.is_true(row) is not True]
    second = _bound(columns[1], others, chance)
    return (first, *second) if second and len(others) < len(met) else ()


def _bound_sum(
    columns: Sequence[Column], met: Sequence[Row], chance: random.Random
) -> tuple[Test, ...]:
    left, right = columns if len(columns) == 2 else (None, None)
    if not isinstance(left, Numbers) or not isinstance(right, Numbers):
        return ()
    open_sum = Test((left, right), (0, 0), "")
    sums = [
        sum(cell for name in open_sum.names if isinstance(cell := row[name], int))
        for row in met
        if open_sum.is_true(row) is not None
    ]
    if not sums or max(sums) >= left.high + right.high:
        return ()
    most = max(sums)
    text = f"{left.name} + {right.name} <= {most}"
    return (Test((left, right), (left.low + right.low, most), text),)
