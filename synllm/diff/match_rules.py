"""Which rule of the new version is which rule of the old one: by name, else by meaning."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TypeAlias

from synllm.diff.inquiry import Inquiry
from synllm.diff.same_text import same_rule
from synllm.proof.comparison.common_columns import Side
from synllm.spec.core import StatementKind
from synllm.spec.model import Rule

Pair: TypeAlias = tuple[Rule | None, Rule | None]


def match_rules(inquiry: Inquiry) -> list[Pair]:
    """Return the rules in pairs, in the new version's order; removed ones come last.

    Rules of one name belong together, however different. A rule whose name is gone is the one of
    the new names that comes out the same on every row that both versions can record; among several,
    the one whose text is closest.
    """
    old = {rule.name: rule for rule in inquiry.specs[Side.OLD].rules}
    new = {rule.name: rule for rule in inquiry.specs[Side.NEW].rules}
    gone = [rule for name, rule in old.items() if name not in new]
    come = [rule for name, rule in new.items() if name not in old]
    renamed = _match_by_meaning(gone, come, inquiry)
    earlier = set(renamed.values())
    return [
        *(
            (old.get(rule.name) or old.get(renamed.get(rule.name, "")), rule)
            for rule in new.values()
        ),
        *((rule, None) for rule in gone if rule.name not in earlier),
    ]


def _match_by_meaning(gone: list[Rule], come: list[Rule], inquiry: Inquiry) -> dict[str, str]:
    """Return the old name of each new rule that is a renamed one."""
    candidates = sorted(
        ((_likeness(old, new), old, new) for old in gone for new in come),
        key=lambda candidate: -candidate[0],
    )
    renamed: dict[str, str] = {}
    for _, old, new in candidates:
        if new.name in renamed or old.name in renamed.values():
            continue
        if _mean_the_same(old, new, inquiry):
            renamed[new.name] = old.name
    return renamed


def _likeness(old: Rule, new: Rule) -> float:
    before, after = (" ".join((rule.text, rule.sentence, rule.name)) for rule in (old, new))
    return SequenceMatcher(None, before, after, autojunk=False).ratio()


def _mean_the_same(old: Rule, new: Rule, inquiry: Inquiry) -> bool:
    if old.hard != new.hard:
        return False
    if same_rule(old, new, inquiry.specs[Side.OLD], inquiry.specs[Side.NEW]):
        return True
    parts = (StatementKind.RULE, old.name), (StatementKind.RULE, new.name)
    first, second = (
        set(inquiry.statements[side][part].columns) for side, part in zip(Side, parts, strict=True)
    )
    # Rules about other columns agree only where neither ever says a thing.
    if first != second or inquiry.incomparable & first:
        return False
    return inquiry.mean_the_same(*parts)
