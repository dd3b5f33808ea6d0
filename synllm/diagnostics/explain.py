"""The pages behind the findings' names."""

from __future__ import annotations

from dataclasses import dataclass

from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.suggest import did_you_mean
from synllm.resources import finding_page


@dataclass(frozen=True, slots=True)
class FindingSummary:
    """A finding's name and severity, and the sentence its page opens with."""

    name: str
    severity: str
    sentence: str


def explain(name: str) -> str | None:
    """Return the Markdown page of a finding, or None when no finding has that name."""
    return finding_page(name.strip())


def suggest_finding(name: str) -> str:
    """Return a sentence for a name that is no finding: the closest one, else where the list is."""
    hint = did_you_mean(name.strip(), FINDINGS)
    return f"no finding is called `{name}`; {hint or 'synllm explain lists them all'}"


def list_findings() -> tuple[FindingSummary, ...]:
    """Return every finding with a page, in alphabetical order."""
    return tuple(
        FindingSummary(name, FINDINGS[name], opening_sentence(page))
        for name in sorted(FINDINGS)
        if (page := finding_page(name)) is not None
    )


def opening_sentence(page: str) -> str:
    """Return the first sentence under the title, which may run over several lines."""
    paragraphs = [part.strip() for part in page.split("\n\n")]
    opening = next(part for part in paragraphs if part and not part.startswith("#"))
    return " ".join(opening.split()).split(". ")[0].rstrip(".") + "."
