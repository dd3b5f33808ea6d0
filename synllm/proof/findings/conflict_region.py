"""conflict-region: unsatisfiable exactly when two rules with a column in both conclusions hold on
one row within the declared ranges, where their conditions are surely true.

Only told where the conditions are both met by a row that obeys all the other statements, each
conclusion can be true there without the other, and all statements tied to the two can be obeyed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import body_of, list_names
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.spec.core import AllOf, AnyOf, Formula, Membership, formula_columns


@dataclass(frozen=True, slots=True)
class _Conflict:
    """Two rules that refuse everyone whom both are about, and such a patient."""

    left: RuleCase
    right: RuleCase
    patient: tuple[tuple[str, str], ...]

    def turned(self) -> _Conflict:
        return _Conflict(self.right, self.left, self.patient)


def find_conflict_regions(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each two rules that between them refuse everyone whom both are about.

    Where one rule is in conflict with several others, that is one finding.

    The patient shown meets both conditions; every other statement allows them, and the first of
    the two does if it can.
    """
    by_column: dict[str, list[RuleCase]] = {}
    required: dict[int, Mapping[str, Membership]] = {}
    ways: dict[int, tuple[Mapping[str, Membership], ...]] = {}
    for case in inquiry.rules:
        if not case.rule.hard or case.rule.name in told.rules:
            continue
        required[case.index] = _literals(case.when.true)
        ways[case.index] = tuple(_list_ways(case.then.true, inquiry))
        for name in sorted(formula_columns(case.then.true) | formula_columns(case.then.false)):
            by_column.setdefault(name, []).append(case)
    pairs = {
        (left.index, right.index): (left, right)
        for cases in by_column.values()
        for left, right in combinations(cases, 2)
        if left.own or right.own
    }
    conflicts: list[_Conflict] = []
    for key in sorted(pairs):
        left, right = pairs[key]
        if frozenset(key) in told.pairs or left.rule.when is right.rule.when is None:
            continue
        if _disjoint(required[left.index], required[right.index]):
            continue
        conditions = formula_columns(left.when.true) | formula_columns(right.when.true)
        if _go_together(ways[left.index], ways[right.index], conditions):
            continue
        if told.is_consequence(key):
            continue
        conflict = _find_conflict(left, right, inquiry)
        if conflict is not None:
            told.tell(_report([conflict]), key)
            conflicts.append(conflict)
    yield from map(_report, _gather(conflicts))


def _find_conflict(left: RuleCase, right: RuleCase, inquiry: Inquiry) -> _Conflict | None:
    if not left.own:  # what stands in a library is not what the reader came to mend
        left, right = right, left
    question = f"rule `{left.rule.name}` and rule `{right.rule.name}` can both be met"
    met = inquiry.all_of(left.when.true, right.when.true)
    both = inquiry.all_of(met, left.then.true, right.then.true)
    if inquiry.possible(both, question, ()) is not False:
        return None
    for one in (left, right):
        if inquiry.possible(inquiry.all_of(met, one.then.true), question, ()) is not True:
            return None
    pair = (left.index, right.index)
    columns = (name for index in pair for name in inquiry.statement(index).columns)
    others = inquiry.hard - set(pair)
    if not inquiry.is_sound(columns) or inquiry.possible(met, question, others) is not True:
        return None
    obeying_left = inquiry.example(inquiry.all_of(met, left.then.true), others)
    patient = obeying_left or inquiry.example(met, others)
    return None if patient is None else _Conflict(left, right, inquiry.patient(patient))


def _gather(conflicts: Sequence[_Conflict]) -> Iterator[list[_Conflict]]:
    """Yield the conflicts, those of one rule with several others together, it being named first."""
    left = list(conflicts)
    while left:
        uses = Counter(case.index for each in left for case in (each.left, each.right))
        shared = max(uses, key=lambda index: (uses[index], -index))
        if uses[shared] == 1:
            yield from ([each] for each in left)
            return
        star = [each for each in left if shared in (each.left.index, each.right.index)]
        left = [each for each in left if each not in star]
        yield [each if each.left.index == shared else each.turned() for each in star]


def _report(star: Sequence[_Conflict]) -> Diagnostic:
    first = star[0].left
    names = [f"rule `{each.right.rule.name}`" for each in star]
    together = names[0] if len(names) == 1 else f"each of {list_names(names, 'and')}"
    return report(
        "conflict-region",
        f"rule `{first.rule.name}` and {together} refuse every patient whom both are about: their "
        "conclusions can't both hold",
        body_of(first.rule),
        f"rule `{first.rule.name}`: {first.rule.sentence}",
        also=[
            (body_of(case.rule), f"rule `{case.rule.name}`: {case.rule.sentence}")
            for case in (each.right for each in star)
        ],
        fix="narrow one of the conditions; if there are no such patients, write "
        '`allow conflict-region because "…"` under one of the rules',
        witness=star[0].patient,
    )


def _go_together(
    left: Sequence[Mapping[str, Membership]],
    right: Sequence[Mapping[str, Membership]],
    conditions: frozenset[str],
) -> bool:
    """Return whether two conclusions can surely both hold wherever their conditions are met.

    They can where one way to meet each is about columns of neither condition, and both agree.
    """
    return any(
        not conditions & (one.keys() | other.keys()) and not _disjoint(one, other)
        for one in left
        for other in right
    )


def _list_ways(formula: Formula, inquiry: Inquiry) -> Iterator[Mapping[str, Membership]]:
    """Yield the ways to meet a conclusion that are nothing but values of columns."""
    for way in formula.operands if isinstance(formula, AnyOf) else (formula,):
        within = inquiry.all_of(way)
        literals = _literals(within)
        count = len(within.operands) if isinstance(within, AllOf) else 1
        if len(literals) == count and all(each.values for each in literals.values()):
            yield literals


def _literals(formula: Formula) -> Mapping[str, Membership]:
    """Return the single-column tests that a formula requires, by column."""
    operands = formula.operands if isinstance(formula, AllOf) else (formula,)
    return {each.column: each for each in operands if isinstance(each, Membership)}


def _disjoint(left: Mapping[str, Membership], right: Mapping[str, Membership]) -> bool:
    """Return whether some column's values alone keep two conditions apart."""
    return any(
        not literal.values.intersect(other.values)
        and not (literal.missing and other.missing)
        and not (literal.not_applicable and other.not_applicable)
        for name, literal in left.items()
        if (other := right.get(name)) is not None
    )
