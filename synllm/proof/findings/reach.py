"""unreachable-value, range-never-reached, constant-feature: values that no patient can have.

- unreachable-value: unsatisfiable exactly when a valid row has this declared label or listed value.
- range-never-reached: unsatisfiable exactly when a valid row has a value between a declared end of
  the range and the tightest one.
- constant-feature: unsatisfiable exactly when a valid row has any declared value but one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names, write_value
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.proof.reachable import ReachableRange, ReachableValues, find_reachable, holding
from synllm.spec.core import CoreColumn, Membership, ValueSet

_VALUES_NAMED = 4


def find_reach(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each column of which valid rows have only some of the declared values."""
    if inquiry.spec.is_library:
        return
    for column in inquiry.core.columns:
        if column.name in told.columns or not inquiry.is_sound([column.name]):
            continue
        match find_reachable(column, inquiry):
            case ReachableValues(reached=reached, unreached=unreached) if unreached:
                if len(reached) == 1 and len(reached) + len(unreached) == len(column.values):
                    yield from _report_constant(column, reached[0], inquiry, told)
                else:
                    yield from _report_values(column, unreached, inquiry, told)
            case ReachableRange(low=low, high=high) if low is not None and low == high:
                if len(column.values) > 1:
                    yield from _report_constant(column, low, inquiry, told)
            case ReachableRange(low=low, high=high):
                yield from _report_range(column, low, high, inquiry, told)
            case _:
                pass


def _report_values(
    column: CoreColumn, unreached: Sequence[int], inquiry: Inquiry, told: Told
) -> Iterator[Diagnostic]:
    """Yield one finding for all the values that the same statements exclude."""
    by_blame: dict[tuple[int, ...], list[int]] = {}
    for value in unreached:
        by_blame.setdefault(inquiry.blame(holding(column.name, value, value)), []).append(value)
    for blamed, values in by_blame.items():
        words = [write_value(column, value) for value in values[:_VALUES_NAMED]]
        if len(values) > _VALUES_NAMED:
            words.append(f"{len(values) - _VALUES_NAMED} more")
        excluded = Membership(column.name, ValueSet.of(values))
        yield from _report(
            "unreachable-value",
            f"no patient can have `{column.name}` {list_names(words, 'or')}",
            "drop the value, or relax what excludes it"
            if len(values) == 1
            else "drop the values, or relax what excludes them",
            column,
            [(excluded, blamed)],
            inquiry,
            told,
        )


def _report_range(
    column: CoreColumn, low: int | None, high: int | None, inquiry: Inquiry, told: Told
) -> Iterator[Diagnostic]:
    least, greatest = column.values.intervals[0][0], column.values.intervals[-1][1]
    assert least is not None
    assert greatest is not None
    cuts: list[tuple[Membership, tuple[int, ...]]] = []
    words: list[str] = []
    if low is not None and low > least:
        below = holding(column.name, least, low - 1)
        cuts.append((below, inquiry.blame(below)))
        words.append(f"below {write_value(column, low)}")
    if high is not None and high < greatest:
        above = holding(column.name, high + 1, greatest)
        cuts.append((above, inquiry.blame(above)))
        words.append(f"above {write_value(column, high)}")
    if not cuts:
        return
    reached = (
        f"{write_value(column, least if low is None else low)}.."
        f"{write_value(column, greatest if high is None else high)}"
    )
    declared = f"{write_value(column, least)}..{write_value(column, greatest)}"
    yield from _report(
        "range-never-reached",
        f"`{column.name}` is declared {declared}, but no patient can be {' or '.join(words)}",
        f"declare the range {reached}, or relax what cuts it",
        column,
        cuts,
        inquiry,
        told,
    )


def _report_constant(
    column: CoreColumn, value: int, inquiry: Inquiry, told: Told
) -> Iterator[Diagnostic]:
    others = Membership(column.name, column.values.minus(ValueSet.between(value, value)))
    yield from _report(
        "constant-feature",
        f"`{column.name}` is {write_value(column, value)} for every patient who has a value of it",
        "drop the column, or relax what excludes the other values",
        column,
        [(others, inquiry.blame(others))],
        inquiry,
        told,
    )


def _report(
    finding: str,
    headline: str,
    fix: str,
    column: CoreColumn,
    cuts: Sequence[tuple[Membership, tuple[int, ...]]],
    inquiry: Inquiry,
    told: Told,
) -> Iterator[Diagnostic]:
    """Yield the finding with a patient whom the blamed statements alone exclude."""
    blamed = sorted({index for _, each in cuts for index in each})
    if all(told.is_consequence(each) for _, each in cuts):
        return
    if all(_is_taken_by_overlap(excluded, each, inquiry, told) for excluded, each in cuts):
        return
    told.columns.add(column.name)
    told.tell(blamed)
    claims = [inquiry.claim(index) for index in blamed]
    because = f", because of {list_names([claim.name for claim in claims], 'and')}"
    excluded, first = cuts[0]
    patient = inquiry.example(excluded, inquiry.hard - set(first))
    yield report(
        finding,
        f"{headline}{because}",
        inquiry.spec.by_name[column.name].type_span,
        also=[(claim.span, claim.words) for claim in claims],
        fix=fix,
        witness=() if patient is None else inquiry.patient(patient),
    )


def _is_taken_by_overlap(
    excluded: Membership, blamed: Sequence[int], inquiry: Inquiry, told: Told
) -> bool:
    """Return whether values are lost only because a case that gives them was found overlapping.

    One of the blamed rules then covers the case that concludes these values.
    """
    concluding = {case.index: case.then.true for case in inquiry.rules}
    for pair in told.pairs:
        for other in pair.difference(blamed) if pair.intersection(blamed) else ():
            values = inquiry.all_of(concluding[other], excluded)
            beyond = inquiry.all_of(concluding[other], inquiry.opposite(excluded))
            question = f"`{excluded.column}` is what a case says"
            if (
                inquiry.possible(values, question, ()) is True
                and inquiry.possible(beyond, question, ()) is False
            ):
                return True
    return False
