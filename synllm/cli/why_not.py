"""Why there is no such patient, in one wording for every command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synllm.cli.console import say

if TYPE_CHECKING:
    from synllm.proof.witnesses.witness_rows import NoRow


def no_valid_patient(given: str | None) -> str:
    """Return the subject of `say_why_not`: valid patients, as far as they meet what is given."""
    return "no valid patient exists" if given is None else f"no valid patient meets `{given}`"


def say_why_not(subject: str, why: NoRow) -> None:
    """Say that there is no such row, and name the statements that rule it out."""
    if not why.claims:
        say(f"error: {subject}: the columns' ranges and codes exclude it")
        return
    say(f"error: {subject}; what excludes it:")
    for claim in why.claims:
        say(f"  {claim.span.source.name}:{claim.span.line}: {claim.words}")
