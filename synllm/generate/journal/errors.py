"""Why a run can't be started or continued."""

from __future__ import annotations


class JournalError(Exception):
    """A run can't be started or continued as asked: what is in the way, and what to do.

    `changes` names, one a line, what is not as it was when the run was started.
    """

    def __init__(self, what: str, fix: str, changes: tuple[str, ...] = ()) -> None:
        super().__init__("\n".join((what, *changes, fix)))
        self.what = what
        self.fix = fix
        self.changes = changes
