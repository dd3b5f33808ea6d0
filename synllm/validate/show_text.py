"""A validation report as text: one calm page that a clinician can read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import StringIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from synllm.spec.core import StatementKind
from synllm.validate.report import (
    ColumnProblems,
    Offender,
    Outcome,
    Place,
    Report,
    StatementReport,
)

_STYLES = {
    Outcome.OBEYED: "",
    Outcome.BROKEN: "bold red",
    Outcome.BELOW_SHARE: "yellow",
    Outcome.NOT_EXERCISED: "dim",
}


def show_report(report: Report, console: Console) -> None:
    """Print the report; on a terminal in colour, otherwise in plain aligned columns."""
    console.print(Text(f"{report.table} against {report.spec}: {_count(report.rows, 'row')}"))
    for note in report.notes:
        console.print(Text(f"note: {note}", "dim"), soft_wrap=True)
    console.print()
    _show_problems(report.unreadable, console)
    if report.statements:
        console.print(_statement_table(report.statements))
        console.print()
        _explain_undecided(report.statements, console)
    for statement in report.statements:
        _show_offenders(statement, console)
    for line, style in _conclude(report):
        console.print(Text(line, style), soft_wrap=True)


def report_text(report: Report, width: int = 120) -> str:
    """Return the report as it prints without colour."""
    stream = StringIO()
    show_report(report, Console(file=stream, width=width, no_color=True))
    return "".join(line.rstrip() + "\n" for line in stream.getvalue().splitlines())


def _statement_table(statements: Sequence[StatementReport]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    table.add_column("statement", overflow="fold")
    for heading in ("holds", "violated", "not triggered", "undecided", "undefined"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("support", no_wrap=True)
    for each in statements:
        counts = each.counts
        table.add_row(
            Text(_title(each)),
            *(
                f"{number:,}"
                for number in (
                    counts.holds,
                    counts.violated,
                    counts.not_triggered,
                    counts.undecided,
                    counts.undefined,
                )
            ),
            _support(each),
            style=_STYLES[each.outcome],
        )
    return table


def _explain_undecided(statements: Sequence[StatementReport], console: Console) -> None:
    """Say of each undecided rule in how many rows its condition is met."""
    explained = False
    for each in statements:
        counts, open_rows = each.counts, each.undecided_when_met
        if not counts.undecided or open_rows is None:
            continue
        explained = True
        met = counts.holds + counts.violated + open_rows
        unknown = counts.undecided - open_rows
        text = (
            f"{_title(each)}: its condition is met in {_count(met, 'row')} ({counts.holds:,} hold, "
            f"{counts.violated:,} violated, {open_rows:,} undecided)"
        )
        if unknown:
            text += f"; in {unknown:,} more it is unknown whether it is met"
        console.print(Text(text), soft_wrap=True)
    if explained:
        console.print()


def _title(statement: StatementReport) -> str:
    match statement.kind:
        case StatementKind.APPLICABILITY:
            return f"{statement.name} applies"
        case StatementKind.DERIVED_RANGE:
            return f"{statement.name} in range"
        case _:
            return statement.name


def _support(statement: StatementReport) -> str:
    if statement.support is None:
        return "– no row exercised it"
    percent = _percent(statement.support)
    if statement.share is not None:
        percent += f" ({100 * statement.share:g}% asked)"
    return percent


def _percent(share: float) -> str:
    """Return a percentage that says 100 or 0 only where it is exactly that."""
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    return f"{min(99.9, max(0.1, 100 * share)):.1f}%"


def _show_problems(problems: Sequence[ColumnProblems], console: Console) -> None:
    for column in problems:
        cells = _count(column.count, "cell")
        headline = f"{cells} of `{column.column}` can't be read"
        console.print(Text(headline, "bold red"), soft_wrap=True)
        for kind, times in column.kinds.items():
            console.print(Text(f"  {times:,} {'is' if times == 1 else 'are'} {kind}"))
        for cell in column.first:
            shown = f"“{_short(cell.text)}”, " if cell.text else ""
            console.print(Text(f"  {_place(cell)}: {shown}{cell.problem}"), soft_wrap=True)
        if column.count > len(column.first):
            console.print(Text(f"  … and {column.count - len(column.first):,} more", "dim"))
        console.print()


def _show_offenders(statement: StatementReport, console: Console) -> None:
    if not statement.offenders:
        return
    style = _STYLES[statement.outcome]
    console.print(Text(f"{_title(statement)}: {statement.sentence}", style), soft_wrap=True)
    for offender in statement.offenders:
        console.print(Text(f"  {_place(offender)}, {_verdict(offender)}"), soft_wrap=True)
        for line in offender.drawing:
            console.print(Text(f"    {line}"), soft_wrap=True)
    broken = statement.counts.violated + statement.counts.undefined
    if broken > len(statement.offenders):
        console.print(Text(f"  … and {broken - len(statement.offenders):,} more rows", "dim"))
    console.print()


def _verdict(offender: Offender) -> str:
    if offender.verdict == "undefined":
        return "undefined: a division by zero"
    return offender.verdict


def _conclude(report: Report) -> Iterator[tuple[str, str]]:
    for statement in report.statements:
        if statement.outcome is Outcome.BELOW_SHARE:
            yield (
                f"warning: {statement.name} holds in {_support(statement)}",
                _STYLES[Outcome.BELOW_SHARE],
            )
    if report.clean:
        yield "Every cell can be read, and every hard rule is obeyed.", "green"
    elif report.broken_rows == 1:
        yield f"1 of {report.rows:,} rows breaks a rule or has an unreadable cell.", "bold red"
    else:
        rows = f"{report.broken_rows:,} of {report.rows:,} rows"
        yield f"{rows} break a rule or have an unreadable cell.", "bold red"
    if report.audited:
        rows = _count(report.audited, "row")
        yield f"A second engine came to the same verdicts on {rows} picked at random.", "dim"


def _place(place: Place) -> str:
    return f"row {place.row:,}" + ("" if place.line is None else f" (line {place.line:,})")


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
