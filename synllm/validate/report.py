"""What validation found: a report that prints, and that is written and read as JSON."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field

from synllm.spec.cells import CellProblem
from synllm.spec.core import StatementKind


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Counts(_Part):
    """On how many rows a statement came out in each way; they add up to the rows of the table."""

    holds: int = 0
    violated: int = 0
    not_triggered: int = 0
    undecided: int = 0
    undefined: int = 0


class Outcome(StrEnum):
    """What the five counts of a statement amount to."""

    OBEYED = "obeyed"
    BROKEN = "broken"
    BELOW_SHARE = "below its share"
    NOT_EXERCISED = "no row exercised this rule"


class Place(_Part):
    """A row, 1 for the first row of data, and its line in the file where the file has lines."""

    row: int
    line: int | None = None


class Offender(Place):
    """A row that breaks a statement: the cells it is about, and the values drawn under its text."""

    verdict: str
    cells: dict[str, str]
    drawing: tuple[str, ...]


class StatementReport(_Part):
    """The verdict of a whole table on one statement.

    `name` is a rule's name, a column's (applicability, derived range) or a group's. `share` is the
    least support that a soft rule asks for, in 0..1. `undecided_when_met` counts the undecided rows
    where a rule's condition is surely met, and is None for a statement without a condition; in the
    other undecided rows it is unknown whether the condition is met.
    """

    name: str
    kind: StatementKind
    sentence: str
    text: str
    share: float | None
    counts: Counts
    undecided_when_met: int | None
    outcome: Outcome
    offenders: tuple[Offender, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def support(self) -> float | None:
        """Return holds / (holds + violated), None where no row exercised the statement."""
        decided = self.counts.holds + self.counts.violated
        return self.counts.holds / decided if decided else None


class UnreadableCell(Place):
    """A cell that is no value of its column; `text` is None for the null of a typed table."""

    text: str | None
    problem: CellProblem


class ColumnProblems(_Part):
    """A column's unreadable cells: how many, of what kinds, and the first of them."""

    column: str
    count: int
    kinds: dict[CellProblem, int]
    first: tuple[UnreadableCell, ...]


class Report(_Part):
    """All that a spec says about a table.

    `broken_rows` counts the rows with an unreadable cell or a broken hard statement; `audited` the
    rows whose verdicts the solver computed again and confirmed.
    """

    spec: str
    table: str
    rows: int
    engine: str
    statements: tuple[StatementReport, ...]
    unreadable: tuple[ColumnProblems, ...]
    broken_rows: int
    audited: int = 0
    notes: tuple[str, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def clean(self) -> bool:
        """Return whether every cell can be read and no hard statement is violated or undefined.

        A soft rule below its share is a warning and leaves the table clean.
        """
        broken = any(each.outcome is Outcome.BROKEN for each in self.statements)
        return not broken and not self.unreadable

    def of(self, name: str) -> StatementReport:
        """Return the report of the statement with this name; rules go before other statements."""
        named = [each for each in self.statements if each.name == name]
        named.sort(key=lambda each: each.kind is not StatementKind.RULE)
        if not named:
            raise KeyError(name)
        return named[0]
