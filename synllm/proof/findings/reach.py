"""unreachable-value, range-never-reached, constant-feature: values that no patient can have.

- unreachable-value: unsatisfiable exactly when a valid row has this label or listed value (of a
  list of at most 60).
- range-never-reached: unsatisfiable exactly when a valid row has a value between a declared end of
  the range and the tightest one.
- constant-feature: unsatisfiable exactly when a valid row has any declared value but one, which a
  valid row has.

A row is valid here when it obeys every hard statement that a chain of shared columns ties to the
column; columns for which there is none are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names, write_value
from synllm.proof.findings.spare_rules import name_spare_rules
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.proof.reachable import (
    Reachable,
    ReachableRange,
    ReachableValues,
    find_reachable,
    holding,
)
from synllm.spec.core import CoreColumn, Membership, ValueSet

_VALUES_NAMED = 4


@dataclass(frozen=True, slots=True)
class _Cut:
    """Values of a column that no valid row has, in words, and the statements to blame."""

    excluded: Membership
    words: str
    blamed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Loss:
    """What a column loses: single values of a list, or what lies below and above a range.

    `only` is the one value that is left, or None.
    """

    column: CoreColumn
    cuts: tuple[_Cut, ...]
    listed: bool
    only: int | None


def find_reach(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each column of which valid rows have only some of the declared values.

    Columns that lose theirs to the fewest statements are judged first: what others lose because of
    that is not told again.
    """
    if inquiry.spec.is_library:
        return
    losses: list[tuple[int, _Loss]] = []
    for place, column in enumerate(inquiry.core.columns):
        if column.name in told.columns or not inquiry.is_sound([column.name]):
            continue
        loss = _find_loss(column, find_reachable(column, inquiry), inquiry)
        if loss is not None and loss.cuts:
            losses.append((place, loss))
    losses.sort(key=lambda each: max(len(cut.blamed) for cut in each[1].cuts))
    found: list[tuple[int, Diagnostic]] = []
    for place, loss in losses:
        found.extend((place, finding) for finding in _report_loss(loss, inquiry, told))
    yield from (finding for _, finding in sorted(found, key=lambda each: each[0]))


def _find_loss(column: CoreColumn, reachable: Reachable | None, inquiry: Inquiry) -> _Loss | None:
    match reachable:
        case ReachableValues(reached=reached, unreached=unreached):
            lost = [
                (holding(column.name, value, value), write_value(column, value))
                for value in unreached
            ]
            settled = len(reached) + len(unreached) == len(column.values)
            only = reached[0] if settled and len(reached) == 1 else None
        case ReachableRange(low=low, high=high):
            least, greatest = column.values.intervals[0][0], column.values.intervals[-1][1]
            assert least is not None
            assert greatest is not None
            lost = []
            if low is not None and low > least:
                below = f"below {write_value(column, low)}"
                lost.append((holding(column.name, least, low - 1), below))
            if high is not None and high < greatest:
                above = f"above {write_value(column, high)}"
                lost.append((holding(column.name, high + 1, greatest), above))
            only = low if low == high else None
        case None:
            return None
    cuts = tuple(_Cut(excluded, words, inquiry.blame(excluded)) for excluded, words in lost)
    return _Loss(column, cuts, isinstance(reachable, ReachableValues), only)


