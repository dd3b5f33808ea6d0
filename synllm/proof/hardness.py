"""Which statements are too intricate, where a question was left open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names, locate_statement, name_statement
from synllm.proof.inquiry import Inquiry
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

_QUESTIONS_SHOWN = 8
_STATEMENTS_SHOWN = 3


def report_open_questions(inquiry: Inquiry) -> list[Diagnostic]:
    """Return a finding for all open questions that the same statements are to blame for."""
    by_blame: dict[tuple[Statement, ...], list[str]] = {}
    for question in inquiry.open_questions:
        blamed = _blame(inquiry.core, question.columns)
        by_blame.setdefault(blamed, []).append(f"whether {question.words}")
    return [_report(inquiry.spec, blamed, words) for blamed, words in by_blame.items()]


def report_undecided(spec: Spec, core: CoreSpec, question: str) -> Diagnostic:
    """Return the finding that a question stayed open, pointing at the statements to blame."""
    return _report(spec, _blame(core, ()), [question])


def _blame(core: CoreSpec, columns: Sequence[str]) -> tuple[Statement, ...]:
    """Return the intricate statements, those that mention the columns if there are any."""
    intricate = find_intricate(core)
    near = tuple(each for each in intricate if set(each.columns) & set(columns))
    return near or intricate or tuple(each for each in core.statements if each.hard)


def _report(spec: Spec, blamed: Sequence[Statement], questions: Sequence[str]) -> Diagnostic:
    names = [name_statement(each) for each in blamed[:_STATEMENTS_SHOWN]]
    if len(blamed) > _STATEMENTS_SHOWN:
        names.append(f"{len(blamed) - _STATEMENTS_SHOWN} more")
    verb = "is" if len(blamed) == 1 else "are"
    places = [locate_statement(spec, each) for each in blamed[:_STATEMENTS_SHOWN]]
    text = "this multiplies or divides columns" if find_products(blamed) else ""
    columns = sorted({name for each in blamed for name in each.columns})
    if len(questions) == 1:
        subject, listed = questions[0], ""
    else:
        subject = f"{len(questions)} questions about patients"
        shown = list(questions[:_QUESTIONS_SHOWN])
        if len(questions) > len(shown):
            shown.append(f"and {len(questions) - len(shown)} more")
        listed = "open is " + ";\n".join(shown) + ".\n"
    return report(
        "undecidable-in-practice",
        f"{subject} could not be worked out: {list_names(names, 'and')} {verb} too intricate",
        places[0][1] if places else None,
        text,
        also=[(span, text) for _, span in places[1:]],
        fix=f"{listed}narrow the ranges of "
        + list_names([f"`{name}`" for name in columns[:4]], "and")
        + ", or split the rule; rows are still checked against it one by one",
    )


def find_intricate(core: CoreSpec) -> tuple[Statement, ...]:
    """Return the hard statements that multiply or divide columns by each other."""
    return find_products([each for each in core.statements if each.hard])


def find_products(statements: Iterable[Statement]) -> tuple[Statement, ...]:
    """Return the statements that multiply or divide columns by each other."""
    return tuple(
        statement
        for statement in statements
        if any(
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
