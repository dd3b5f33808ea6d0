"""Rules as the generator keeps them: tests of cells, and what a rule says on a patient's row."""

from __future__ import annotations

from dataclasses import dataclass

from rule_sets.clinic import Column, Row


@dataclass(frozen=True, slots=True)
class Test:
    """A test of one cell, or of the sum of two numbers, and how it is written.

    What passes is a range of integers or a set of labels.
    """

    columns: tuple[Column, ...]
    passes: tuple[int, int] | frozenset[str]
    text: str

    def is_true(self, row: Row) -> bool | None:
        """Return whether the row passes; None where a cell is absent."""
        total = 0
        for column in self.columns:
            cell = row[column.name]
            if cell is None:
                return None
            if isinstance(cell, str):
                assert isinstance(self.passes, frozenset)
                return cell in self.passes
            total += cell
        assert isinstance(self.passes, tuple)
        return self.passes[0] <= total <= self.passes[1]

    @property
    def names(self) -> frozenset[str]:
        """The columns tested."""
        return frozenset(column.name for column in self.columns)


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` all (or, where `either`, one) of the tests pass, `then` at least one of those."""

    when: tuple[Test, ...]
    then: tuple[Test, ...]
    either: bool = False

    def is_met(self, row: Row) -> bool:
        """Return whether the condition is surely true."""
        for test in self.when:
            if (test.is_true(row) is True) == self.either:
                return self.either
        return not self.either

    def is_violated(self, row: Row) -> bool:
        """Return whether the condition is surely true and the conclusion surely false."""
        return self.is_met(row) and all(test.is_true(row) is False for test in self.then)

    def written(self, name: str) -> str:
        """Return the rule as a statement of a spec."""
        condition = (" or " if self.either else " and ").join(test.text for test in self.when)
        conclusion = " or ".join(test.text for test in self.then)
        return (
            f'rule {name} "If {condition}, {conclusion}"\n  when {condition}\n  then {conclusion}\n'
        )
