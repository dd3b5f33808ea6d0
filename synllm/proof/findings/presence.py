"""always-missing, never-missing, applicability-mismatch: what a column can never be.

- always-missing: unsatisfiable exactly when the column has a value on a valid row, though the
  column can be missing on one.
- never-missing: unsatisfiable exactly when the column is missing on a valid row, though it is
  declared that it may be.
- applicability-mismatch: unsatisfiable exactly when the column applies (or: does not apply) on a
  valid row, though it is declared that it may or may not; or when a rule whose condition a valid
  row meets holds on one, because columns in its conclusion never apply there.
"""

from __future__ import annotations

from collections.abc import Iterator

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.spec.core import EVERY_VALUE, NO_VALUE, CoreColumn, Membership


def find_presence(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each state of a column that is declared and that no patient can have."""
    if inquiry.spec.is_library:
        return
    for column in inquiry.core.columns:
        if column.name in told.columns or not inquiry.is_sound([column.name]):
            continue
        yield from _find_for(column, inquiry, told)


def find_unmatched_rules(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each rule whose conclusion is about columns that never apply there."""
    for case in inquiry.rules:
        if not case.own or case.rule.name in told.rules:
            continue
        finding = _find_unmatched(case, inquiry, told)
        if finding is not None:
            yield finding


def _find_for(column: CoreColumn, inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    name = column.name
    present = Membership(name, EVERY_VALUE)
    missing = Membership(name, NO_VALUE, missing=True)
    inapplicable = Membership(name, NO_VALUE, not_applicable=True)
    if inquiry.possible(present, f"`{name}` ever has a value") is False:
        if column.may_be_missing and inquiry.possible(missing, f"`{name}` is ever missing"):
            yield from _report(
                "always-missing",
                f"`{name}` is always missing",
                "drop the column, or relax what excludes its values",
                present,
                name,
                inquiry,
                told,
            )
        else:
            yield from _report(
                "applicability-mismatch",
                f"`{name}` never applies to any patient",
                "correct the condition after `applies when`, or drop the column",
                present,
                name,
                inquiry,
                told,
            )
        return
    if column.may_be_missing and inquiry.possible(missing, f"`{name}` is ever missing") is False:
        yield from _report(
            "never-missing",
            f"`{name}` may be missing, it says, but never is",
            "drop `may be missing`, or relax what asks for a value",
            missing,
            name,
            inquiry,
            told,
        )
    if column.may_not_apply and (
        inquiry.possible(inapplicable, f"`{name}` is ever not applicable") is False
    ):
        yield from _report(
            "applicability-mismatch",
            f"`{name}` applies to every patient: its condition is always met",
            "drop `applies when`, or correct its condition",
            inapplicable,
            name,
            inquiry,
            told,
        )


def _report(
    finding: str,
    headline: str,
    fix: str,
    excluded: Membership,
    name: str,
    inquiry: Inquiry,
    told: Told,
) -> Iterator[Diagnostic]:
    blamed = inquiry.blame(excluded)
    if told.is_consequence(blamed):
        return
    told.columns.add(name)
    told.tell(blamed)
    claims = [inquiry.claim(index) for index in blamed]
    own = f"the condition of `{name}`"
    reasons = [claim.name for claim in claims if claim.name != own]
    because = f", because of {list_names(reasons, 'and')}" if reasons else ""
    column = inquiry.spec.by_name[name]
    yield report(
        finding,
        f"{headline}{because}",
        column.name_span,
        also=[(claim.span, claim.words) for claim in claims],
        fix=fix,
    )


def _find_unmatched(case: RuleCase, inquiry: Inquiry, told: Told) -> Diagnostic | None:
    rule, columns = case.rule, inquiry.core.by_name
    about = [name for name in inquiry.statement(case.index).columns if columns[name].may_not_apply]
    if not about or not inquiry.is_sound(inquiry.statement(case.index).columns):
        return None
    question = f"rule `{rule.name}` is ever decided"
    met = inquiry.all_of(
        case.when.true,
        inquiry.any_of(case.then.true, case.then.false, case.then.undefined),
    )
    if inquiry.possible(case.when.true, question, inquiry.hard - {case.index}) is not True:
        return None
    if inquiry.possible(met, question, inquiry.hard - {case.index}) is not False:
        return None
    blamed = inquiry.blame(met, inquiry.hard - {case.index})
    if told.is_consequence(blamed):
        return None
    told.rules.add(rule.name)
    told.tell([case.index, *blamed])
    patient = inquiry.example(case.when.true, inquiry.hard - {case.index})
    claims = [inquiry.claim(index) for index in blamed]
    return report(
        "applicability-mismatch",
        f"rule `{rule.name}` can never be checked: where its condition is met, "
        f"{list_names([f'`{name}`' for name in about], 'or')} does not apply",
        rule.then.span,
        "never decided",
        also=[(claim.span, claim.words) for claim in claims],
        fix="correct the rule, or the condition under which the column applies",
        witness=() if patient is None else inquiry.patient(patient),
    )
