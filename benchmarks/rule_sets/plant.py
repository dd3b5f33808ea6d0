"""Mistakes planted into a drawn rule set: what there is to find, and where."""

from __future__ import annotations

import random

from rule_sets.clinic import Cell, Numbers, complete
from rule_sets.draw import Clinic, at_least, below, conclude, draw_test, keep_if_needed
from rule_sets.rules import Rule, Test

PLANTED_RULES = 9
"""How many rules `plant_mistakes` adds."""

_TRIES = 300


def plant_mistakes(clinic: Clinic, chance: random.Random) -> dict[int, str]:
    """Add rules with mistakes; return the finding that each has, by its place among the rules.

    Of the two rules that deny each other, the finding stands at the first; the rule from which
    another follows through a third has none.
    """
    first, second = _deny_each_other(clinic, chance)
    link, implied = _imply(clinic, chance)
    simple = [
        rule
        for rule in clinic.rules
        if len(rule.then) == 1 and not rule.either and rule not in (first, second, link)
    ]
    copied, stricter, stricter_still = chance.sample(simple, 3)
    potassium = clinic.column("potassium")
    assert isinstance(potassium, Numbers)
    places = {clinic.rules.index(first): "conflict-region"}
    for rule, finding in (
        (implied, "implied-rule"),
        (copied, "duplicate-rule"),
        (_narrow(stricter, clinic, chance), "shadowed-rule"),
        (_narrow(stricter_still, clinic, chance), "shadowed-rule"),
        (_exclude(simple, link, chance), "never-applies-given-others"),
        (Rule((at_least(potassium, 65), below(potassium, 30)), link.then), "never-applies"),
    ):
        places[len(clinic.rules)] = finding
        clinic.rules.append(rule)
    return places


def _deny_each_other(clinic: Clinic, chance: random.Random) -> tuple[Rule, Rule]:
    """Add two rules that deny each other, though no patient is in both conditions yet."""
    while True:
        first = conclude(clinic, _draw_condition(clinic, chance), chance)
        if first is None or len(first.then) > 1 or not keep_if_needed(clinic, first, chance):
            continue
        for _ in range(_TRIES):
            second = _deny(first, clinic, chance)
            if second is not None and keep_if_needed(clinic, second, chance, [first]):
                if _can_meet_both(first, second, clinic, chance):
                    return first, second
                _drop_last(clinic)
        _drop_last(clinic)


def _draw_condition(clinic: Clinic, chance: random.Random) -> tuple[Test, ...]:
    return tuple(draw_test(column, chance) for column in chance.sample(clinic.tested, 2))


def _deny(first: Rule, clinic: Clinic, chance: random.Random) -> Rule | None:
    """Return a rule whose conclusion excludes the first one's, and that all patients obey."""
    (then,) = first.then
    column = then.columns[0]
    when = _draw_condition(clinic, chance)
    about = {name for test in (*when, *first.when) for name in test.names}
    if len(then.columns) > 1 or not isinstance(column, Numbers) or column.name in about:
        return None
    assert isinstance(then.passes, tuple)
    low, high = then.passes
    opposite = at_least(column, high + 1) if low == column.low else below(column, low)
    second = Rule(when, (opposite,))
    met = [row for row in clinic.patients if second.is_met(row)]
    fits = met and not any(first.is_met(row) or second.is_violated(row) for row in met)
    return second if fits else None


def _can_meet_both(first: Rule, second: Rule, clinic: Clinic, chance: random.Random) -> bool:
    """Return whether a row that obeys all other rules was found in both conditions."""
    for _ in range(_TRIES):
        row = dict(chance.choice([each for each in clinic.patients if first.is_met(each)]))
        for test in second.when:
            row[test.columns[0].name] = _passing(test, chance)
        done = complete(row)
        if done is None or not (first.is_met(done) and second.is_met(done)):
            continue
        if all(rule in (first, second) for rule in clinic.broken(done)):
            return True
    return False


def _passing(test: Test, chance: random.Random) -> Cell:
    if isinstance(test.passes, frozenset):
        return chance.choice(sorted(test.passes))
    return chance.randint(*test.passes)


def _drop_last(clinic: Clinic) -> None:
    clinic.rules.pop()
    clinic.breaking.pop()


def _imply(clinic: Clinic, chance: random.Random) -> tuple[Rule, Rule]:
    """Add a rule that goes on from another one's conclusion; return it, and what both imply."""
    while True:
        start = chance.choice(clinic.rules)
        (then, *others) = start.then
        if others or start.either or len(then.columns) > 1 or then.columns[0].missing:
            continue
        link = conclude(clinic, (then,), chance)
        if link is None or any(test.names & then.names for test in start.when):
            continue
        if any(test.names & each.names for test in start.when for each in link.then):
            continue
        if keep_if_needed(clinic, link, chance):
            return link, Rule(start.when, link.then)


def _narrow(rule: Rule, clinic: Clinic, chance: random.Random) -> Rule:
    """Return the rule for some of its patients only."""
    used = {name for test in (*rule.when, *rule.then) for name in test.names}
    while True:
        column = chance.choice([each for each in clinic.columns if each.name not in used])
        narrower = Rule((*rule.when, draw_test(column, chance)), rule.then)
        met = sum(narrower.is_met(row) for row in clinic.patients)
        if 0 < met < sum(rule.is_met(row) for row in clinic.patients):
            return narrower


def _exclude(rules: list[Rule], link: Rule, chance: random.Random) -> Rule:
    """Return a rule about patients whom another rule refuses."""
    about = {name for test in link.then for name in test.names}
    while True:
        rule = chance.choice(rules)
        (then,) = rule.then
        used = {name for test in (*rule.when, then) for name in test.names}
        column = then.columns[0]
        if len(then.columns) > 1 or not isinstance(column, Numbers) or used & about:
            continue
        assert isinstance(then.passes, tuple)
        low, high = then.passes
        beyond = at_least(column, high + 1) if low == column.low else below(column, low)
        return Rule((*rule.when, beyond), link.then)
