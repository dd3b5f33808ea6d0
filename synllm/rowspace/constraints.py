"""What a valid row must make true, beyond what its columns' domains say already."""

from __future__ import annotations

from dataclasses import replace

from synllm.rowspace.cell_set import cells_of_membership
from synllm.rowspace.domains import Domains, broken_formula, key_of, solve, with_relations_solved
from synllm.spec.cells import read_cell
from synllm.spec.core import (
    NO_VALUE,
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
from synllm.spec.model import Column, Spec
from synllm.spec.passes.formulas import FALSE, TRUE, all_of, any_of, at_least
from synllm.spec.passes.relations import complement
from synllm.spec.values import NOT_APPLICABLE


def list_constraints(
    spec: Spec, core: CoreSpec, domains: Domains, given: Formula = TRUE
) -> tuple[Formula, ...]:
    """Return formulas that exactly the valid rows make true, on rows of the domains' cells.

    A conjunction is given in its parts. Rows whose text would read back as another row, because a
    code means not applicable and something else, count as no rows of the file, and neither do rows
    on which the formula `given` is not true.
    """
    found: dict[Formula, None] = {}
    for statement in core.statements:
        for part in constraints_of(statement, spec, core, domains):
            found.setdefault(part)
    for part in conjuncts(given):
        found.setdefault(solve_relations(part, core, domains))
    found.pop(TRUE, None)
    return tuple(found)


def constraints_of(
    statement: Statement, spec: Spec, core: CoreSpec, domains: Domains
) -> tuple[Formula, ...]:
    """Return the formulas that one statement adds to what the domains say; TRUE may be among them.

    None for a soft statement, and for one that the domains enforce.
    """
    found: list[Formula] = []
    if statement.hard and key_of(statement) not in domains.enforced:
        found.extend(conjuncts(complement(broken_formula(statement), core.by_name)))
    if statement.kind is StatementKind.APPLICABILITY and shares_not_applicable_code(
        spec.by_name[statement.name]
    ):
        absent = Membership(statement.name, NO_VALUE, not_applicable=True)
        either = (complement(absent, core.by_name), statement.outcomes.holds)
        found.append(any_of(either, core.by_name))
    return tuple(solve_relations(each, core, domains) for each in found)


def narrow_domains(domains: Domains, given: Formula, core: CoreSpec) -> Domains | None:
    """Return the domains without the cells that what is given excludes by their column alone.

    None where a column is left no cell.
    """
    cells = dict(domains.cells)
    for part in conjuncts(given):
        names = formula_columns(part)
        if len(names) != 1:
            continue
        (name,) = names
        true = solve(part, core.by_name[name])
        if true is not None:
            cells[name] = cells[name].intersect(true)
            if not cells[name]:
                return None
    return replace(domains, cells=cells)


def conjuncts(formula: Formula) -> tuple[Formula, ...]:
    """Return the parts of a conjunction, or the formula alone."""
    return formula.operands if isinstance(formula, AllOf) else (formula,)


def shares_not_applicable_code(column: Column) -> bool:
    """Return whether the not-applicable code can also be read as missing or as a value."""
    if column.applies_when is None:
        return False
    return read_cell(column, column.not_applicable_code.text).value is not NOT_APPLICABLE


def solve_relations(formula: Formula, core: CoreSpec, domains: Domains) -> Formula:
    """Return the formula with relations about one column written as memberships, where it can.

    What all of a column's cells have in common is left out.
    """
    match formula:
        case Constant():
            return formula
        case Membership(column=column):
            cells = domains.cells[column]
            inside = cells.intersect(cells_of_membership(formula))
            if not inside:
                return FALSE
            return formula if cells.minus(inside) else TRUE
        case Relation():
            found = with_relations_solved(formula, core)
            return formula if found is None else solve_relations(found, core, domains)
        case AllOf(operands=operands, span=span):
            solved = [solve_relations(each, core, domains) for each in operands]
            return all_of(solved, core.by_name, span)
        case AnyOf(operands=operands, span=span):
            solved = [solve_relations(each, core, domains) for each in operands]
            return any_of(solved, core.by_name, span)
        case AtLeast(count=count, operands=operands, span=span):
            solved = [solve_relations(each, core, domains) for each in operands]
            return at_least(count, solved, core.by_name, span)
