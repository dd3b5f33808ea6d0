"""The row that shows a difference in as few cells as can be.

The cells are such that they can be completed to a row that the one side accepts, while the other
side refuses them whatever the rest of the row holds. A formula of the two-valued logic is monotone
in its literals, and a hidden column makes all of its literals false: so where a statement is broken
with some columns hidden, it is broken however these are filled in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

import z3

from synllm.proof.comparison.common_columns import CommonColumn, Placing, Side
from synllm.proof.comparison.versions import CELLS, Part, Version
from synllm.proof.encode import Encoding
from synllm.proof.session import Cells, Satisfiable, Session, Undecided, Unsatisfiable
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    Formula,
    Membership,
    Relation,
    formula_columns,
)

_HIDDEN = 3
"""A state that no cell has: a column in it makes no literal true."""

_VALUES_TRIED = 4


@dataclass(frozen=True, slots=True)
class Question:
    """Is there a row that agrees with claims and givens, and that a part of a version refuses?"""

    session: Session
    claims: Sequence[int]
    given: Sequence[z3.BoolRef]
    accepting: Side
    refusing: Version
    part: Part
    preferred: Mapping[str, int]
    """Typical common integers by column, for cells whose value does not matter."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that decide whether the part refuses a row."""
        kind, name = self.part
        if kind is CELLS:
            return (name,)
        outcomes = self.refusing.statements[self.part].outcomes
        decisive = formula_columns(outcomes.violated) | formula_columns(outcomes.undefined)
        return tuple(name for name in self.refusing.columns if name in decisive)

    def refused(self, encoding: Encoding | None = None) -> z3.BoolRef:
        """Return where the part refuses a row that the version can record."""
        if self.part[0] is CELLS:
            return z3.Not(self.session.claims[self.refusing.parts[self.part]].expression)
        return self.refusing.breaks(self.part, encoding)


@dataclass(frozen=True, slots=True)
class Shown:
    """A few cells by common key, and one row with them that the one side accepts."""

    cells: Cells
    completed: Cells


def show_difference(question: Question) -> Shown | Undecided | None:
    """Return the fewest cells for which the part alone refuses a row; None where none does.

    Where a question on the way is too hard, there may be more cells than needed.
    """
    session = question.session
    outcome = session.ask(question.claims, [*question.given, question.refused()])
    if isinstance(outcome, Unsatisfiable):
        return None
    if isinstance(outcome, Undecided):
        guessed = _guess(question)
        if guessed is None:
            return outcome
        outcome = guessed
    visible = _fewest_columns(question)
    given = [*question.given, question.refused()]
    if len(visible) < len(question.columns):
        hidden = set(question.columns) - set(visible)
        given = [*question.given, question.refused(_hide(question, hidden))]
        again = session.ask(question.claims, given)
        outcome = again if isinstance(again, Satisfiable) else outcome
    found = _choose_values(question, given, visible, outcome.cells)
    claims, unbroken = [*question.refusing.cells], [z3.Not(question.refused())]
    keys = [question.refusing.columns[name].shared.name for name in visible]
    return Shown(drop_cells(session, claims, unbroken, {key: found[key] for key in keys}), found)


def drop_cells(
    session: Session, claims: Sequence[int], given: Sequence[z3.BoolRef], cells: Cells
) -> Cells:
    """Return cells none of which can be left out: no row with all of them meets the claims."""
    kept = dict(cells)
    for key in cells:
        others = [session.pin(name, cell) for name, cell in kept.items() if name != key]
        if isinstance(session.probe(claims, [*given, *others]), Unsatisfiable):
            del kept[key]
    return kept


def _guess(question: Question) -> Satisfiable | None:
    """Return a row with typical values in other columns, then in half of all, if there is one."""
    decisive = {question.refusing.columns[name].shared.name for name in question.columns}
    typical = list(question.preferred.items())
    half = (len(typical) + 1) // 2
    others = [(key, value) for key, value in typical if key not in decisive]
    for chosen in (others, typical[:half], typical[half:]):
        pins = [question.session.pin(key, value) for key, value in chosen]
        given = [*question.given, question.refused(), *pins]
        outcome = question.session.ask(question.claims, given)
        if isinstance(outcome, Satisfiable):
            return outcome
    return None


def _fewest_columns(question: Question) -> tuple[str, ...]:
    """Return as few of the part's columns as suffice to see that it refuses some row."""
    names = question.columns
    if question.part[0] is CELLS or len(names) < 2:
        return names
    context = question.session.encoding.context
    seen = {name: z3.Bool(f"seen {name}", context) for name in names}
    refused = question.refused(_hide(question, set(names), seen))
    for size in range(1, len(names)):
        few = z3.AtMost(*seen.values(), size)
        given = [*question.given, refused, few]
        if question.session.probe(question.claims, given) is not None:
            continue
        visible = list(names)
        for name in names:
            hidden = [*given, z3.Not(seen[name])]
            if question.session.probe(question.claims, hidden) is None:
                visible.remove(name)
                given = hidden
        return tuple(visible)
    return names


def _hide(
    question: Question, names: set[str], seen: Mapping[str, z3.BoolRef] | None = None
) -> Encoding:
    """Return the version's encoding with columns hidden, or hidden unless they are seen."""
    encoding = question.refusing.encoding
    hidden = z3.IntVal(_HIDDEN, encoding.context)
    states = {
        name: hidden if seen is None else z3.If(seen[name], encoding.states[name], hidden)
        for name in names
    }
    return replace(encoding, states={**encoding.states, **states})


def _choose_values(
    question: Question, given: Sequence[z3.BoolRef], visible: Sequence[str], found: Cells
) -> Cells:
    """Return a row whose visible cells are as close as can be to where the part begins to refuse.

    Cells that no bound limits hold typical values.
    """
    session = question.session
    settled = list(given)
    for name in visible:
        column = question.refusing.columns[name]
        key = column.shared.name
        for value in list(dict.fromkeys(_values_to_try(question, column)))[:_VALUES_TRIED]:
            if found[key] == value:
                break
            answer = session.ask(question.claims, [*settled, session.pin(key, value)])
            if isinstance(answer, Satisfiable):
                found = answer.cells
                break
        settled.append(session.pin(key, found[key]))
    return found


def _values_to_try(question: Question, column: CommonColumn) -> Iterator[int]:
    """Yield common integers at the edge of what the part refuses, then a typical one."""
    placing = column.placings[question.refusing.side]
    if question.part[0] is CELLS:
        yield from column.placings[question.accepting].outside(placing)
    elif not column.shared.labels:
        outcomes = question.refusing.statements[question.part].outcomes
        allowed = placing.own.values.intervals
        outer = (allowed[0][0], allowed[-1][1]) if allowed else (None, None)
        for literal in _memberships(column.name, (outcomes.violated, outcomes.undefined)):
            for low, high in literal.values.intervals:
                for end in (high, low):
                    if end is not None and end not in outer:
                        yield column_integer(placing, end)
        if column.shared.name in question.preferred:
            yield question.preferred[column.shared.name]


def column_integer(placing: Placing, own: int) -> int:
    """Return the common integer of a version's own one."""
    common = placing.to_common(own)
    assert common is not None
    return common


def _memberships(column: str, formulas: Sequence[Formula]) -> Iterator[Membership]:
    for formula in formulas:
        match formula:
            case Membership(column=name):
                if name == column:
                    yield formula
            case Constant() | Relation():
                continue
            case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
                yield from _memberships(column, operands)
            case _:
                assert_never(formula)
