"""What each column may hold once every statement about that column alone is obeyed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import reduce
from typing import TypeAlias, assert_never

from synllm.rowspace.cell_set import (
    EVERY_CELL,
    NO_CELL,
    CellSet,
    cells_of_membership,
    cells_of_type,
)
from synllm.rowspace.grid import GRID_LIMIT, true_on_grid
from synllm.spec.cells import code_matches, parse_number
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreColumn,
    CoreSpec,
    Formula,
    Membership,
    Relation,
    Statement,
    StatementKind,
    ValueSet,
    formula_columns,
    term_columns,
)
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType, NumberType

StatementKey: TypeAlias = tuple[StatementKind, str]


@dataclass(frozen=True, slots=True)
class Domains:
    """Each generated column's cells, and what became of the statements about single columns.

    `enforced` statements hold for every cell of the domains. `weaker` gives the reason why a
    statement about a single column is not among them.
    """

    cells: Mapping[str, CellSet]
    enforced: frozenset[StatementKey]
    weaker: Mapping[StatementKey, str]


def key_of(statement: Statement) -> StatementKey:
    """Return what tells a statement from all others of its spec."""
    return statement.kind, statement.name


def broken_formula(statement: Statement) -> Formula:
    """Return the formula of the rows that a hard statement forbids: violated or undefined."""
    return AnyOf((statement.outcomes.violated, statement.outcomes.undefined))


def column_domains(spec: Spec, core: CoreSpec) -> Domains:
    """Return the exact domain of every column, never empty.

    A statement that would leave its column nothing at all is not enforced: what clashes is for the
    proofs to tell. Values whose text in the file reads as missing are left out, as no file can
    hold them.
    """
    cells = {column.name: _readable(spec.by_name[column.name], column) for column in core.columns}
    enforced: set[StatementKey] = set()
    weaker: dict[StatementKey, str] = {}
    for statement in core.statements:
        broken = broken_formula(statement)
        columns = formula_columns(broken)
        if not statement.hard or len(columns) > 1:
            continue
        if not columns:
            if solve(broken, None) == NO_CELL:
                enforced.add(key_of(statement))
            else:
                weaker[key_of(statement)] = "no row at all obeys it"
            continue
        (name,) = columns
        refused = solve(broken, core.by_name[name])
        if refused is None:
            weaker[key_of(statement)] = (
                f"`{name}` has more than {GRID_LIMIT:,} possible values to go through"
            )
            continue
        left = cells[name].minus(refused)
        if not left:
            weaker[key_of(statement)] = f"it leaves `{name}` no value at all"
            continue
        cells[name] = left
        enforced.add(key_of(statement))
    return Domains(cells, frozenset(enforced), weaker)


def solve(formula: Formula, column: CoreColumn | None) -> CellSet | None:
    """Return the cells of the column for which a formula about it alone is true.

    None where that would take going through too many values. The result may hold cells that the
    column's type does not allow. `column` is None for a formula about no column.
    """
    match formula:
        case Constant(value=value):
            return EVERY_CELL if value else NO_CELL
        case Membership():
            return cells_of_membership(formula)
        case Relation():
            assert column is not None
            values = true_on_grid(formula, column)
            return None if values is None else CellSet(values)
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            solved = [solve(operand, column) for operand in operands]
            known = [cells for cells in solved if cells is not None]
            return _combine(formula, known) if len(known) == len(solved) else None
        case _:
            assert_never(formula)


def with_relations_solved(formula: Formula, core: CoreSpec) -> Formula | None:
    """Return the formula with each relation on one column written as a membership.

    None where a relation ties columns together or a column has too many values to go through.
    """
    match formula:
        case Constant() | Membership():
            return formula
        case Relation():
            return _as_membership(formula, core)
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            solved = [with_relations_solved(operand, core) for operand in operands]
            known = tuple(each for each in solved if each is not None)
            return replace(formula, operands=known) if len(known) == len(solved) else None
        case _:
            assert_never(formula)


def _as_membership(relation: Relation, core: CoreSpec) -> Membership | None:
    columns = term_columns(relation.term)
    if len(columns) != 1:
        return None
    (name,) = columns
    values = true_on_grid(relation, core.by_name[name])
    return None if values is None else Membership(name, values, span=relation.span)


def _combine(formula: AllOf | AnyOf | AtLeast, operands: list[CellSet]) -> CellSet:
    match formula:
        case AllOf():
            return reduce(CellSet.intersect, operands, EVERY_CELL)
        case AnyOf():
            return reduce(CellSet.union, operands, NO_CELL)
        case AtLeast(count=count):
            reached = [EVERY_CELL] + [NO_CELL] * count
            for cells in operands:
                for done in range(count, 0, -1):
                    reached[done] = reached[done].union(reached[done - 1].intersect(cells))
            return reached[count]
        case _:
            assert_never(formula)


def _readable(column: Column, core_column: CoreColumn) -> CellSet:
    """Return the cells of the column's type without the values that read as a missing code."""
    hidden: list[int] = []
    codes = [missing.code for missing in column.missing_codes]
    match column.type:
        case NumberType() as kind:
            for code in codes:
                number = parse_number(code.text)
                if number is not None and _hides(column, number):
                    hidden.append(int(number * 10**kind.decimals))
        case CategoryType(labels=labels):
            hidden.extend(
                index
                for index, label in enumerate(labels)
                if any(code_matches(code, column.code_of(label).text) for code in codes)
            )
    return cells_of_type(core_column).minus(CellSet(ValueSet.of(hidden)))


def _hides(column: Column, number: Fraction) -> bool:
    """Return whether a number of the column, written in the file, reads as missing."""
    kind = column.type
    assert isinstance(kind, NumberType)
    return kind.contains(number) and any(
        code_matches(missing.code, kind.written(number)) for missing in column.missing_codes
    )