def _report_loss(loss: _Loss, inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    column = loss.column
    if loss.only is not None:
        others = Membership(
            column.name, column.values.minus(ValueSet.between(loss.only, loss.only))
        )
        everything = _Cut(others, write_value(column, loss.only), inquiry.blame(others))
        if not _is_consequence(everything, inquiry, told):
            yield _report_constant(column, everything, inquiry, told)
            return
    cuts = [cut for cut in loss.cuts if not _is_consequence(cut, inquiry, told)]
    if not cuts:
        return
    if not loss.listed:
        yield _report_range(column, cuts, inquiry, told)
        return
    by_blame: dict[tuple[int, ...], list[_Cut]] = {}
    for cut in cuts:
        by_blame.setdefault(cut.blamed, []).append(cut)
    for group in by_blame.values():
        yield _report_values(column, group, inquiry, told)


def _is_consequence(cut: _Cut, inquiry: Inquiry, told: Told) -> bool:
    return told.is_consequence(cut.blamed) or _is_taken_by_overlap(cut, inquiry, told)


def _is_taken_by_overlap(cut: _Cut, inquiry: Inquiry, told: Told) -> bool:
    """Return whether values are lost only because a case that gives them was found overlapping.

    One of the blamed rules then covers the case that concludes these values.
    """
    concluding = {case.index: case.then.true for case in inquiry.rules}
    question = f"`{cut.excluded.column}` is what a case says"
    for pair in told.pairs:
        for other in pair.difference(cut.blamed) if pair.intersection(cut.blamed) else ():
            values = inquiry.all_of(concluding[other], cut.excluded)
            beyond = inquiry.all_of(concluding[other], inquiry.opposite(cut.excluded))
            if inquiry.possible(values, question, ()) is not True:
                continue
            if inquiry.possible(beyond, question, ()) is False:
                return True
    return False


def _report_constant(
    column: CoreColumn, everything: _Cut, inquiry: Inquiry, told: Told
) -> Diagnostic:
    partly = column.may_be_missing or column.may_not_apply
    return _report(
        "constant-feature",
        f"`{column.name}` is {everything.words} for every patient"
        + (" who has a value of it" if partly else ""),
        "drop the column, or relax what excludes the other values",
        column,
        [everything],
        inquiry,
        told,
    )


def _report_values(
    column: CoreColumn, cuts: Sequence[_Cut], inquiry: Inquiry, told: Told
) -> Diagnostic:
    """Return one finding for all the values that the same statements exclude."""
    words = [cut.words for cut in cuts[:_VALUES_NAMED]]
    if len(cuts) > _VALUES_NAMED:
        words.append(f"{len(cuts) - _VALUES_NAMED} more")
    one = len(cuts) == 1
    spare = name_spare_rules(cuts[0].blamed, _left(column, cuts), inquiry)
    and_rules = f" and {spare}" if spare else ""
    return _report(
        "unreachable-value",
        f"no patient can have `{column.name}` {list_names(words, 'or')}",
        f"drop the {'value' if one else 'values'}{and_rules}, or relax what excludes "
        f"{'it' if one else 'them'}",
        column,
        cuts,
        inquiry,
        told,
    )


def _report_range(
    column: CoreColumn, cuts: Sequence[_Cut], inquiry: Inquiry, told: Told
) -> Diagnostic:
    left = _left(column, cuts)
    spare = name_spare_rules([index for cut in cuts for index in cut.blamed], left, inquiry)
    and_rules = f" and drop {spare}" if spare else ""
    return _report(
        "range-never-reached",
        f"`{column.name}` is declared {_write_range(column, column.values)}, but no patient can be "
        + " or ".join(cut.words for cut in cuts),
        f"declare the range {_write_range(column, left.values)}{and_rules}, or relax what cuts it",
        column,
        cuts,
        inquiry,
        told,
    )


def _left(column: CoreColumn, cuts: Sequence[_Cut]) -> Membership:
    values = column.values
    for cut in cuts:
        values = values.minus(cut.excluded.values)
    return Membership(column.name, values, column.may_be_missing, column.may_not_apply)


def _write_range(column: CoreColumn, values: ValueSet) -> str:
    low, high = values.intervals[0][0], values.intervals[-1][1]
    assert low is not None
    assert high is not None
    return f"{write_value(column, low)}..{write_value(column, high)}"


def _report(
    finding: str,
    headline: str,
    fix: str,
    column: CoreColumn,
    cuts: Sequence[_Cut],
    inquiry: Inquiry,
    told: Told,
) -> Diagnostic:
    """Return the finding, with a patient whom the blamed statements alone exclude, if any."""
    blamed = sorted({index for cut in cuts for index in cut.blamed})
    told.columns.add(column.name)
    claims = [inquiry.claim(index) for index in blamed]
    because = f", because of {list_names([claim.name for claim in claims], 'and')}"
    patients = (inquiry.example(cut.excluded, inquiry.hard - set(cut.blamed)) for cut in cuts)
    patient = next((each for each in patients if each is not None), None)
    found = report(
        finding,
        f"{headline}{because}",
        inquiry.spec.by_name[column.name].type_span,
        also=[(claim.span, claim.words) for claim in claims],
        fix=fix,
        witness=() if patient is None else inquiry.patient(patient),
    )
    return told.tell(found, blamed)
