"""How often a rule's condition is surely met, counted by a companion statement of the rule.

A rule is undecided where its conclusion is unknown, and also where it is unknown whether its
condition is met. Only the former rows bear on its support, so reports tell the two apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from synllm.spec.model import Rule, Spec
from synllm.validate.statements import Stated


@dataclass(frozen=True, slots=True)
class WithConditions:
    """A spec with a companion for each rule that has a condition, by the companion's name."""

    spec: Spec
    rule_of: Mapping[str, str]


def add_conditions(spec: Spec) -> WithConditions:
    """Return the spec with a statement "the condition is met" for each rule that has one.

    The companions come last and are soft: no row can break them.
    """
    companions: list[Rule] = []
    rule_of: dict[str, str] = {}
    for rule in spec.rules:
        if rule.when is not None:
            # No rule of an author has a space in its name.
            name = f"condition of {rule.name}"
            companions.append(
                replace(rule, name=name, when=None, then=rule.when, share=Fraction(0))
            )
            rule_of[name] = rule.name
    return WithConditions(replace(spec, rules=(*spec.rules, *companions)), rule_of)


def pair_conditions(stated: tuple[Stated, ...], rule_of: Mapping[str, str]) -> dict[int, int]:
    """Return for each rule's place among the statements the place of its companion."""
    places = {
        each.subject.name: place
        for place, each in enumerate(stated)
        if isinstance(each.subject, Rule)
    }
    return {places[rule]: places[companion] for companion, rule in rule_of.items()}
