"""What an example settles: verdicts that stand whatever the cells that it leaves out hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from synllm.proof.inquiry import Inquiry
from synllm.proof.session import Satisfiable, Undecided, Unsatisfiable
from synllm.proof.witness import decode_row, encode_value
from synllm.spec.core import Formula, Membership, Outcomes, ValueSet
from synllm.spec.evaluate import evaluate_rule
from synllm.spec.expressions import HasState, walk
from synllm.spec.model import Rule
from synllm.spec.passes.formulas import FALSE
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special, Value, Verdict


def settle(rule: Rule, values: Mapping[str, Value], inquiry: Inquiry) -> Verdict:
    """Return the verdict that a rule has on every row with these cells, or `undecided`.

    Cells left out are unknown: a verdict that needs none of them is the same whatever they hold, as
    the logic is monotone in them. All but in a test of absence: a rule that asks whether a cell is
    missing or applies has a verdict if no row with these cells has another.
    """
    spec = inquiry.spec
    row: dict[str, Value] = {column.name: MISSING for column in spec.columns}
    row.update(values)
    if not _tests_absence(rule):
        return evaluate_rule(rule, row, spec)
    pinned = pin_values(values, inquiry)
    match inquiry.ask(inquiry.all_of(*pinned), ()):
        case Satisfiable(cells=cells):
            verdict = evaluate_rule(rule, decode_row(cells, inquiry.core), spec)
        case Unsatisfiable():
            # A cell that its column can't hold, which is told elsewhere.
            return evaluate_rule(rule, row, spec)
        case Undecided():
            return Verdict.UNDECIDED
    place = next(each.index for each in inquiry.rules if each.rule.name == rule.name)
    wanted = _outcome(inquiry.statement(place).outcomes, verdict)
    others = inquiry.all_of(*pinned, inquiry.opposite(wanted))
    alike = isinstance(inquiry.ask(others, ()), Unsatisfiable)
    return verdict if alike else Verdict.UNDECIDED


def drop_cells(
    rule: Rule,
    verdict: Verdict,
    values: Mapping[str, Value],
    inquiry: Inquiry,
    keep: Iterable[str] = (),
) -> dict[str, Value]:
    """Return cells that settle the verdict and of which none but those to keep can be left out.

    All the cells together must settle it.
    """
    kept = dict(values)
    for name in values:
        if name in keep:
            continue
        fewer = {each: value for each, value in kept.items() if each != name}
        if settle(rule, fewer, inquiry) is verdict:
            kept = fewer
    return kept


def pin_values(values: Mapping[str, Value], inquiry: Inquiry) -> list[Formula]:
    """Return the formulas that written columns hold these values; others say nothing here."""
    pinned: list[Formula] = []
    for name, value in values.items():
        column = inquiry.core.by_name.get(name)
        if column is not None:
            pinned.append(holds_cell(name, encode_value(column, value)))
    return pinned


def holds_cell(name: str, cell: int | Special) -> Membership:
    """Return the formula that a column holds exactly this cell."""
    if isinstance(cell, Special):
        return Membership(
            name,
            ValueSet(),
            missing=cell is MISSING,
            not_applicable=cell is NOT_APPLICABLE,
        )
    return Membership(name, ValueSet.between(cell, cell))


def _outcome(outcomes: Outcomes, verdict: Verdict) -> Formula:
    match verdict:
        case Verdict.HOLDS:
            return outcomes.holds
        case Verdict.VIOLATED:
            return outcomes.violated
        case Verdict.NOT_TRIGGERED:
            return outcomes.not_triggered
        case Verdict.UNDEFINED:
            return outcomes.undefined
        case Verdict.UNDECIDED:
            return FALSE


def _tests_absence(rule: Rule) -> bool:
    conditions = (rule.then,) if rule.when is None else (rule.when, rule.then)
    return any(isinstance(part, HasState) for each in conditions for part in walk(each))
