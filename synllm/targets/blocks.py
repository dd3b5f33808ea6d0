"""The cases of a block: which cells its columns may hold together, as few disjoint boxes.

Missing-together groups, `applies when` conditions and the hard rules that stay inside one block
become a list of cases; in a case every column's cells are free of the others'.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from synllm.rowspace.cell_set import (
    MISSING_CELL,
    NOT_APPLICABLE_CELL,
    CellSet,
    cells_of_membership,
)
from synllm.rowspace.diagram import Diagram
from synllm.rowspace.domains import (
    Domains,
    StatementKey,
    broken_formula,
    key_of,
    with_relations_solved,
)
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreSpec,
    Formula,
    Membership,
    Relation,
    Statement,
    StatementKind,
    formula_columns,
)

MOST_CASES = 64
"""More cases than this are left to checking after: the grammar would grow out of hand."""

UNSURE_READING = "it is about a cell whose code means not applicable or something else"

_MOST_EFFORT = 1_000_000
"""Looking at more literals than this would take seconds."""

Case: TypeAlias = tuple[CellSet, ...]


@dataclass(frozen=True, slots=True)
class BlockCases:
    """A block's columns, the disjoint cases that they may be in, and what that enforces.

    Each case gives one set of cells per column. `weaker` gives, for each hard statement inside the
    block that the cases do not enforce, the reason.
    """

    columns: tuple[str, ...]
    cases: tuple[Case, ...]
    enforced: frozenset[StatementKey]
    weaker: Mapping[StatementKey, str]


@dataclass(frozen=True, slots=True)
class _Condition:
    """What a case must not do: make `broken` true, or not make `holds` true where `absent` is
    not applicable (a cell with that code is read so only where the condition is surely false).
    """

    statement: Statement
    broken: Formula
    holds: Formula
    absent: str | None
    literals: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class _Class:
    """Cells of one column that no condition tells apart, and the ids of the literals they make
    true.
    """

    cells: CellSet
    true: frozenset[int]


def block_cases(
    columns: tuple[str, ...], core: CoreSpec, domains: Domains, shared_codes: frozenset[str]
) -> BlockCases:
    """Return the cases of a block; statements that do not fit are given up, rules first.

    `shared_codes` are the columns whose not-applicable code is also a missing code or a value's.
    """
    weaker: dict[StatementKey, str] = {}
    conditions: list[_Condition] = []
    for statement in core.statements:
        names = formula_columns(broken_formula(statement))
        if not statement.hard or len(names) < 2 or not names <= frozenset(columns):
            continue
        condition = _condition(statement, core, shared_codes)
        if condition is None:
            weaker[key_of(statement)] = "it compares or computes with several columns' numbers"
        else:
            conditions.append(condition)
    for kinds in _ATTEMPTS:
        wanted = [each for each in conditions if each.statement.kind in kinds]
        kept = _readable(wanted, shared_codes)
        weaker |= {key_of(each.statement): UNSURE_READING for each in wanted if each not in kept}
        cases = _enumerate(columns, domains, kept)
        if cases is not None and 0 < len(cases) <= MOST_CASES:
            break
        reason = (
            "no combination of cells obeys it together with its neighbours"
            if cases == ()
            else f"it would take more than {MOST_CASES} cases in the grammar"
        )
        weaker |= {key_of(each.statement): reason for each in kept}
    else:
        raise AssertionError("a block without conditions is a single case")
    enforced = frozenset(key_of(each.statement) for each in kept)
    return BlockCases(
        columns,
        cases,
        enforced,
        {key: reason for key, reason in weaker.items() if key not in enforced},
    )


def diagram_cases(part: Diagram, core: CoreSpec, domains: Domains) -> BlockCases | None:
    """Return a whole diagram as cases, one for each way through it; None where there are too many.

    They enforce every hard statement about its columns.
    """
    if _count_paths(part) > MOST_CASES:
        return None
    cases: list[tuple[int, Case]] = [(0, ())]
    for level in part.levels:
        cases = [
            (arc.target, (*before, arc.cells)) for node, before in cases for arc in level[node]
        ]
    own = {
        key_of(statement)
        for statement in core.statements
        if statement.hard
        and key_of(statement) not in domains.enforced
        and (names := formula_columns(broken_formula(statement)))
        and names <= frozenset(part.fields)
    }
    return BlockCases(part.fields, _merge([case for _, case in cases]), frozenset(own), {})


def _count_paths(part: Diagram) -> int:
    below = [1]
    for level in reversed(part.levels):
        below = [sum(below[arc.target] for arc in arcs) for arcs in level]
    return below[0]


_ATTEMPTS: tuple[frozenset[StatementKind], ...] = (
    frozenset(StatementKind),
    frozenset({StatementKind.APPLICABILITY, StatementKind.MISSING_TOGETHER}),
    frozenset({StatementKind.MISSING_TOGETHER}),
    frozenset(),
)


def _readable(conditions: list[_Condition], shared_codes: frozenset[str]) -> list[_Condition]:
    """Return the conditions on cells whose reading is sure once all of these are obeyed."""
    kept = conditions
    while True:
        sure = {each.absent for each in kept}
        left = [
            each
            for each in kept
            if all(lit.column not in shared_codes or lit.column in sure for lit in each.literals)
        ]
        if len(left) == len(kept):
            return kept
        kept = left


def _condition(
    statement: Statement, core: CoreSpec, shared_codes: frozenset[str]
) -> _Condition | None:
    broken = with_relations_solved(broken_formula(statement), core)
    holds = with_relations_solved(statement.outcomes.holds, core)
    if broken is None or holds is None:
        return None
    is_shared = statement.kind is StatementKind.APPLICABILITY and statement.name in shared_codes
    literals = (*_memberships(broken), *_memberships(holds))
    return _Condition(statement, broken, holds, statement.name if is_shared else None, literals)


def _enumerate(
    columns: tuple[str, ...], domains: Domains, conditions: list[_Condition]
) -> tuple[Case, ...] | None:
    """Return all cases that break no condition, or None where there are too many to try."""
    classes = {name: _classes(name, domains.cells[name], conditions) for name in columns}
    touching = {
        name: [each for each in conditions if any(lit.column == name for lit in each.literals)]
        for name in columns
    }
    effort = {name: 1 + sum(len(each.literals) for each in touching[name]) for name in columns}
    cases: list[Case] = []
    spent = 0

    def extend(chosen: dict[str, _Class]) -> bool:
        nonlocal spent
        if len(chosen) == len(columns):
            cases.append(tuple(chosen[name].cells for name in columns))
            return True
        name = columns[len(chosen)]
        for each in classes[name]:
            spent += effort[name]
            if spent > _MOST_EFFORT:
                return False
            longer = {**chosen, name: each}
            if any(_is_broken(condition, longer) for condition in touching[name]):
                continue
            if not extend(longer):
                return False
        return True

    return _merge(cases) if extend({}) else None


def _is_broken(condition: _Condition, chosen: Mapping[str, _Class]) -> bool:
    if _truth(condition.broken, chosen) is True:
        return True
    return (
        condition.absent is not None
        and condition.absent in chosen
        and chosen[condition.absent].cells == NOT_APPLICABLE_CELL
        and _truth(condition.holds, chosen) is False
    )


def _classes(name: str, domain: CellSet, conditions: list[_Condition]) -> list[_Class]:
    """Return a column's cells parted so that every literal is true or false on a whole part.

    Not applicable is a part of its own wherever its reading depends on the condition.
    """
    literals = [
        literal
        for condition in conditions
        for literal in condition.literals
        if literal.column == name
    ]
    pieces = [CellSet(domain.values)] if domain.values else []
    for values in {literal.values: None for literal in literals}:
        pieces = [
            part
            for piece in pieces
            for part in (
                CellSet(piece.values.intersect(values)),
                CellSet(piece.values.minus(values)),
            )
            if part
        ]
    if domain.missing:
        pieces.append(MISSING_CELL)
    if domain.not_applicable:
        pieces.append(NOT_APPLICABLE_CELL)
    alone = any(condition.absent == name for condition in conditions)
    alike: dict[tuple[bool, frozenset[int]], _Class] = {}
    for piece in pieces:
        true = frozenset(
            id(literal) for literal in literals if piece.intersect(cells_of_membership(literal))
        )
        key = alone and piece.not_applicable, true
        cells = alike[key].cells.union(piece) if key in alike else piece
        alike[key] = _Class(cells, true)
    return list(alike.values())


def _memberships(formula: Formula) -> list[Membership]:
    match formula:
        case Constant() | Relation():
            return []
        case Membership():
            return [formula]
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            return [literal for operand in operands for literal in _memberships(operand)]
        case _:
            assert_never(formula)


def _truth(formula: Formula, chosen: Mapping[str, _Class]) -> bool | None:
    """Return whether a formula is true on all rows of the chosen classes, or None if not settled.

    Columns without a class may still turn out either way.
    """
    match formula:
        case Membership(column=name):
            return id(formula) in chosen[name].true if name in chosen else None
        case AllOf(operands=operands):
            return _settled(operands, chosen, by=False)
        case AnyOf(operands=operands):
            return _settled(operands, chosen, by=True)
        case AtLeast(count=count, operands=operands):
            truths = [_truth(operand, chosen) for operand in operands]
            true = truths.count(True)
            if true >= count:
                return True
            return False if true + truths.count(None) < count else None
        case Constant(value=value):
            return value
        case Relation():
            raise AssertionError("relations were written as memberships before")
        case _:
            assert_never(formula)


def _settled(
    operands: tuple[Formula, ...], chosen: Mapping[str, _Class], *, by: bool
) -> bool | None:
    """Return the truth that one operand settles the whole by, else its opposite or None."""
    whole: bool | None = not by
    for operand in operands:
        truth = _truth(operand, chosen)
        if truth is by:
            return by
        if truth is None:
            whole = None
    return whole


def _merge(cases: list[Case]) -> tuple[Case, ...]:
    """Return fewer cases with the same rows: those that differ in one column only are joined."""
    merged = cases
    while True:
        before = len(merged)
        for place in range(len(merged[0]) if merged else 0):
            joined: dict[Case, CellSet] = {}
            for case in merged:
                rest = case[:place] + case[place + 1 :]
                cells = case[place]
                joined[rest] = joined[rest].union(cells) if rest in joined else cells
            merged = [(*rest[:place], cells, *rest[place:]) for rest, cells in joined.items()]
        if len(merged) == before:
            return tuple(merged)
