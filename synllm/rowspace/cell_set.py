"""A set of cells of one column: integers, missing, not applicable."""

from __future__ import annotations

from dataclasses import dataclass

from synllm.spec.core import EVERY_VALUE, NO_VALUE, CoreColumn, Membership, ValueSet
from synllm.spec.values import MISSING, Special


@dataclass(frozen=True, slots=True)
class CellSet:
    """Integers a cell may hold, and whether missing and not applicable are in the set too."""

    values: ValueSet
    missing: bool = False
    not_applicable: bool = False

    def __bool__(self) -> bool:
        return bool(self.values) or self.missing or self.not_applicable

    def __contains__(self, cell: int | Special) -> bool:
        if isinstance(cell, Special):
            return self.missing if cell is MISSING else self.not_applicable
        return cell in self.values

    def __len__(self) -> int:
        """The number of cells; their values must be bounded."""
        return len(self.values) + self.missing + self.not_applicable

    def union(self, other: CellSet) -> CellSet:
        """Return the cells in either set."""
        return CellSet(
            self.values.union(other.values),
            self.missing or other.missing,
            self.not_applicable or other.not_applicable,
        )

    def intersect(self, other: CellSet) -> CellSet:
        """Return the cells in both sets."""
        return CellSet(
            self.values.intersect(other.values),
            self.missing and other.missing,
            self.not_applicable and other.not_applicable,
        )

    def minus(self, other: CellSet) -> CellSet:
        """Return the members that are not in the other set."""
        return CellSet(
            self.values.minus(other.values),
            self.missing and not other.missing,
            self.not_applicable and not other.not_applicable,
        )


EVERY_CELL = CellSet(EVERY_VALUE, missing=True, not_applicable=True)
NO_CELL = CellSet(NO_VALUE)
MISSING_CELL = CellSet(NO_VALUE, missing=True)
NOT_APPLICABLE_CELL = CellSet(NO_VALUE, not_applicable=True)


def cells_of_membership(membership: Membership) -> CellSet:
    """Return the cells of its column for which the membership is true."""
    return CellSet(membership.values, membership.missing, membership.not_applicable)


def cells_of_type(column: CoreColumn) -> CellSet:
    """Return the cells that a column's type and absences allow."""
    return CellSet(column.values, column.may_be_missing, column.may_not_apply)
