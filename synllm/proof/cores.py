"""Clashing claims, reduced to sets from which nothing can be left out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

import z3

from synllm.proof.session import Session, Undecided, Unsatisfiable

_QUESTIONS_FOR_SMALLEST = 400


def irreducible_core(
    session: Session,
    claims: Sequence[int],
    given: Sequence[z3.BoolRef] = (),
    *,
    smallest: bool = True,
) -> tuple[int, ...]:
    """Return clashing claims of which every proper subset is free of the clash.

    The claims must clash. Where the search for it is wanted and cheap, no clashing set has fewer
    members. Where a question stays undecided, the claim it was about is kept. Always the same set
    for the same session history.
    """
    reduced = _delete(session, claims, given)
    smaller = _smallest(session, claims, given, below=len(reduced)) if smallest else None
    return tuple(sorted(reduced if smaller is None else smaller))


def _delete(
    session: Session, claims: Sequence[int], given: Sequence[z3.BoolRef]
) -> tuple[int, ...]:
    remaining = tuple(claims)
    for candidate in claims:
        if candidate not in remaining:
            continue
        without = tuple(each for each in remaining if each != candidate)
        outcome = session.probe(without, given)
        if isinstance(outcome, Unsatisfiable):
            remaining = outcome.core
    return remaining


def _smallest(
    session: Session, claims: Sequence[int], given: Sequence[z3.BoolRef], below: int
) -> tuple[int, ...] | None:
    """Return a smallest clashing set with fewer than `below` members, or None where none is found.

    Each set of claims whose removal ends the clash must be hit by every clashing set; so the
    smallest set that hits all those found so far either clashes, and then none is smaller, or
    shows another one to hit.
    """
    removals: list[tuple[int, ...]] = []
    questions = count()
    size = 1
    while size < below:
        hitting = _hit(removals, size)
        if hitting is None:
            size += 1
            continue
        if next(questions) > _QUESTIONS_FOR_SMALLEST:
            return None
        match session.probe(hitting, given):
            case Unsatisfiable(core=core):
                return _delete(session, core, given)
            case Undecided():
                return None
            case None:
                pass
        kept = list(hitting)
        removed: list[int] = []
        for candidate in claims:
            if candidate in kept:
                continue
            if next(questions) > _QUESTIONS_FOR_SMALLEST:
                return None
            match session.probe([*kept, candidate], given):
                case None:
                    kept.append(candidate)
                case Unsatisfiable():
                    removed.append(candidate)
                case Undecided():
                    return None
        removals.append(tuple(removed))
    return None


def _hit(removals: Sequence[tuple[int, ...]], size: int) -> tuple[int, ...] | None:
    """Return at most `size` claims that include one of every removal, or None if there are none."""
    chosen: list[int] = []

    def extend() -> bool:
        open_removal = next(
            (each for each in removals if not any(claim in chosen for claim in each)), None
        )
        if open_removal is None:
            return True
        if len(chosen) == size:
            return False
        for claim in open_removal:
            chosen.append(claim)
            if extend():
                return True
            chosen.pop()
        return False

    return tuple(chosen) if extend() else None
