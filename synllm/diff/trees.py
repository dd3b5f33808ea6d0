"""Where the specs of one version are: a file, a folder, or a revision of a repository."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.language.load import load_spec
from synllm.spec.model import Spec

SUFFIX = ".synspec"


class VersionError(Exception):
    """A version can't be read: what is wrong, and what to do."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what = what
        self.fix = fix


class Tree(Protocol):
    """The specs of one version, by the names under which the versions are compared."""

    def names(self) -> Sequence[str]:
        """Return the specs' names in order; every library among them is one too."""

    def load(self, name: str) -> tuple[Spec | None, list[Diagnostic]]:
        """Return a spec and all findings in it; None where it can't be used."""


@dataclass(frozen=True, slots=True)
class File:
    """One spec; `name` is what it is compared under, whatever the file is called."""

    path: Path
    name: str

    def names(self) -> Sequence[str]:
        """Return the one name."""
        return (self.name,)

    def load(self, name: str) -> tuple[Spec | None, list[Diagnostic]]:
        """Return the spec."""
        return load_spec(self.path)


@dataclass(frozen=True, slots=True)
class Folder:
    """All specs in a folder and the folders in it, by their paths from there."""

    path: Path

    def names(self) -> Sequence[str]:
        """Return the paths with slashes, in alphabetical order; hidden folders are left out."""
        found = (file.relative_to(self.path) for file in self.path.rglob(f"*{SUFFIX}"))
        return sorted(
            file.as_posix() for file in found if not any(part[0] == "." for part in file.parts)
        )

    def load(self, name: str) -> tuple[Spec | None, list[Diagnostic]]:
        """Return the spec at a path."""
        return load_spec(self.path / name)


def open_paths(paths: Sequence[Path]) -> tuple[Tree, Tree]:
    """Return the two versions that two paths name: two specs, or two folders of specs.

    Raises VersionError where they are not two, not there, or not alike.
    """
    if len(paths) != 2:
        raise VersionError(
            f"two versions are compared, and {len(paths) or 'none'} are named",
            "name two files or folders, `synllm diff OLD NEW`, or revisions: "
            "`synllm diff --git main..HEAD`",
        )
    for path in paths:
        if not path.exists():
            raise VersionError(f"there is no file or folder {path}", "check the name")
    old, new = paths
    if old.is_dir() != new.is_dir():
        folder, file = (old, new) if old.is_dir() else (new, old)
        raise VersionError(
            f"{folder} is a folder, and {file} is not",
            "name two specs, or two folders of specs",
        )
    if old.is_dir():
        return Folder(old), Folder(new)
    return File(old, str(new)), File(new, str(new))
