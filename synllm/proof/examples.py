"""Does every example agree with the rules that it was written to illustrate?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import z3

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import (
    body_of,
    describe_range,
    list_names,
    rule_named,
    write_number,
)
from synllm.proof.cores import irreducible_core
from synllm.proof.encode import encode_formula
from synllm.proof.hardness import report_undecided
from synllm.proof.inquiry import Inquiry
from synllm.proof.reasons import take_apart
from synllm.proof.session import (
    Claim,
    Satisfiable,
    Session,
    Undecided,
    Unsatisfiable,
)
from synllm.proof.sureness import settle
from synllm.proof.witness import encode_value, replay
from synllm.spec.cells import write_cell
from synllm.spec.core import CoreSpec
from synllm.spec.evaluate import cell_belongs, column_value
from synllm.spec.expressions import ColumnValue, Compare, HasState, Number
from synllm.spec.model import Column, Example, Rule, Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.lower import written_columns
from synllm.spec.passes.terms import Scope
from synllm.spec.types import IdentifierType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special, Value, Verdict


@dataclass(frozen=True, slots=True)
class JudgedExample:
    """An example with the finding that it says otherwise than the rules, or that this is open.

    None where it agrees.
    """

    example: Example
    finding: Diagnostic | None

    @property
    def undecided(self) -> bool:
        """Whether the budget ran out before it was known whether the example agrees."""
        return self.finding is not None and self.finding.finding == "undecidable-in-practice"


def prove_examples(inquiry: Inquiry) -> list[Diagnostic]:
    """Return a finding for each example that says otherwise than the rules do."""
    judged = (judge_example(example, inquiry) for example in inquiry.spec.examples)
    return [each.finding for each in judged if each.finding is not None]


def judge_example(example: Example, inquiry: Inquiry) -> JudgedExample:
    """Return whether an example says what the rules do.

    An `example ok` must be part of a valid row; on an `example breaks R`, R must be false whatever
    the cells hold that the example leaves out.
    """
    if example.breaks is None:
        return JudgedExample(example, _prove_ok(example, inquiry))
    return JudgedExample(example, _check_breaks(example, example.breaks, inquiry))


def _check_breaks(example: Example, name: str, inquiry: Inquiry) -> Diagnostic | None:
    rule = rule_named(inquiry.spec, name)
    if rule is None:
        return None
    verdict = settle(rule, dict(example.values), inquiry)
    if verdict is Verdict.VIOLATED:
        return None
    return report(
        "example-disagrees",
        f"the patient of this example does not surely break rule `{name}`: {_why(verdict)}",
        example.span,
        also=[(body_of(rule), f"rule `{name}`: {rule.sentence}")],
        fix=_mend_breaks(verdict, example, rule, inquiry.spec),
    )


def _why(verdict: Verdict) -> str:
    match verdict:
        case Verdict.HOLDS:
            return "the rule holds on it"
        case Verdict.NOT_TRIGGERED:
            return "the rule's condition is not met"
        case Verdict.UNDECIDED:
            return "it leaves out a value that decides it"
        case Verdict.UNDEFINED:
            return "it divides by zero there"
        case Verdict.VIOLATED:
            return "it breaks it"
        case _:
            assert_never(verdict)


def _mend_breaks(verdict: Verdict, example: Example, rule: Rule, spec: Spec) -> str:
    if verdict is Verdict.UNDECIDED:
        given = dict(example.values)
        open_columns = [name for name in _columns_of_rule(rule, spec) if name not in given]
        if open_columns:
            return f"give {list_names([f'`{name}`' for name in open_columns], 'and')} a value too"
    return "change the example so that the rule is false on it, or correct the rule"


def _columns_of_rule(rule: Rule, spec: Spec) -> tuple[str, ...]:
    conditions = (rule.then,) if rule.when is None else (rule.when, rule.then)
    return written_columns(conditions, spec)


def _prove_ok(example: Example, inquiry: Inquiry) -> Diagnostic | None:
    spec, core = inquiry.spec, inquiry.core
    outside = _cell_outside(example, spec) or _computed_otherwise(example, spec)
    if outside is not None:
        return outside
    given = [claim.expression for claim in _cell_claims(example, spec, inquiry.session)]
    match inquiry.session.ask(sorted(inquiry.hard), given):
        case Satisfiable(cells=cells):
            replay(cells, core, spec)
            return None
        case Undecided():
            question = "whether the patient of this example can exist"
            return report_undecided(spec, core, question)
        case Unsatisfiable():
            return _report_impossible(example, spec, core, inquiry.budget)


def _report_impossible(example: Example, spec: Spec, core: CoreSpec, budget: int) -> Diagnostic:
    def question(session: Session) -> tuple[Sequence[Claim], Sequence[z3.BoolRef]]:
        return _cell_claims(example, spec, session), ()

    session, given = take_apart(spec, core, budget, question)
    cell_count = len(_cell_claims(example, spec, session))
    clashing = irreducible_core(session, range(len(session.claims)), given)
    cells = [session.claims[number] for number in clashing if number < cell_count]
    others = [session.claims[number] for number in clashing if number >= cell_count]
    names = list_names([claim.name for claim in cells], "and")
    against = list_names([claim.name for claim in others], "and")
    if not cells:
        headline = f"no patient can exist, this example included, because of {against}"
    elif not others:
        what = "exclude each other" if len(cells) > 1 else "in no row of this table"
        headline = f"the patient of this example cannot exist: {names} {what}"
    else:
        verb = "says" if len(others) == 1 else "say"
        headline = (
            f"the patient of this example cannot exist: {names}, but {against} {verb} otherwise"
        )
    return report(
        "example-disagrees",
        headline,
        example.span,
        also=[(claim.span, claim.words) for claim in others],
        fix="correct the example, or what it disagrees with",
    )


def _cell_outside(example: Example, spec: Spec) -> Diagnostic | None:
    """Return the finding that a cell is outside what its column can hold, or None."""
    for name, value in example.values:
        column = spec.by_name[name]
        if column.is_generated and not cell_belongs(column, value):
            return report(
                "example-disagrees",
                f"the patient of this example cannot exist: {_show_cell(column, value)}, "
                f"but {_allowed(column, value)}",
                example.span,
                also=[(column.type_span, describe_range(column))],
                fix="correct the example, or what the column can hold",
            )
    return None


def _computed_otherwise(example: Example, spec: Spec) -> Diagnostic | None:
    """Return the finding that a derived cell is not what the cells beside it come to, or None."""
    row: dict[str, Value] = {column.name: MISSING for column in spec.columns}
    row.update(example.values)
    for name, value in example.values:
        column = spec.by_name[name]
        if column.derivation is None or isinstance(value, Special):
            continue
        computed = column_value(column, row, spec)
        if not isinstance(computed, Special) and computed != value:
            return report(
                "example-disagrees",
                f"the patient of this example cannot exist: {_show_cell(column, value)}, but comes "
                f"out as {write_cell(column, computed)} from the cells beside it",
                example.span,
                also=[(column.name_span, "computed here")],
                fix="correct the example, or how the column is computed",
            )
    return None


def _allowed(column: Column, value: Value) -> str:
    if value is MISSING:
        return f"`{column.name}` may not be missing"
    if value is NOT_APPLICABLE:
        return f"`{column.name}` applies to every patient"
    return describe_range(column)


def _cell_claims(example: Example, spec: Spec, session: Session) -> list[Claim]:
    """Return one claim for each cell that the example gives; identifiers say nothing."""
    claims: list[Claim] = []
    for name, value in example.values:
        column = spec.by_name[name]
        if isinstance(column.type, IdentifierType):
            continue
        if column.derivation is None:
            cell = encode_value(session.core.by_name[name], value)
            expression = session.pin(name, cell)
        else:
            expression = _pin_derived(column, value, spec, session)
        claims.append(Claim(_show_cell(column, value), "in this example", example.span, expression))
    return claims


def _pin_derived(column: Column, value: Value, spec: Spec, session: Session) -> z3.BoolRef:
    if isinstance(value, Special):
        condition = split(HasState(column.name, value), Scope(spec, session.core.by_name))
    else:
        assert not isinstance(value, str), "derived columns hold numbers"
        equal = Compare("=", ColumnValue(column.name), Number(value))
        condition = split(equal, Scope(spec, session.core.by_name))
    return encode_formula(condition.true, session.encoding)


def _show_cell(column: Column, value: Value) -> str:
    if isinstance(value, Special):
        return f"`{column.name}` is {value.value}"
    if isinstance(value, str):
        return f"`{column.name}` is {value}"
    return f"`{column.name}` is {write_number(value)}"
