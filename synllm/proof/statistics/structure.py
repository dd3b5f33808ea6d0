"""Which parts of a row bear on one another: small groups of cells that can be looked at apart.

A column has two parts, its state (present, missing, not applicable) and its value. Every hard
statement and every bound ties parts together. Groups are the cliques of that graph, made chordal,
and are joined to a tree in which parts shared by two groups occur in all groups between them. A
share of every combination within each group, equal where groups overlap, then makes a distribution
over whole rows: Lauritzen and Spiegelhalter, 1988, "Local computations with probabilities".
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations
from typing import Literal, TypeAlias, assert_never

from synllm.proof.statistics.amounts import Amount
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreSpec,
    Formula,
    Membership,
    Relation,
    term_columns,
)
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.lower import written_columns
from synllm.spec.passes.terms import Scope
from synllm.spec.values import Row, Special

_COUNTED = 50

Part: TypeAlias = tuple[str, Literal["state", "value"]]


@dataclass(frozen=True, slots=True)
class Group:
    """Parts of a row, and the number of the group it hangs on in the tree (None for a root)."""

    parts: frozenset[Part]
    parent: int | None


class Structure:
    """The groups of a spec's parts for some bounds, and the classes that values fall into.

    Two values of a column are in one class where no statement and no event tells them apart.
    """

    def __init__(self, spec: Spec, core: CoreSpec, bounds: Sequence[Sequence[Amount]]) -> None:
        self._spec = spec
        self._core = core
        self._scope = Scope(spec, core.by_name)
        self._cuts: defaultdict[str, set[int]] = defaultdict(set)
        self._exact: set[str] = set()
        self._events: dict[Condition, frozenset[Part]] = {}
        ties = [
            self._tie_statement(each.outcomes.violated) for each in core.statements if each.hard
        ]
        ties += [
            self._tie_statement(each.outcomes.undefined) for each in core.statements if each.hard
        ]
        self.parts_of_bounds = [self._tie_bound(amounts) for amounts in bounds]
        ties += self.parts_of_bounds
        ties += [frozenset(((name, "state"), (name, "value"))) for name in self._absent_columns()]
        used = frozenset[Part]().union(*self.parts_of_bounds) if bounds else frozenset[Part]()
        reached = _reachable(used, ties)
        joined = join_tree([tie & reached for tie in ties if tie & reached])
        # Amounts that look at no part are the same on every row: a group without parts has them.
        self.groups = joined or [Group(frozenset(), None)]
        self.cuts: Mapping[str, Sequence[int]] = {
            name: sorted(cuts) for name, cuts in self._cuts.items()
        }

    def class_of(self, part: Part, row: Row) -> object:
        """Return what a group remembers of a row's part, to agree with another group on it."""
        name, side = part
        value = row[name]
        if isinstance(value, Special):
            return value
        if side == "state":
            return None
        if isinstance(value, str) or name in self._exact:
            return value
        scaled = int(value * 10 ** self._core.by_name[name].decimals)
        return bisect_right(self.cuts.get(name, ()), scaled)

    def blurred(self, name: str, row: Row) -> float | None:
        """Return the number behind a class that can hold several, so that groups agree on means."""
        value = row[name]
        if isinstance(value, Fraction) and name not in self._exact:
            return float(value)
        return None

    def _absent_columns(self) -> Iterable[str]:
        return (
            each.name for each in self._core.columns if each.may_be_missing or each.may_not_apply
        )

    def _tie_statement(self, formula: Formula) -> frozenset[Part]:
        parts, related = self._parts(formula)
        if len({name for name, _ in parts}) > 1:
            self._exact.update(related)
        return parts

    def _tie_bound(self, amounts: Sequence[Amount]) -> frozenset[Part]:
        parts: set[Part] = set()
        for amount in amounts:
            if amount.event is not None:
                parts |= self._event_parts(amount.event)
            if amount.column is not None:
                derivation = self._spec.by_name[amount.column].derivation
                if derivation is None:
                    parts |= self._both(amount.column)
                else:
                    names = written_columns((derivation.formula,), self._spec)
                    self._exact.update(names)
                    parts |= frozenset().union(*(self._both(name) for name in names))
        return frozenset(parts)

    def _event_parts(self, event: Condition) -> frozenset[Part]:
        known = self._events.get(event)
        if known is None:
            known, related = self._parts(split(event, self._scope).true)
            if len({name for name, _ in known}) > 1:
                self._exact.update(related)
            self._events[event] = known
        return known

    def _parts(self, formula: Formula) -> tuple[frozenset[Part], frozenset[str]]:
        """Return the parts that a formula looks at, and the columns it computes with."""
        parts: set[Part] = set()
        related: set[str] = set()
        for each in _literals(formula):
            if isinstance(each, Relation):
                for name in term_columns(each.term):
                    related.add(name)
                    parts |= self._both(name)
                continue
            column = self._core.by_name[each.column]
            if not each.values or each.values == column.values:
                parts |= self._state(each.column)
                continue
            parts |= self._both(each.column)
            if not column.labels:
                for low, high in each.values.intervals:
                    self._cuts[each.column] |= {
                        cut for cut in (low, None if high is None else high + 1) if cut is not None
                    }
        return frozenset(parts), frozenset(related)

    def _both(self, name: str) -> frozenset[Part]:
        return self._state(name) | {(name, "value")}

    def _state(self, name: str) -> frozenset[Part]:
        column = self._core.by_name[name]
        there = column.may_be_missing or column.may_not_apply
        return frozenset({(name, "state")}) if there else frozenset()


