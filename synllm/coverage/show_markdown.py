"""A coverage report in Markdown, ready to be a pull-request comment."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from synllm.coverage.report import CoverageReport, Gap, StatementCoverage
from synllm.coverage.show_text import (
    place_words,
    shown_neighbour,
    shown_percent,
    shown_values,
    title_of,
)


def coverage_markdown(report: CoverageReport) -> str:
    """Return the report: the summary and the gaps first, every count folded away."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: CoverageReport) -> Iterator[str]:
    rows = "1 row" if report.rows == 1 else f"{report.rows:,} rows"
    yield f"## Coverage: {_plain(report.table)} against {_plain(report.spec)}"
    yield ""
    yield f"{rows}, {shown_percent(report.percent)} of what they could exercise."
    for note in report.notes:
        yield ""
        yield f"> {_plain(note)}"
    yield ""
    yield from _table(
        ("measure", "covered", "possible", "", "impossible"),
        (
            (
                each.measure,
                f"{each.covered:,}",
                f"{each.possible:,}",
                shown_percent(each.percent) if each.possible else "–",
                f"{each.impossible:,}",
            )
            for each in report.measures
        ),
    )
    gaps = [gap for gap in report.gaps if not gap.impossible]
    if gaps:
        yield from _gaps("Not covered", gaps, report)
    if report.statements:
        yield from _folded("Statements", _statements(report.statements))
        yield from _folded("Clauses", _clauses(report.statements))
    if any(each.lines for each in report.statements):
        yield from _folded("Lines of decision tables", _table_lines(report.statements))
    yield from _folded("Values", _values(report))
    if report.thresholds:
        yield from _folded("Boundaries", _thresholds(report))


def _gaps(heading: str, gaps: Sequence[Gap], report: CoverageReport) -> Iterator[str]:
    yield ""
    yield f"### {heading}"
    yield ""
    yield from _table(
        ("where", "line", "what", "a row would be"),
        (
            (gap.subject, place_words(gap, report).removeprefix("line "), gap.what, gap.needs)
            for gap in gaps
        ),
    )


def _statements(statements: Sequence[StatementCoverage]) -> Iterator[str]:
    headings = ("statement", "holds", "violated", "not triggered", "undecided", "undefined")
    yield from _table(
        (*headings, "condition met", "conclusion true", "conclusion false"),
        (
            (
                title_of(each),
                *(f"{number:,}" for number in each.counts.model_dump().values()),
                "–" if each.condition is None else f"{each.condition.true:,}",
                "–" if each.conclusion is None else f"{each.conclusion.true:,}",
                "–" if each.conclusion is None else f"{each.conclusion.false:,}",
            )
            for each in statements
        ),
    )


def _clauses(statements: Sequence[StatementCoverage]) -> Iterator[str]:
    yield from _table(
        ("statement", "clause", "true", "false", "unknown", "undefined"),
        (
            (
                title_of(each),
                f"{clause.role} {clause.text}",
                *(f"{number:,}" for number in clause.rows.model_dump().values()),
            )
            for each in statements
            for clause in each.clauses
        ),
    )


def _table_lines(statements: Sequence[StatementCoverage]) -> Iterator[str]:
    yield from _table(
        ("statement", "line", "applies", "result as stated", "another result"),
        (
            (title_of(each), line.text, f"{line.taken:,}", f"{line.kept:,}", f"{line.broken:,}")
            for each in statements
            for line in each.lines
        ),
    )


def _values(report: CoverageReport) -> Iterator[str]:
    yield from _table(
        ("column", "value", "rows"),
        (
            (column.name, words, f"{rows:,}")
            for column in report.columns
            for words, rows in shown_values(column)
        ),
    )


def _thresholds(report: CoverageReport) -> Iterator[str]:
    yield from _table(
        ("boundary", "just below", "at", "just above", "statements"),
        (
            (
                f"{each.column} {each.threshold}",
                *(shown_neighbour(each, position) for position in ("below", "at", "above")),
                ", ".join(each.statements),
            )
            for each in report.thresholds
        ),
    )


def _folded(summary: str, lines: Iterable[str]) -> Iterator[str]:
    yield ""
    yield f"<details><summary>{summary}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(headings)} |"
    yield f"| {' | '.join('---' for _ in headings)} |"
    for row in rows:
        yield f"| {' | '.join(_plain(cell) for cell in row)} |"


def _plain(text: str) -> str:
    """Return a text that Markdown shows as it is, but for words between backticks."""
    parts = text.split("`")
    shown = [
        part.replace("|", "\\|") if place % 2 else re.sub(r"([\\*_<>\[\]|])", r"\\\1", part)
        for place, part in enumerate(parts)
    ]
    return "`".join(shown)
