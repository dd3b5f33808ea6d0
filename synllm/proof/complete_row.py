"""Can a patient have every column filled in? A row that shows it, or the statements that clash."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import z3

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names, name_statement
from synllm.proof.cores import irreducible_core
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.proof.reasons import find_coarse_columns, take_apart
from synllm.proof.session import (
    Cells,
    Claim,
    Satisfiable,
    Session,
    Undecided,
    Unsatisfiable,
)
from synllm.proof.witness import choose_readable, replay, show_row
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.values import MISSING, Value

_CLASHES_SHOWN = 5
_NAMED_IN_HEADLINE = 3


@dataclass(frozen=True, slots=True)
class CompleteRow:
    """A valid row without a missing cell, replayed; a cell may be not applicable."""

    row: dict[str, Value]


@dataclass(frozen=True, slots=True)
class Clash:
    """Statements of which all but any one can be met together, but not all.

    `statements` are the places in the core of those that are no ranges of written columns.
    `any_row` tells whether a row with missing cells can meet them all. `remedies` are those whose
    removal alone makes a complete row possible (any row where there is none); `coarse` names
    columns of which values between the recorded ones could meet them.
    """

    claims: tuple[Claim, ...]
    statements: tuple[int, ...]
    remedies: tuple[Claim, ...]
    any_row: bool
    coarse: tuple[str, ...]


def find_complete_row(
    inquiry: Inquiry, exempt: Collection[str] = ()
) -> CompleteRow | tuple[Clash, ...] | Undecided:
    """Return a complete valid row, or the clashes that rule one out, or why neither was found.

    Cells of exempt columns may be missing.
    """
    session, spec, core = inquiry.session, inquiry.spec, inquiry.core
    statements = sorted(inquiry.hard)
    filled = session.columns_filled(exempt)
    match session.ask(statements, filled):
        case Satisfiable(cells=cells):
            cells = choose_readable(session, statements, filled, cells, inquiry.typical)
        case Undecided() as undecided:
            guessed = _guess(session, statements, filled, inquiry.typical)
            if guessed is None:
                return undecided
            cells = guessed
        case Unsatisfiable():
            # Taking the clash apart asks harder questions, which the budget may not cover.
            clashes = _find_clashes(spec, core, inquiry.budget, exempt)
            return clashes or Undecided("the clash stays whole")
    inquiry.remember(cells)
    return CompleteRow(replay(cells, core, spec, complete=not exempt))


def prove_complete_row(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield the complete row as a note, or what stands against one.

    Columns reported before may be missing in it. A library has no row to show, and neither has a
    table of nothing but keys.
    """
    spec = inquiry.spec
    match find_complete_row(inquiry, told.columns & inquiry.core.by_name.keys()):
        case CompleteRow(row=row):
            if spec.is_library or not spec.generated_columns or MISSING in row.values():
                return
            yield report(
                "complete-row",
                f"in `{spec.name}`, a patient can have every column filled in, like this one",
                witness=show_row(row, spec),
            )
        case Undecided():
            inquiry.leave_open("any patient can have every column filled in", inquiry.core.by_name)
        case clashes:
            for clash in clashes:
                if not told.is_consequence(clash.statements):
                    yield told.tell(_report_clash(clash, spec), clash.statements)


def _guess(
    session: Session,
    statements: Sequence[int],
    filled: Sequence[z3.BoolRef],
    preferred: dict[str, int],
) -> Cells | None:
    """Return a complete row with some typical values where the open question was too hard."""
    typical = [session.pin(name, value) for name, value in preferred.items()]
    half = (len(typical) + 1) // 2
    for pins in (typical, typical[:half], typical[half:]):
        outcome = session.ask(statements, [*filled, *pins])
        if isinstance(outcome, Satisfiable):
            return outcome.cells
    return None


def _find_clashes(
    spec: Spec, core: CoreSpec, budget: int, exempt: Collection[str]
) -> tuple[Clash, ...]:
    """Return clashes that share no rule: one after the other, each without those before.

    Those that not even a row with missing cells can meet come before those that only a complete
    row can't.
    """
    session, filled = take_apart(
        spec, core, budget, lambda session: ((), session.columns_filled(exempt))
    )
    # By name: without its ranges a spec can say more, such as that a divisor is not zero.
    places = {name_statement(each): i for i, each in enumerate(core.statements) if each.hard}
    everything = tuple(range(len(session.claims)))
    remaining = everything
    clashes: dict[tuple[int, ...], Clash] = {}
    while len(clashes) < _CLASHES_SHOWN:
        any_row = not isinstance(session.probe(remaining), Unsatisfiable)
        given = filled if any_row else []
        if any_row and not isinstance(session.probe(remaining, given), Unsatisfiable):
            break
        clashing = irreducible_core(session, remaining, given)
        if not clashing:  # no statement is needed: a column has no value, and says so itself
            break
        remedies = [
            number
            for number in clashing
            if session.probe([each for each in everything if each != number], given) is None
        ]
        claims = tuple(session.claims[number] for number in clashing)
        clashes[clashing] = Clash(
            claims,
            tuple(places[claim.name] for claim in claims if claim.name in places),
            tuple(session.claims[number] for number in remedies),
            any_row=any_row,
            coarse=find_coarse_columns(spec, core, budget, claims),
        )
        rules = [number for number in clashing if not session.claims[number].is_range]
        remaining = tuple(each for each in remaining if each not in (rules or clashing))
    return tuple(clashes[clashing] for clashing in sorted(clashes))


def _report_clash(clash: Clash, spec: Spec) -> Diagnostic:
    # What stands in a library is not what the reader came to mend.
    first, *others = sorted(clash.claims, key=lambda claim: claim.span.source is not spec.source)
    subject = (
        "no patient can have every column filled in"
        if clash.any_row
        else "no patient can be recorded in this table"
    )
    names = list_names([claim.name for claim in clash.claims], "and")
    if not others:
        headline = f"{subject}: {names} {'excludes that' if clash.any_row else 'is never met'}"
    elif len(clash.claims) <= _NAMED_IN_HEADLINE:
        headline = f"{subject}: {names} clash"
    else:
        headline = f"{subject}: these {len(clash.claims)} statements clash"
    return report(
        "never-complete" if clash.any_row else "contradictory-rules",
        headline,
        first.span,
        first.words,
        also=[(claim.span, claim.words) for claim in others],
        fix=_suggest_remedy(clash),
    )


def _suggest_remedy(clash: Clash) -> str:
    enough = clash.remedies or clash.claims
    rules = [claim.name for claim in enough if not claim.is_range]
    ranges = [claim.name for claim in enough if claim.is_range]
    coarse = [f"`{name}`" for name in clash.coarse]
    ways = [f"drop or relax {list_names(rules, 'or')}"] if rules else []
    ways += [f"extend {list_names(ranges, 'or')}"] if ranges else []
    ways += [f"record {list_names(coarse, 'or')} with more decimals"] if clash.coarse else []
    lead = "" if len(ways) == 1 and len(enough) == 1 else "one change is enough: "
    apart = (
        ", or declare with `applies when` which patients have which column" if clash.any_row else ""
    )
    rest = "" if clash.remedies else "; what else clashes is shown on its own"
    return f"{lead}{', or '.join(ways)}{apart}{rest}"
