"""One run at a time writes a journal."""

from __future__ import annotations

import sys
from pathlib import Path

from synllm.generate.journal.errors import JournalError

if sys.platform != "win32":
    import fcntl
else:
    import msvcrt


class Lock:
    """Held until it is released or the process ends, in whatever way. Raises JournalError."""

    def __init__(self, folder: Path) -> None:
        self._file = (folder / "lock").open("wb")
        try:
            if sys.platform != "win32":
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            else:
                msvcrt.locking(self._file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            self._file.close()
            raise JournalError(
                f"another run is writing to {folder}", "wait for it, or choose another output"
            ) from error

    def release(self) -> None:
        """Let others in."""
        self._file.close()
