"""Rules as the generator keeps them: tests of cells, and what a rule says on a patient's row."""

from __future__ import annotations

from dataclasses import dataclass

from rule_sets.clinic import Column, Row


@dataclass(frozen=True, slots=True)
class Test:
    """A test of one cell, or of the sum of two numbers: the values that pass, and how it is written.

    Values are a range of integers or a set of labels.
    """

    columns: tuple[Column, ...]
    passes: tuple[int, int] | frozenset[str]
    text: str

    def is_true(self, row: Row) -> bool | None:
        """Return whether the row passes; None where a cell is absent."""
        cells = [row[column.name] for column in self.columns]
        if None in cells:
            return None
        if isinstance(self.passes, frozenset):
            return cells[0] in self.passes
        total = sum(cell for cell in cells if isinstance(cell, int))
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
        answers = [test.is_true(row) is True for test in self.when]
        return any(answers) if self.either else all(answers)

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
