"""What each of two versions demands of a common row, as claims of one session."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import z3

from synllm.diagnostics.source import NOWHERE
from synllm.proof.comparison.common_columns import CommonColumn, Placing, Side
from synllm.proof.encode import (
    ABSENT,
    INAPPLICABLE,
    PRESENT,
    Encoding,
    all_of,
    any_of,
    encode_formula,
    encode_values,
)
from synllm.proof.session import Claim, Session
from synllm.spec.core import CoreSpec, Statement, StatementKind

CELLS: Literal["cells"] = "cells"
_NO_LABEL = -1

Part: TypeAlias = tuple[StatementKind | Literal["cells"], str]
"""One part of a spec that can refuse a row: a hard statement, or what a column's cells may be."""


@dataclass(frozen=True, slots=True)
class Version:
    """One version's claims by their parts, and its reading of the common columns.

    `parts` has a claim's number for each part that can refuse a common row; parts of both versions
    that say the same share one. `statements` are all, the soft ones too.
    """

    side: Side
    columns: Mapping[str, CommonColumn]
    statements: Mapping[Part, Statement]
    encoding: Encoding
    parts: Mapping[Part, int]

    @property
    def everything(self) -> list[int]:
        """The claims of a row that the version accepts."""
        return list(dict.fromkeys(self.parts.values()))

    @property
    def cells(self) -> list[int]:
        """The claims of a row whose cells the version can record."""
        return [number for (kind, _), number in self.parts.items() if kind is CELLS]

    def breaks(self, part: Part, encoding: Encoding | None = None) -> z3.BoolRef:
        """Return where a statement is violated or undefined; `encoding` may hide columns."""
        outcomes = self.statements[part].outcomes
        reading = encoding or self.encoding
        bad = (outcomes.violated, outcomes.undefined)
        return any_of([encode_formula(each, reading) for each in bad], reading)


def open_session(
    columns: Sequence[CommonColumn], cores: Mapping[Side, CoreSpec], budget: int
) -> tuple[Session, Mapping[Side, Version]]:
    """Return a session over common rows, and both versions' claims in it."""
    shared = CoreSpec("both versions", tuple(column.shared for column in columns), ())
    session = Session(shared, budget)
    said: dict[object, int] = {}
    return session, {side: _state(side, columns, cores[side], session, said) for side in Side}


def _state(
    side: Side,
    columns: Sequence[CommonColumn],
    core: CoreSpec,
    session: Session,
    said: dict[object, int],
) -> Version:
    own = {column.name: column for column in columns if side in column.placings}
    encoding = Encoding(
        session.encoding.context,
        {name: _read_value(column, side, session.encoding) for name, column in own.items()},
        {name: session.encoding.states[column.shared.name] for name, column in own.items()},
    )
    statements: dict[Part, Statement] = {
        (statement.kind, statement.name): statement for statement in core.statements
    }
    version = Version(side, own, statements, encoding, parts={})
    parts: dict[Part, int] = {}
    for name, column in own.items():
        placing = column.placings[side]
        if _can_refuse(placing, column):
            recordable = _recordable(placing, column, session, encoding)
            (parts[CELLS, name],) = session.track([_claim(name, recordable)])
    for part, statement in statements.items():
        if not statement.hard:
            continue
        readings = (_reading(own[name], side) for name in statement.columns)
        outcomes = statement.outcomes
        key = (outcomes.violated, outcomes.undefined, *readings)
        if key not in said:
            met = z3.Not(version.breaks(part))
            (said[key],) = session.track([_claim(statement.name, met)])
        parts[part] = said[key]
    return replace(version, parts=parts)


def _claim(name: str, expression: z3.BoolRef) -> Claim:
    return Claim(name, name, NOWHERE, expression)


def _reading(column: CommonColumn, side: Side) -> object:
    """Return what tells apart two versions' readings of a column."""
    placing = column.placings[side]
    plain = placing.is_plain
    return column.shared.name, None if plain else (placing.factor, placing.offset, placing.places)


def _read_value(column: CommonColumn, side: Side, encoding: Encoding) -> z3.ArithRef:
    """Return the version's own integer of a common one that it knows."""
    placing, number = column.placings[side], encoding.values[column.shared.name]
    if placing.is_plain:
        return number
    if not placing.places:
        # z3 rounds down, as divisors are positive; only multiples are ever the version's own.
        return (number - placing.offset) / placing.factor
    own = z3.IntVal(_NO_LABEL, encoding.context)
    for index, place in enumerate(placing.places):
        if place is not None:
            own = z3.If(number == index, z3.IntVal(place, encoding.context), own)
    return own


def _can_refuse(placing: Placing, column: CommonColumn) -> bool:
    own, shared = placing.own, column.shared
    return (
        placing.factor > 1
        or placing.hull() != shared.values
        or own.may_be_missing != shared.may_be_missing
        or own.may_not_apply != shared.may_not_apply
    )


def _recordable(
    placing: Placing, column: CommonColumn, session: Session, encoding: Encoding
) -> z3.BoolRef:
    """Return whether a cell is one that the version's column can hold."""
    number = session.encoding.values[column.shared.name]
    state = session.encoding.states[column.shared.name]
    member = [encode_values(placing.hull(), number, encoding)]
    if placing.factor > 1:
        own = encode_values(placing.own.values, encoding.values[column.name], encoding)
        member = [(number - placing.offset) % placing.factor == 0, own]
    allowed = [z3.Implies(state == PRESENT, all_of(member, encoding))]
    if not placing.own.may_be_missing:
        allowed.append(state != ABSENT)
    if not placing.own.may_not_apply:
        allowed.append(state != INAPPLICABLE)
    return all_of(allowed, encoding)
