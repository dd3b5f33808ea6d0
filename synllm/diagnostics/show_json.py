"""Findings as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from synllm.diagnostics.diagnostic import Diagnostic, Label, Severity
from synllm.diagnostics.fingerprint import fingerprints
from synllm.diagnostics.json_text import write_json


class Place(BaseModel):
    """A place in a file with the words beside it; lines and columns count from 1, ends exclude."""

    model_config = ConfigDict(frozen=True)

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


class WitnessCell(BaseModel):
    """One cell of the patient row that shows a finding."""

    model_config = ConfigDict(frozen=True)

    column: str
    cell: str


class Finding(BaseModel):
    """One finding: `primary` is where to look first, `secondary` what else bears on it."""

    model_config = ConfigDict(frozen=True)

    finding: str
    severity: Severity
    headline: str
    primary: Place | None
    secondary: tuple[Place, ...]
    fix: str | None
    witness: tuple[WitnessCell, ...]
    allowed: str | None
    """The reason that the spec gives for accepting it; such a finding is in no other count."""
    fingerprint: str
    """The same in every run until the finding, its file or what it is about changes."""


class Report(BaseModel):
    """All findings of one run, in the order in which the text shows them, and their counts."""

    model_config = ConfigDict(frozen=True)

    findings: tuple[Finding, ...]
    errors: int
    warnings: int
    notes: int
    allowed: int


def report_of(diagnostics: Iterable[Diagnostic]) -> Report:
    """Return the findings as a model that leaves the program."""
    everything = tuple(diagnostics)
    findings = tuple(map(_finding, everything, fingerprints(everything)))
    counts = Counter(each.severity for each in findings if each.allowed is None)
    return Report(
        findings=findings,
        errors=counts[Severity.ERROR],
        warnings=counts[Severity.WARNING],
        notes=counts[Severity.NOTE],
        allowed=len(findings) - counts.total(),
    )


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the report as indented JSON, its keys in a fixed order, safe to print."""
    return write_json(report_of(diagnostics).model_dump(mode="python"))


def _finding(diagnostic: Diagnostic, fingerprint: str) -> Finding:
    return Finding(
        finding=diagnostic.finding,
        severity=diagnostic.severity,
        headline=diagnostic.headline,
        primary=None if diagnostic.primary is None else _place(diagnostic.primary),
        secondary=tuple(map(_place, diagnostic.secondary)),
        fix=diagnostic.fix,
        witness=tuple(WitnessCell(column=column, cell=cell) for column, cell in diagnostic.witness),
        allowed=diagnostic.allowed,
        fingerprint=fingerprint,
    )


def _place(label: Label) -> Place:
    line, column = label.span.source.position(label.span.start)
    end_line, end_column = label.span.source.position(label.span.end)
    return Place(
        file=label.span.source.name,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        text=label.text,
    )
