"""A finding, and which figures of the block it settles."""

from __future__ import annotations

from dataclasses import dataclass

from synllm.diagnostics.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Refuted:
    """Figures that can't be true, by their places in the block, and the finding that says so.

    They are left out of the checks that follow, so that one mistake is told once.
    """

    diagnostic: Diagnostic
    places: frozenset[int]
