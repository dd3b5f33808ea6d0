"""A coverage report as text: the rules, what no row exercises, and a summary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from pathlib import PurePath

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from synllm.coverage.report import (
    ColumnCoverage,
    CoverageReport,
    Gap,
    Measure,
    StatementCoverage,
    ThresholdCoverage,
    Truths,
    Written,
)
from synllm.spec.core import StatementKind

_TITLE_WIDTH = 26
"""The least room for the names of statements, which a narrow terminal would fold."""


def show_coverage(report: CoverageReport, console: Console, *, details: bool = False) -> None:
    """Print the report; `details` adds every clause, value and boundary, and what is impossible."""
    rows = "1 row" if report.rows == 1 else f"{report.rows:,} rows"
    console.print(Text(f"{report.table} against {report.spec}: {rows}"))
    for note in report.notes:
        console.print(Text(f"note: {note}", "dim"), soft_wrap=True)
    console.print()
    if report.statements:
        console.print(_statement_table(report.statements))
        console.print()
    if details:
        for statement in report.statements:
            _show_parts(statement, console)
        _show_values(report.columns, console)
        if report.thresholds:
            _show_thresholds(report.thresholds, console)
    _show_gaps("Not covered", [gap for gap in report.gaps if not gap.impossible], report, console)
    if details:
        impossible = [gap for gap in report.gaps if gap.impossible]
        _show_gaps("Impossible in a row that obeys the hard rules", impossible, report, console)
    console.print(_summary_table(report))


def coverage_text(report: CoverageReport, width: int = 100, *, details: bool = False) -> str:
    """Return the report as it prints without colour."""
    stream = StringIO()
    show_coverage(report, Console(file=stream, width=width, no_color=True), details=details)
    return "".join(line.rstrip() + "\n" for line in stream.getvalue().splitlines())


def title_of(statement: StatementCoverage) -> str:
    """Return how a report calls a statement."""
    match statement.kind:
        case StatementKind.APPLICABILITY:
            return f"{statement.name} applies"
        case StatementKind.DERIVED_RANGE:
            return f"{statement.name} in range"
        case _:
            return statement.name


def shown_percent(percent: float) -> str:
    """Return a percentage that says 100 or 0 only where it is exactly that."""
    if percent in (0.0, 100.0):
        return f"{percent:.0f}%"
    return f"{min(99.9, max(0.1, percent)):.1f}%"


def place_words(place: Written, report: CoverageReport) -> str:
    """Return the line of the spec or its library, or nothing for what is not written in a file."""
    if place.line is None or place.file is None:
        return ""
    library = "" if place.file == report.file else f" of {PurePath(place.file).name}"
    return f"line {place.line}{library}"


def shown_values(column: ColumnCoverage) -> Iterable[tuple[str, int]]:
    """Yield what is counted of a column, in words: values, ends of its range, absences, codes."""
    for value in column.values:
        yield value.value, value.rows
    for end in column.ends:
        yield f"{end.value} (end of range)", end.rows
    for absence in column.absences:
        yield absence.value, absence.rows
    if len(column.missing_codes) > 1:
        for code in column.missing_codes:
            reason = f": {code.reason}" if code.reason else ""
            yield ("null" if code.code is None else f'code "{code.code}"{reason}'), code.rows
    if column.unreadable:
        yield "can't be read", column.unreadable


def shown_neighbour(threshold: ThresholdCoverage, position: str) -> str:
    """Return a neighbour of a threshold with its rows, and the nearest value where it has none."""
    for near in threshold.neighbours:
        if near.position == position:
            words = f"{near.value}: {near.rows:,}"
            nearest = {"below": threshold.nearest_below, "above": threshold.nearest_above}
            if near.rows == 0 and nearest.get(position):
                words += f" (nearest {nearest[position]})"
            return words
    return "–"


def _statement_table(statements: Sequence[StatementCoverage]) -> Table:
    longest = max(len(title_of(each)) for each in statements)
    table = _table("statement", min(longest, _TITLE_WIDTH))
    some_undefined = any(each.counts.undefined for each in statements)
    headings = ["holds", "violated", "not\ntriggered", "undecided"]
    headings += ["undefined"] if some_undefined else []
    for heading in (*headings, "condition\nmet", "conclusion\ntrue", "conclusion\nfalse"):
        table.add_column(heading, justify="right")
    for each in statements:
        counts, condition, conclusion = each.counts, each.condition, each.conclusion
        verdicts = [counts.holds, counts.violated, counts.not_triggered, counts.undecided]
        verdicts += [counts.undefined] if some_undefined else []
        table.add_row(
            Text(title_of(each)),
            *(f"{number:,}" for number in verdicts),
            "–" if condition is None else f"{condition.true:,}",
            "–" if conclusion is None else f"{conclusion.true:,}",
            "–" if conclusion is None else f"{conclusion.false:,}",
            style="" if each.exercised else "bold red",
        )
    return table


def _show_parts(statement: StatementCoverage, console: Console) -> None:
    if not statement.clauses:
        return
    table = _table(title_of(statement))
    for heading in ("true", "false", "unknown", "undefined", "decides alone"):
        table.add_column(heading, justify="right")
    for clause in statement.clauses:
        table.add_row(Text(f"{clause.role} {clause.text}"), *_truths(clause.rows), "")
    for junction in statement.junctions:
        table.add_row(Text(f"{junction.role} {junction.text}"), *_truths(junction.rows), "")
        for operand in junction.operands:
            words = Text(f"  {junction.word}: {operand.text}")
            table.add_row(words, "", "", "", "", f"{operand.decides_alone:,}")
    console.print(table)
    console.print()
    if statement.lines:
        _show_lines(statement, console)


def _show_lines(statement: StatementCoverage, console: Console) -> None:
    table = _table(f"{title_of(statement)}: line")
    for heading in ("applies", "result as stated", "another result"):
        table.add_column(heading, justify="right")
    for line in statement.lines:
        table.add_row(Text(line.text), f"{line.taken:,}", f"{line.kept:,}", f"{line.broken:,}")
    console.print(table)
    console.print()


def _truths(rows: Truths) -> tuple[str, str, str, str]:
    return (f"{rows.true:,}", f"{rows.false:,}", f"{rows.unknown:,}", f"{rows.undefined:,}")


def _show_values(columns: Sequence[ColumnCoverage], console: Console) -> None:
    table = _table("column")
    table.add_column("value")
    table.add_column("rows", justify="right")
    for column in columns:
        name = column.name
        if column.least is not None:
            table.add_row(
                Text(name), Text(f"{column.least}..{column.greatest}"), f"{column.present:,}"
            )
            name = ""
        for words, rows in shown_values(column):
            table.add_row(Text(name), Text(words), f"{rows:,}", style="" if rows else "red")
            name = ""
    console.print(table)
    console.print()


def _show_thresholds(thresholds: Sequence[ThresholdCoverage], console: Console) -> None:
    table = _table("boundary")
    for heading in ("just below", "at", "just above"):
        table.add_column(heading)
    table.add_column("statements", overflow="fold")
    for each in thresholds:
        table.add_row(
            Text(f"{each.column} {each.threshold}"),
            *(shown_neighbour(each, position) for position in ("below", "at", "above")),
            Text(", ".join(each.statements)),
        )
    console.print(table)
    console.print()


def _show_gaps(heading: str, gaps: Sequence[Gap], report: CoverageReport, console: Console) -> None:
    if not gaps:
        return
    console.print(Text(f"{heading}: {len(gaps):,}", "bold"))
    subject = None
    for gap in gaps:
        if gap.subject != subject:
            subject = gap.subject
            console.print(Text(f"  {subject}"))
        place = f"{place_words(gap, report)}: " if gap.line else ""
        # What a value or boundary needs is that very value.
        obvious = gap.measure in (Measure.VALUES, Measure.BOUNDARIES)
        needs = "" if obvious else f"; needs {gap.needs}"
        console.print(Text(f"    {place}{gap.what}{needs}"), soft_wrap=True)
    console.print()


def _summary_table(report: CoverageReport) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("measure")
    table.add_column("counts", justify="right")
    table.add_column("percent", justify="right")
    table.add_column("impossible")
    for each in report.measures:
        table.add_row(
            each.measure,
            f"{each.covered:,} of {each.possible:,}",
            shown_percent(each.percent) if each.possible else "–",
            f"({each.impossible:,} more impossible under the hard rules)"
            if each.impossible
            else "",
        )
    covered = sum(each.covered for each in report.measures)
    possible = sum(each.possible for each in report.measures)
    counts = f"{covered:,} of {possible:,}"
    table.add_row("together", counts, shown_percent(report.percent), "", style="bold")
    return table


def _table(first: str, least_width: int | None = None) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column(Text(first), overflow="fold", min_width=least_width)
    return table
