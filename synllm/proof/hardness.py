"""Which statements are too intricate, where a question was left open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names, locate_statement, name_statement
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreSpec,
    CoreTerm,
    Extreme,
    FloorQuotient,
    Formula,
    Integer,
    Magnitude,
    Membership,
    Product,
    Relation,
    Statement,
    Sum,
    Variable,
    term_columns,
)
from synllm.spec.model import Spec


def report_undecided(spec: Spec, core: CoreSpec, question: str) -> Diagnostic:
    """Return the finding that a question stayed open, pointing at the statements to blame."""
    intricate = find_intricate(core)
    blamed = intricate or tuple(each for each in core.statements if each.hard)
    columns = sorted({name for each in blamed for name in each.columns})
    names = [name_statement(each) for each in blamed[:3]]
    if len(blamed) > 3:
        names.append(f"{len(blamed) - 3} more")
    verb = "is" if len(blamed) == 1 else "are"
    places = [locate_statement(spec, each) for each in blamed[:3]]
    text = "this multiplies or divides columns" if intricate else ""
    return report(
        "undecidable-in-practice",
        f"{question} could not be worked out: {list_names(names, 'and')} {verb} too intricate",
        places[0][1] if places else None,
        text,
        also=[(span, text) for _, span in places[1:]],
        fix="narrow the ranges of "
        + list_names([f"`{name}`" for name in columns[:4]], "and")
        + ", or split the rule; rows are still checked against it one by one",
    )


def find_intricate(core: CoreSpec) -> tuple[Statement, ...]:
    """Return the hard statements that multiply or divide columns by each other."""
    return tuple(
        statement
        for statement in core.statements
        if statement.hard
        and any(
            _multiplies_columns(term)
            for formula in (statement.outcomes.violated, statement.outcomes.undefined)
            for term in _terms(formula)
        )
    )


def _terms(formula: Formula) -> Iterator[CoreTerm]:
    match formula:
        case Constant() | Membership():
            return
        case Relation(term=term):
            yield term
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            for operand in operands:
                yield from _terms(operand)
        case _:
            assert_never(formula)


def _multiplies_columns(term: CoreTerm) -> bool:
    match term:
        case Integer() | Variable():
            return False
        case Sum(terms=terms) | Extreme(terms=terms):
            return any(_multiplies_columns(each) for each in terms)
        case Product(left=left, right=right):
            both = bool(term_columns(left)) and bool(term_columns(right))
            return both or _multiplies_columns(left) or _multiplies_columns(right)
        case FloorQuotient(dividend=dividend, divisor=divisor):
            return bool(term_columns(divisor)) or _multiplies_columns(dividend)
        case Magnitude(term=inner):
            return _multiplies_columns(inner)
        case _:
            assert_never(term)
