"""Clashes taken apart: rules and ranges as claims of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TypeAlias

import z3

from synllm.proof.claims import name_statement, range_claims, statement_claims
from synllm.proof.session import Claim, Session, Unsatisfiable
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import Interval
from synllm.spec.model import Column, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import CategoryType, IdentifierType, NumberType

_FAR = Fraction(10**12)
_FINER = 2
_ANOTHER_LABEL = "\x00any other"


Question: TypeAlias = Callable[[Session], tuple[Sequence[Claim], Sequence[z3.BoolRef]]]
"""What is asked beyond the spec's own statements: further claims, and what is given."""


def take_apart(
    spec: Spec, core: CoreSpec, budget: int, question: Question
) -> tuple[Session, list[z3.BoolRef]]:
    """Return a session that tracks the claims of a clash, and what is given beside them.

    Claims are the question's own, then every hard statement, then every range. Lowering a spec
    folds its ranges into the rules; here the rules are lowered without them, so that a clash says
    whether a range takes part in it. Where arithmetic without ranges is too hard to show the
    clash, the ranges hold in the background instead of being claims.
    """
    session = Session(lower(relax_ranges(spec)), budget)
    claims, given = question(session)
    everything = session.track(
        [*claims, *statement_claims(spec, session), *range_claims(spec, core, session)]
    )
    if not isinstance(session.probe(everything, given), Unsatisfiable):
        session = Session(core, budget)
        claims, given = question(session)
        session.track([*claims, *statement_claims(spec, session)])
    return session, list(given)


def find_coarse_columns(
    spec: Spec, core: CoreSpec, budget: int, claims: Sequence[Claim]
) -> tuple[str, ...]:
    """Return the columns in clashing claims if the clash ends with more decimals, else ()."""
    session = Session(lower(replace(spec, columns=tuple(map(_refine, spec.columns)))), budget)
    names = {claim.name for claim in claims}
    kept = [claim for claim in statement_claims(spec, session) if claim.name in names]
    if session.probe(session.track(kept), session.every_column_filled()) is not None:
        return ()
    mentioned = {
        name
        for statement in core.statements
        if name_statement(statement) in names
        for name in statement.columns
    }
    return tuple(
        column.name
        for column in spec.columns
        if column.name in mentioned and _refine(column) != column
    )


def relax_ranges(spec: Spec) -> Spec:
    """Return the spec with every written number nearly unbounded and one more label per category.

    The integers of the values that the spec declares stay the same in its CoreSpec.
    """
    return replace(spec, columns=tuple(_relax(column) for column in spec.columns))


def _refine(column: Column) -> Column:
    kind = column.type
    if column.derivation is not None or not isinstance(kind, NumberType) or kind.listed:
        return column
    return replace(column, type=replace(kind, decimals=kind.decimals + _FINER))


def _relax(column: Column) -> Column:
    if column.derivation is not None:
        return column
    match column.type:
        case NumberType() as kind:
            return replace(column, type=replace(kind, interval=Interval(-_FAR, _FAR), listed=()))
        case CategoryType() as kind:
            return replace(column, type=replace(kind, labels=(*kind.labels, _ANOTHER_LABEL)))
        case IdentifierType():
            return column
