"""What a table exercises of a spec: a report that prints, and that is written and read as JSON."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, computed_field

from synllm.coverage.clauses import Role
from synllm.spec.boundaries import Position
from synllm.spec.core import StatementKind
from synllm.validate.report import Counts


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Truths(_Part):
    """On how many rows a condition came out in each way; they add up to the rows of the table.

    `unknown` includes the rows on which a cell that the condition needs can't be read.
    """

    true: int = 0
    false: int = 0
    unknown: int = 0
    undefined: int = 0


class Written(_Part):
    """A piece of the spec, and where it is written: 1-based; None where it is built in code."""

    text: str
    file: str | None = None
    line: int | None = None
    column: int | None = None


class ClauseCoverage(Written):
    """A comparison, membership or test of a state, and how it came out."""

    role: Role
    columns: tuple[str, ...]
    rows: Truths


class OperandCoverage(Written):
    """An operand of an `and` or `or`: on how many rows it alone decided the outcome."""

    decides_alone: int


class JunctionCoverage(Written):
    """An `and` or `or`, and how it and its operands came out."""

    role: Role
    word: str
    rows: Truths
    operands: tuple[OperandCoverage, ...]


class LineCoverage(Written):
    """A line of a decision table: on how many rows its test is true, and the result is or isn't
    there; in the other `taken` rows it is unknown.
    """

    taken: int
    kept: int
    broken: int


class StatementCoverage(_Part):
    """A statement's verdicts, and how its condition, its conclusion and their parts came out.

    `condition` is None for a statement that bears on every row, `conclusion` for one that is no
    rule.
    """

    name: str
    kind: StatementKind
    sentence: str
    text: str
    share: float | None
    counts: Counts
    condition: Truths | None
    conclusion: Truths | None
    clauses: tuple[ClauseCoverage, ...] = ()
    junctions: tuple[JunctionCoverage, ...] = ()
    lines: tuple[LineCoverage, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def exercised(self) -> bool:
        """Return whether some row could have broken the statement: it held or was violated."""
        return self.counts.holds + self.counts.violated > 0


class ValueCoverage(_Part):
    """A value of a list, an end of a range or an absence, and how many rows hold it."""

    value: str
    rows: int


class MissingCodeCoverage(_Part):
    """A missing code as a file writes it, and how many cells hold it; null in typed tables."""

    code: str | None
    reason: str | None = None
    rows: int


class ColumnCoverage(_Part):
    """What the cells of a written column were.

    `values` are those of a list, `ends` the ends of a range. `least` and `greatest` are the
    outermost numbers seen.
    """

    name: str
    present: int
    unreadable: int
    absences: tuple[ValueCoverage, ...] = ()
    missing_codes: tuple[MissingCodeCoverage, ...] = ()
    values: tuple[ValueCoverage, ...] = ()
    ends: tuple[ValueCoverage, ...] = ()
    least: str | None = None
    greatest: str | None = None


class NeighbourCoverage(_Part):
    """A value beside a threshold or at it; `edge` tells whether a condition turns there."""

    position: Position
    value: str
    rows: int
    edge: bool


class ThresholdCoverage(_Part):
    """A threshold of a number column: the values around it, and those seen nearest to it.

    `nearest_below` and `nearest_above` are None where nothing was seen on that side, and for
    derived columns.
    """

    column: str
    threshold: str
    neighbours: tuple[NeighbourCoverage, ...]
    nearest_below: str | None
    nearest_above: str | None
    written: tuple[Written, ...]
    statements: tuple[str, ...]


class Measure(StrEnum):
    """The kinds of things that a table is asked to exercise."""

    STATEMENTS = "statements exercised"
    CLAUSES = "clause outcomes seen"
    OPERANDS = "operands deciding alone"
    VALUES = "values seen"
    BOUNDARIES = "boundary values met"


class Gap(Written):
    """Something that no row exercises, and what a row would need.

    `subject` is a statement's name or a column's. `impossible` tells that no row that obeys every
    hard rule can exercise it; then it doesn't count.
    """

    measure: Measure
    subject: str
    what: str
    needs: str
    impossible: bool = False


class MeasureCoverage(_Part):
    """How many of the possible things of a kind are exercised, and how many are impossible."""

    measure: Measure
    covered: int
    possible: int
    impossible: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def percent(self) -> float:
        """Return the covered ones in percent of the possible ones, 100 where there is none."""
        return 100 * self.covered / self.possible if self.possible else 100.0


class CoverageReport(_Part):
    """All that a table exercises of a spec, and what it leaves out.

    `file` is where the spec is written; its libraries are other files. The gaps come by subject, in
    the order of the spec.
    """

    spec: str
    file: str | None
    table: str
    rows: int
    statements: tuple[StatementCoverage, ...]
    columns: tuple[ColumnCoverage, ...]
    thresholds: tuple[ThresholdCoverage, ...]
    measures: tuple[MeasureCoverage, ...]
    gaps: tuple[Gap, ...]
    notes: tuple[str, ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def percent(self) -> float:
        """Return everything covered in percent of everything possible."""
        possible = sum(each.possible for each in self.measures)
        return 100 * sum(each.covered for each in self.measures) / possible if possible else 100.0

    def of(self, name: str) -> StatementCoverage:
        """Return the coverage of the statement with this name; rules go before others."""
        named = [each for each in self.statements if each.name == name]
        named.sort(key=lambda each: each.kind is not StatementKind.RULE)
        if not named:
            raise KeyError(name)
        return named[0]

    def column(self, name: str) -> ColumnCoverage:
        """Return the coverage of the written column with this name."""
        return next(each for each in self.columns if each.name == name)
