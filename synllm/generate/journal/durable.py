"""Files whose content outlives the process and the machine once a write has returned."""

from __future__ import annotations

import os
from pathlib import Path


class AppendedFile:
    """A file that only grows. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("ab", buffering=0)

    def append(self, content: bytes) -> None:
        """Append all of the content, and return when it is on the disk."""
        left = memoryview(content)
        try:
            while left:
                left = left[self._file.write(left) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            error.filename = str(self._path)  # Only opening a file tells which one it is.
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def write_durably(path: Path, content: bytes) -> None:
    """Replace a file as a whole: whatever happens, it has its old content or the new one."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Return when the names in a folder are on the disk."""
    if os.name == "nt":  # There folders can't be opened, and names are written with their files.
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
