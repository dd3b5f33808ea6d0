"""What reports for other programs are made from: checked files with their findings."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from synllm.diagnostics.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """One file that was named to a check, and all that was found in it and in what it uses."""

    name: str
    findings: tuple[Diagnostic, ...]


def each_once(files: Iterable[CheckedFile]) -> Iterator[tuple[str, Diagnostic]]:
    """Yield every finding with the file that it is in.

    A library's finding is yielded once, however many of the files use it; one without a place is
    in the file that was checked.
    """
    seen: set[tuple[str, Diagnostic]] = set()
    for file in files:
        for finding in file.findings:
            name = file.name if finding.primary is None else finding.primary.span.source.name
            if (name, finding) not in seen:
                seen.add((name, finding))
                yield name, finding


def shown_path(name: str) -> str:
    """Return a file's path with `/`, from the current folder where the file lies in it."""
    path = Path(os.path.normpath(name))
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def uri_of(name: str) -> str:
    """Return a file's URI (RFC 3986), relative to the current folder where the file lies in it."""
    # Only reports with URIs need these two milliseconds.
    from urllib.parse import quote

    path = shown_path(name)
    if PurePath(path).is_absolute():
        return Path(path).as_uri()
    return quote(path, safe="/", errors="surrogateescape")
