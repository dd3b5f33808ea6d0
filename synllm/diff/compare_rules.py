"""The rules and missing-together statements of two versions, matched and compared."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from synllm.diff.inquiry import Inquiry
from synllm.diff.match_rules import match_rules
from synllm.diff.model import NOTHING, Change, Detail, PartChange, Presence
from synllm.diff.same_text import same_rule
from synllm.diff.word_changes import details_between, word_incomparable
from synllm.proof.comparison.common_columns import Side
from synllm.spec.core import StatementKind
from synllm.spec.expressions import Condition
from synllm.spec.model import Rule

_WITHOUT_EFFECT = {
    Presence.ADDED: "no patient is refused because of it: all it asks for was asked for already",
    Presence.REMOVED: "no patient is accepted because of it: all it asked for is asked for still",
    Presence.KEPT: "no patient is accepted or refused because of it: other statements decide",
}


def compare_rules(inquiry: Inquiry) -> tuple[PartChange, ...]:
    """Return every rule that was added, removed, renamed or changed, then every group."""
    pairs = match_rules(inquiry)
    changes = [_compare_rule(inquiry, old, new) for old, new in pairs]
    return (*(each for each in changes if each is not None), *_compare_groups(inquiry))


def _compare_rule(inquiry: Inquiry, old: Rule | None, new: Rule | None) -> PartChange | None:
    if old is None or new is None:
        return _compare_lone_rule(inquiry, old, new)
    details = _rule_details(old, new)
    shown = bool(details) or old.name != new.name
    specs = inquiry.specs
    change = PartChange(
        "rule",
        new.name,
        old.name if old.name != new.name else None,
        Presence.KEPT,
        Change.SAME,
        details=details,
        soft=not new.hard,
    )
    if same_rule(old, new, specs[Side.OLD], specs[Side.NEW]) and old.share == new.share:
        return replace(change, reworded=_texts_differ(old, new)) if shown else None
    unclear = inquiry.incomparable_in(Side.OLD, _conditions(old))
    unclear |= inquiry.incomparable_in(Side.NEW, _conditions(new))
    if unclear:
        return replace(change, change=Change.DIFFERENT, note=word_incomparable(unclear))
    if not old.hard and not new.hard:
        return _compare_soft_rules(inquiry, old, new, change)
    refused, admitted = inquiry.compare_statements(_part(old), _part(new))
    changed = Change.of(refused.found, admitted.found)
    change = replace(change, change=changed, refused=refused, admitted=admitted)
    if changed is Change.SAME and old.hard != new.hard:
        return replace(change, note=_WITHOUT_EFFECT[Presence.KEPT])
    if changed is Change.SAME:
        # A rule whose columns changed around it is not worth a line if nothing else did.
        return replace(change, reworded=_texts_differ(old, new)) if shown else None
    return replace(change, note=_WITHOUT_EFFECT[Presence.KEPT]) if change.is_redundant else change


def _compare_lone_rule(inquiry: Inquiry, old: Rule | None, new: Rule | None) -> PartChange:
    rule = new or old
    assert rule is not None
    change = PartChange(
        "rule",
        rule.name,
        None,
        Presence.REMOVED if new is None else Presence.ADDED,
        Change.SAME,
        details=tuple(
            detail
            for detail in _rule_details(old, new)
            if not rule.hard or detail.what != "asked of"
        ),
        soft=not rule.hard,
    )
    if not rule.hard:
        return change
    unclear = inquiry.incomparable_in(Side.OLD if new is None else Side.NEW, _conditions(rule))
    if unclear:
        return replace(change, change=Change.DIFFERENT, note=word_incomparable(unclear))
    refused, admitted = inquiry.compare_statements(
        None if old is None else _part(old), None if new is None else _part(new)
    )
    changed = Change.of(refused.found, admitted.found)
    note = _WITHOUT_EFFECT[change.presence] if changed is Change.SAME else None
    return replace(change, change=changed, refused=refused, admitted=admitted, note=note)


def _compare_soft_rules(
    inquiry: Inquiry, old: Rule, new: Rule, change: PartChange
) -> PartChange | None:
    """Return how the rows that count against a soft rule changed, and how many may."""
    assert old.share is not None and new.share is not None
    refused = admitted = NOTHING
    counted: bool | None = False
    if not same_rule(old, new, inquiry.specs[Side.OLD], inquiry.specs[Side.NEW]):
        first, second = (StatementKind.RULE, old.name), (StatementKind.RULE, new.name)
        refused = inquiry.compare_alone(Side.OLD, first, second, affects=False)
        admitted = inquiry.compare_alone(Side.NEW, second, first, affects=False)
        counted = inquiry.counts_differently(first, second)
        if None in (refused.found, admitted.found, counted):
            inquiry.open_questions[f"which patients count against soft rule `{new.name}`"] = None
    stricter = _either(refused.found, new.share > old.share)
    looser = _either(admitted.found, new.share < old.share)
    changed = Change.of(stricter, looser)
    note = None
    if changed is Change.SAME and counted is not False:
        changed = Change.UNDECIDED if counted is None else Change.DIFFERENT
        note = None if counted is None else "it counts other patients as following it"
    if changed is Change.SAME:
        shown = bool(change.details) or change.old_name is not None
        return replace(change, reworded=_texts_differ(old, new)) if shown else None
    return replace(change, change=changed, refused=refused, admitted=admitted, note=note)


def _compare_groups(inquiry: Inquiry) -> Iterable[PartChange]:
    groups = {
        side: {frozenset(group.columns): group for group in inquiry.specs[side].groups}
        for side in Side
    }
    for columns in dict.fromkeys([*groups[Side.OLD], *groups[Side.NEW]]):
        sides = [groups[side].get(columns) for side in Side]
        if all(sides):
            continue
        parts = [
            None if group is None else (StatementKind.MISSING_TOGETHER, group.name)
            for group in sides
        ]
        group = next(each for each in sides if each is not None)
        change = PartChange(
            "group",
            group.name,
            None,
            Presence.REMOVED if sides[1] is None else Presence.ADDED,
            Change.SAME,
        )
        if inquiry.incomparable.intersection(columns):
            yield replace(change, change=Change.DIFFERENT, note="its columns can't be compared")
            continue
        refused, admitted = inquiry.compare_statements(parts[0], parts[1])
        changed = Change.of(refused.found, admitted.found)
        note = _WITHOUT_EFFECT[change.presence] if changed is Change.SAME else None
        yield replace(change, change=changed, refused=refused, admitted=admitted, note=note)


def _rule_details(old: Rule | None, new: Rule | None) -> tuple[Detail, ...]:
    return details_between(
        None if old is None else _rule_facts(old), None if new is None else _rule_facts(new)
    )


def _rule_facts(rule: Rule) -> dict[str, str]:
    facts = {
        "sentence": rule.sentence,
        "asked of": "every patient" if rule.hard else f"at least {_percent(rule)} of cases",
        "text": " ".join(rule.text.split()),
        "cites": "; ".join(rule.cites),
        "because": rule.because or "",
    }
    return {what: said for what, said in facts.items() if said}


def _percent(rule: Rule) -> str:
    assert rule.share is not None
    return f"{round(float(rule.share * 100), 4):g} %"


def _texts_differ(old: Rule, new: Rule) -> bool:
    return old.text.split() != new.text.split()


def _conditions(rule: Rule) -> tuple[Condition, ...]:
    return (rule.then,) if rule.when is None else (rule.when, rule.then)


def _part(rule: Rule) -> tuple[StatementKind, str] | None:
    """Return the rule as something that refuses rows; a soft rule refuses none."""
    return (StatementKind.RULE, rule.name) if rule.hard else None


def _either(first: bool | None, second: bool) -> bool | None:
    return True if second else first
