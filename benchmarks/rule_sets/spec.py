"""A rule set as the text of a spec."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from rule_sets.clinic import (
    BODY,
    BODY_COLUMNS,
    BODY_DERIVED,
    COLUMNS,
    DERIVED,
    FIXED,
    PLANTED,
    Column,
    Labels,
    draw_patients,
)
from rule_sets.draw import Clinic, draw_rule, keep_if_needed
from rule_sets.plant import PLANTED_RULES, plant_mistakes

_PATIENTS = 150


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The text of a spec, and the findings that it must have, by the rule that each stands at."""

    text: str
    findings: dict[str, str]


def draw_rule_sets(
    sizes: Sequence[int], *, nonlinear: bool = False, seed: int = 1
) -> Iterator[RuleSet]:
    """Yield rule sets with so many rules in all, fixed and planted ones included; each of the
    ascending sizes has the drawn rules of those before and more.
    """
    chance = random.Random(seed)
    columns = (*COLUMNS, *BODY_COLUMNS) if nonlinear else COLUMNS
    fixed = FIXED + BODY if nonlinear else FIXED
    tested = (*columns, *DERIVED, *((BODY_DERIVED,) if nonlinear else ()))
    clinic = Clinic(columns, tested, draw_patients(columns, _PATIENTS, chance))
    for size in sizes:
        wanted = size - fixed.count("\nrule ") - PLANTED_RULES
        while len(clinic.rules) < wanted:
            rule = draw_rule(clinic, chance)
            if rule is not None:
                keep_if_needed(clinic, rule, chance)
        planted = replace(clinic, rules=list(clinic.rules), breaking=list(clinic.breaking))
        places = plant_mistakes(planted, chance)
        yield _write(planted, fixed, places)


def _write(clinic: Clinic, fixed: str, places: Mapping[int, str]) -> RuleSet:
    names = [f"rule_{place + 1}" for place in range(len(clinic.rules))]
    written = [rule.written(name) for rule, name in zip(clinic.rules, names, strict=True)]
    head = "\n".join(_write_column(column) for column in clinic.columns)
    return RuleSet(
        f'synspec 1\n\ntable clinic "A clinic" {{\n{head}\n}}\n{fixed}\n' + "\n".join(written),
        PLANTED | {names[place]: finding for place, finding in places.items()},
    )


def _write_column(column: Column) -> str:
    words = column.name.replace("_", " ")
    if isinstance(column, Labels):
        listed = " < ".join(column.labels) if column.ordered else ", ".join(column.labels)
        kind = f"{'ordered' if column.ordered else 'one of'} {{{listed}}}"
        if column.labels == ("no", "yes"):
            kind = "yes/no"
    else:
        number = f"decimal({column.decimals})" if column.decimals else "integer"
        kind = f"{number} in {column.written(column.low)}..{column.written(column.high)}"
        kind += f" '{column.unit}'" if column.unit else ""
    missing = " may be missing" if column.missing else ""
    applies = " applies when sex is female" if column.name == "pregnant" else ""
    return f'  {column.name} : {kind} "{words.capitalize()}"{missing}{applies}'
