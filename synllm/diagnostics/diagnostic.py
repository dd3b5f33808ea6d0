"""The one type for everything synllm has to tell about a spec or a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.source import Span


class Severity(StrEnum):
    """How much a finding matters: an error stops the work, a note never does."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Label:
    """A place with the words written beside it (possibly none)."""

    span: Span
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: what is wrong with the reader's data, where, and what would mend it."""

    finding: str
    severity: Severity
    headline: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    fix: str | None = None
    witness: tuple[tuple[str, str], ...] = ()
    """A patient row that shows the finding, as (column, cell) pairs."""
    allowed: str | None = None
    """The reason why the author accepts it; such a finding counts for nothing."""

    @property
    def counts(self) -> bool:
        """Whether it is a finding to act on: neither a note nor allowed."""
        return self.severity is not Severity.NOTE and self.allowed is None


def report(
    finding: str,
    headline: str,
    at: Span | None = None,
    label: str = "",
    *,
    also: Iterable[tuple[Span, str]] = (),
    fix: str | None = None,
    witness: Sequence[tuple[str, str]] = (),
) -> Diagnostic:
    """Return a diagnostic whose severity is the one the catalogue gives its finding."""
    return Diagnostic(
        finding=finding,
        severity=Severity(FINDINGS[finding]),
        headline=headline,
        primary=None if at is None else Label(at, label),
        secondary=tuple(Label(span, text) for span, text in also),
        fix=fix,
        witness=tuple(witness),
    )


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Return whether any of the findings is an error."""
    return any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics)
