"""Exit codes, the same for every command."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit code says to the shell or to CI."""

    CLEAN = 0
    FINDINGS = 1
    """The work was done and something is wrong: violations, clashing rules, rows not delivered."""
    BAD_INPUT = 2
    """A file or option can't be used as it is."""
    UNDECIDED = 3
    """A question stayed open within its budget; never mistaken for success."""
    ENVIRONMENT = 4
    """The machine stands in the way: no space, no model, no rights."""
    INTERRUPTED = 130
    """Ctrl-C."""