def join_tree(ties: Iterable[frozenset[Part]]) -> list[Group]:
    """Return the maximal groups of a chordal graph over the ties, each after its parent.

    Parts are taken out in the order of least fill-in, or of fewest neighbours while there are very
    many.
    """
    near: dict[Part, set[Part]] = {}
    for tie in ties:
        for part in tie:
            near.setdefault(part, set()).update(tie - {part})
    cliques: list[frozenset[Part]] = []
    while near:
        # Counting what a removal fills in takes too long where everything is tied to everything.
        count = _fill if len(near) <= _COUNTED else _degree
        part = min(near, key=lambda each: (count(each, near), len(near[each]), each))
        around = near.pop(part)
        clique = frozenset((part, *around))
        if not any(clique <= other for other in cliques):
            cliques.append(clique)
        for one in around:
            near[one] |= around - {one}
            near[one] -= {part}
    return _hang(cliques)


def _fill(part: Part, near: Mapping[Part, set[Part]]) -> int:
    return sum(two not in near[one] for one, two in combinations(near[part], 2))


def _degree(part: Part, near: Mapping[Part, set[Part]]) -> int:
    return len(near[part])


def _hang(cliques: Sequence[frozenset[Part]]) -> list[Group]:
    """Return the cliques as a forest: each hangs on the one with which it shares the most."""
    groups: list[Group] = []
    remaining = list(cliques)
    placed: list[frozenset[Part]] = []
    while remaining:
        shared, place, clique = max(
            (
                (len(clique & other), place, clique)
                for clique in remaining
                for place, other in enumerate(placed)
            ),
            key=lambda each: each[0],
            default=(0, 0, remaining[0]),
        )
        groups.append(Group(clique, place if shared else None))
        placed.append(clique)
        remaining.remove(clique)
    return groups


def _reachable(start: frozenset[Part], ties: Sequence[frozenset[Part]]) -> frozenset[Part]:
    reached, open_ties = set(start), list(ties)
    grown = True
    while grown:
        grown = False
        for tie in list(open_ties):
            if tie & reached:
                open_ties.remove(tie)
                grown = grown or not tie <= reached
                reached |= tie
    return frozenset(reached)


def _literals(formula: Formula) -> Iterable[Membership | Relation]:
    match formula:
        case Constant():
            return
        case Membership() | Relation():
            yield formula
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            for operand in operands:
                yield from _literals(operand)
        case _:
            assert_never(formula)
