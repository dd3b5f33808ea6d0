"""always-missing, never-missing, applicability-mismatch: what a column can never be.

- always-missing: unsatisfiable exactly when the column has a value on a valid row, though the
  column can be missing on one.
- never-missing: unsatisfiable exactly when the column is missing on a valid row, though it is
  declared that it may be.
- applicability-mismatch: unsatisfiable exactly when the column applies (or: does not apply) on a
  valid row, though it is declared that it may or may not. Of a rule: unsatisfiable exactly when on
  a row that meets its condition and obeys all other statements, though there are such rows, its
  conclusion is decided or all the columns in that apply.

A row is valid here when it obeys every hard statement that a chain of shared columns ties to the
column; columns for which there is none are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names
from synllm.proof.findings.spare_rules import name_spare_rules
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.spec.core import EVERY_VALUE, NO_VALUE, CoreColumn, Membership
from synllm.spec.passes.lower import written_columns


@dataclass(frozen=True, slots=True)
class _Impossible:
    """A state that a column is declared to have and never has, and the statements to blame."""

    finding: str
    headline: str
    fix: str
    excluded: Membership
    blamed: tuple[int, ...]


def find_presence(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each state of a column that is declared and that no patient can have.

    States that the fewest statements exclude are judged first: what others lose because of that is
    not told again.
    """
    if inquiry.spec.is_library:
        return
    states = [
        (place, state)
        for place, column in enumerate(inquiry.core.columns)
        if column.name not in told.columns and inquiry.is_sound([column.name])
        for state in _find_for(column, inquiry)
    ]
    found: list[tuple[int, Diagnostic]] = []
    for place, state in sorted(states, key=lambda each: len(each[1].blamed)):
        if not told.is_consequence(state.blamed):
            found.append((place, _report(state, inquiry, told)))
    yield from (finding for _, finding in sorted(found, key=lambda each: each[0]))


def find_unmatched_rules(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each rule whose conclusion is about columns that never apply there."""
    for case in inquiry.rules:
        if not case.own or case.rule.name in told.rules:
            continue
        finding = _find_unmatched(case, inquiry, told)
        if finding is not None:
            yield finding


def _find_for(column: CoreColumn, inquiry: Inquiry) -> Iterator[_Impossible]:
    name = column.name
    present = Membership(name, EVERY_VALUE)
    missing = Membership(name, NO_VALUE, missing=True)
    inapplicable = Membership(name, NO_VALUE, not_applicable=True)
    if inquiry.possible(present, f"`{name}` ever has a value") is False:
        ever_missing = column.may_be_missing and inquiry.possible(
            missing, f"`{name}` is ever missing"
        )
        if ever_missing:
            yield _Impossible(
                "always-missing",
                f"`{name}` is always missing",
                "drop the column, or relax what excludes its values",
                present,
                inquiry.blame(present),
            )
        elif ever_missing is False:
            yield _Impossible(
                "applicability-mismatch",
                f"`{name}` never applies to any patient",
                "correct the condition after `applies when`, or drop the column",
                present,
                inquiry.blame(present),
            )
        return
    if column.may_be_missing and inquiry.possible(missing, f"`{name}` is ever missing") is False:
        blamed = inquiry.blame(missing)
        left = Membership(name, EVERY_VALUE, not_applicable=column.may_not_apply)
        spare = name_spare_rules(blamed, left, inquiry) if len(blamed) == 1 else ""
        yield _Impossible(
            "never-missing",
            f"`{name}` is declared `may be missing`, but is never missing",
            f"drop `may be missing`{spare and ' and ' + spare}, or relax what asks for a value",
            missing,
            blamed,
        )
    if column.may_not_apply and (
        inquiry.possible(inapplicable, f"`{name}` is ever not applicable") is False
    ):
        yield _Impossible(
            "applicability-mismatch",
            f"`{name}` applies to every patient: its condition is always met",
            "drop `applies when`, or correct its condition",
            inapplicable,
            inquiry.blame(inapplicable),
        )


def _report(state: _Impossible, inquiry: Inquiry, told: Told) -> Diagnostic:
    column = inquiry.spec.by_name[state.excluded.column]
    told.columns.add(column.name)
    claims = [inquiry.claim(index) for index in state.blamed]
    own = f"the condition of `{column.name}`"
    reasons = [claim.name for claim in claims if claim.name != own]
    because = f", because of {list_names(reasons, 'and')}" if reasons else ""
    finding = report(
        state.finding,
        f"{state.headline}{because}",
        column.name_span,
        also=[(claim.span, claim.words) for claim in claims],
        fix=state.fix,
    )
    return told.tell(finding, state.blamed)


def _find_unmatched(case: RuleCase, inquiry: Inquiry, told: Told) -> Diagnostic | None:
    rule, columns = case.rule, inquiry.core.by_name
    concluded = written_columns((rule.then,), inquiry.spec)
    about = {
        name: Membership(name, EVERY_VALUE, missing=True)
        for name in concluded
        if columns[name].may_not_apply
    }
    if not about or not inquiry.is_sound(inquiry.statement(case.index).columns):
        return None
    question = f"rule `{rule.name}` is ever decided"
    others = inquiry.hard - {case.index}
    met = case.when.true
    decided = inquiry.any_of(
        *(case.then.true, case.then.false, case.then.undefined),
        inquiry.all_of(*about.values()),
    )
    if inquiry.possible(met, question, others) is not True:
        return None
    checked = inquiry.all_of(met, decided)
    if inquiry.possible(checked, question, others) is not False:
        return None
    blamed = inquiry.blame(checked, others)
    if told.is_consequence(blamed):
        return None
    told.rules.add(rule.name)
    patient = inquiry.example(met, others)
    never = [
        name
        for name, applies in about.items()
        if inquiry.possible(inquiry.all_of(met, applies), question, others) is False
    ]
    claims = [inquiry.claim(index) for index in blamed]
    finding = report(
        "applicability-mismatch",
        f"rule `{rule.name}` can never be checked: where its condition is met, "
        f"{list_names([f'`{name}`' for name in never or about], 'or')} does not apply",
        rule.then.span,
        "never decided",
        also=[(claim.span, claim.words) for claim in claims],
        fix=f"drop rule `{rule.name}`, since these patients have no value there; or correct its "
        "condition, or the one after `applies when`",
        witness=() if patient is None else inquiry.patient(patient),
    )
    return told.tell(finding, [case.index, *blamed])
