"""Did-you-mean suggestions for names that are nearly right."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Return the known name closest to a mistyped one, or None where nothing is close."""
    candidates = list(known)
    folded: dict[str, str] = {}
    for candidate in candidates:
        folded.setdefault(candidate.casefold(), candidate)
    # Two short words share letters by chance: stage IV is no slip of the pen for I.
    cutoff = 0.7 if len(word) <= 3 else 0.6
    match = get_close_matches(word.casefold(), folded, n=1, cutoff=cutoff)
    return folded[match[0]] if match else None


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a hint sentence for a mistyped name: the closest one, else the whole short list."""
    candidates = list(known)
    closest = suggest(word, candidates)
    if closest is not None:
        return f"did you mean `{closest}`?"
    if 0 < len(candidates) <= 8:
        return "known here: " + ", ".join(f"`{candidate}`" for candidate in candidates)
    return None
