"""Which of a begun row's cells matter to the fields after it, and what tells them apart."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import assert_never

import numpy as np

from synllm.rowspace.cell_set import cells_of_membership
from synllm.rowspace.narrowing import Narrowing
from synllm.rowspace.sample import Integers
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    Formula,
    Membership,
    Relation,
    term_columns,
)


class Relevance:
    """Keys of begun rows: what may follow rows of one key is the same."""

    def __init__(self, narrowing: Narrowing, constraints: Sequence[Formula]) -> None:
        self.fields = narrowing.fields
        self._narrowing = narrowing
        self._constraints = tuple(constraints)
        self._kinds_known: dict[tuple[int, tuple[Membership, ...]], Integers] = {}

    def key(self, field: int, row: Integers) -> tuple[int, bytes]:
        """Return what of a row's cells up to a field matters to the later fields."""
        relevant = self._relevant[field + 1]
        seen = [row[n] if kinds is None else kinds[row[n]] for n, kinds in relevant]
        return field, np.array(seen, dtype=np.int64).tobytes()

    @cached_property
    def _relevant(self) -> list[list[tuple[int, Integers | None]]]:
        """For each number of given fields, those that later fields share constraints with.

        With each comes the kind of each of its places: the memberships in those constraints tell
        no two places of a kind apart. None where a relation computes with the field.
        """
        return [
            [
                (number, self._kinds(number, given))
                for number in sorted(
                    {n for each in self._narrowing.mentions if max(each) >= given for n in each}
                )
                if number < given
            ]
            for given in range(len(self.fields) + 1)
        ]

    def _kinds(self, field: int, given: int) -> Integers | None:
        mentions = self._narrowing.mentions
        literals: dict[Membership, None] = {}
        for constraint in self._narrowing.touching[field]:
            if max(mentions[constraint]) >= given:
                found = _memberships_of(self._constraints[constraint], self.fields[field])
                if found is None:
                    return None
                literals.update(dict.fromkeys(found))
        key = field, tuple(literals)
        if key not in self._kinds_known:
            listing = self._narrowing.cells[field].listing
            kinds = np.zeros(listing.size, dtype=np.int64)
            for literal in literals:
                inside = np.zeros(listing.size, dtype=np.int64)
                for start, stop in listing.spans(cells_of_membership(literal)):
                    inside[start:stop] = 1
                _, kinds = np.unique(2 * kinds + inside, return_inverse=True)
            self._kinds_known[key] = kinds
        return self._kinds_known[key]


def _memberships_of(formula: Formula, name: str) -> tuple[Membership, ...] | None:
    """Return the memberships of a column in a formula; None where a relation mentions it too."""
    match formula:
        case Constant():
            return ()
        case Membership(column=column):
            return (formula,) if column == name else ()
        case Relation(term=term):
            return None if name in term_columns(term) else ()
        case AllOf(operands=operands) | AnyOf(operands=operands) | AtLeast(operands=operands):
            parts = [_memberships_of(each, name) for each in operands]
            known = [part for part in parts if part is not None]
            if len(known) < len(parts):
                return None
            return tuple(literal for part in known for literal in part)
        case _:
            assert_never(formula)
