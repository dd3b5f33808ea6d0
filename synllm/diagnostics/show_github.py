"""Findings as GitHub workflow commands, which mark the lines of a pull request.

GitHub shows ten errors, ten warnings and ten notices of one step and drops the rest, so the last
one of a full ten says how many there are beyond it. The commands belong on standard output.
"""

from __future__ import annotations

from collections.abc import Sequence

from synllm.diagnostics.checked import CheckedFile, each_once, shown_path
from synllm.diagnostics.diagnostic import Diagnostic, Severity
from synllm.diagnostics.remarks import remarks_on
from synllm.diagnostics.terminal_text import make_visible

MOST_SHOWN = 10
_COMMAND = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_PLURAL = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.NOTE: "notes"}


def render_github(files: Sequence[CheckedFile]) -> str:
    """Return one line for each finding that counts or informs, the gravest first; "" for none.

    Findings that the spec allows are left out.
    """
    found = [(file, finding) for file, finding in each_once(files) if finding.allowed is None]
    lines: list[str] = []
    for severity in Severity:
        alike = [each for each in found if each[1].severity is severity]
        shown = alike if len(alike) <= MOST_SHOWN else alike[: MOST_SHOWN - 1]
        lines += [_annotation(file, finding) for file, finding in shown]
        if more := alike[len(shown) :]:
            lines.append(_rest(severity, more))
    return "".join(f"{line}\n" for line in lines)


def _annotation(file: str, finding: Diagnostic) -> str:
    place: list[tuple[str, object]] = [("file", shown_path(file))]
    if finding.primary is not None:
        span = finding.primary.span
        line, column = span.source.position(span.start)
        end_line, end_column = span.source.position(span.end)
        place += [("line", line), ("endLine", end_line)]
        # GitHub refuses columns for a stretch of several lines.
        if line == end_line:
            place += [("col", column), ("endColumn", max(end_column, column))]
    place.append(("title", finding.finding))
    text = "\n".join(
        [finding.headline, *(f"{heading}: {text}" for heading, text in remarks_on(finding))]
    )
    properties = ",".join(f"{name}={_escape_property(str(value))}" for name, value in place)
    return f"::{_COMMAND[finding.severity]} {properties}::{_escape(text)}"


def _rest(severity: Severity, more: Sequence[tuple[str, Diagnostic]]) -> str:
    where = "\n".join(
        f"{shown_path(file)}: {finding.finding}"
        if finding.primary is None
        else f"{shown_path(file)}:{finding.primary.span.line}: {finding.finding}"
        for file, finding in more
    )
    title = _escape_property(f"{len(more)} more {_PLURAL[severity]}")
    return f"::{_COMMAND[severity]} title={title}::{_escape(where)}"


def _escape(text: str) -> str:
    """Return a text as the data of a workflow command: on one line, and nothing but text."""
    visible = "\n".join(map(make_visible, text.split("\n")))
    return visible.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
