"""The specs in two revisions of a git repository, read without touching its working tree."""

from __future__ import annotations

import os
import posixpath
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.source import Source
from synllm.diff.model import Labels
from synllm.diff.trees import SUFFIX, Tree, VersionError
from synllm.language.load import decode_source, load_spec
from synllm.spec.model import Spec


@dataclass(frozen=True)
class Revision:
    """The specs in one commit; what they use is looked up in the same commit.

    Paths are those from the top of the repository; `wanted` limits the specs compared, not what
    they use. Messages call a file `LABEL:PATH`.
    """

    top: Path
    commit: str
    label: str
    wanted: Sequence[str] = ()
    _texts: dict[str, bytes] = field(default_factory=dict, repr=False)

    @cached_property
    def files(self) -> frozenset[str]:
        """Every path in the commit."""
        listed = _git(self.top, "ls-tree", "-r", "-z", "--name-only", "--full-tree", self.commit)
        return frozenset(listed.decode("utf-8", "surrogateescape").split("\0"))

    def names(self) -> Sequence[str]:
        """Return the paths of the specs asked for, in alphabetical order."""
        return [name for name in sorted(self.files) if _is_wanted(name, self.wanted)]

    def load(self, name: str) -> tuple[Spec | None, list[Diagnostic]]:
        """Return the spec at a path of the commit."""
        return load_spec(Path(name), self)

    def read(self, path: Path) -> tuple[Source | None, list[Diagnostic]]:
        """Return the text of a file in the commit, or say why it can't be read as a spec."""
        name = self.resolve(path).as_posix()
        if name not in self._texts:
            self._texts[name] = _git(self.top, "cat-file", "blob", f"{self.commit}:{name}")
        return decode_source(f"{self.label}:{name}", self._texts[name])

    def is_file(self, path: Path) -> bool:
        """Return whether the commit has such a file."""
        return self.resolve(path).as_posix() in self.files

    def resolve(self, path: Path) -> Path:
        """Return the path from the top of the repository, without `..`."""
        return Path(posixpath.normpath(path.as_posix()))


@dataclass(frozen=True, slots=True)
class WorkingTree:
    """The specs as they are on the disk: tracked ones, and new ones that are not ignored."""

    top: Path
    wanted: Sequence[str] = ()

    def names(self) -> Sequence[str]:
        """Return the paths of the specs asked for, in alphabetical order."""
        listed = _git(self.top, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
        names = set(listed.decode("utf-8", "surrogateescape").split("\0"))
        return [
            name
            for name in sorted(names)
            if _is_wanted(name, self.wanted) and (self.top / name).is_file()
        ]

    def load(self, name: str) -> tuple[Spec | None, list[Diagnostic]]:
        """Return the spec at a path of the working tree."""
        return load_spec(Path(os.path.relpath(self.top / name)))


def open_revisions(text: str, paths: Sequence[Path]) -> tuple[Tree, Tree, Labels]:
    """Return the two versions that `A..B` names, and what they are called.

    `A..` and `A` compare with the working tree, `A...B` what B changed since it left A. Without
    paths all specs of the repository are compared. Raises VersionError where git, the repository,
    a revision or a path is missing.
    """
    top = Path(_git(Path.cwd(), "rev-parse", "--show-toplevel").decode().rstrip("\n"))
    wanted = [_from_top(path, top) for path in paths]
    before, dots, after = _split(text)
    commit = _commit(top, before)
    if dots == "...":
        base = _git(top, "merge-base", commit, _commit(top, after or "HEAD"))
        commit = base.decode().strip()
    old = Revision(top, commit, before, wanted)
    if not after and dots != "...":
        new: Tree = WorkingTree(top, wanted)
    else:
        after = after or "HEAD"
        new = Revision(top, _commit(top, after), after, wanted)
    for path, name in zip(paths, wanted, strict=True):
        if not any(_is_wanted(each, [name]) for tree in (old, new) for each in tree.names()):
            raise VersionError(
                f"neither version has a spec at {path}",
                f"name a {SUFFIX} file or a folder of them, from where you are",
            )
    return (
        old,
        new,
        Labels(f"version {before}", f"version {after}" if after else "the working tree"),
    )


def _split(text: str) -> tuple[str, str, str]:
    for dots in ("...", ".."):
        before, found, after = text.partition(dots)
        if found:
            return before or "HEAD", dots, after
    return text, "", ""


def _commit(top: Path, revision: str) -> str:
    if not revision.startswith("-"):
        answer = _run(top, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if answer.returncode == 0:
            return answer.stdout.decode().strip()
    raise VersionError(
        f"this repository has no revision `{revision}`",
        "name a branch, a tag or a commit; in CI, fetch it first, or check out the whole history",
    )


def _from_top(path: Path, top: Path) -> str:
    return Path(os.path.relpath(path.absolute(), top)).as_posix()


def _is_wanted(name: str, wanted: Sequence[str]) -> bool:
    if not name.endswith(SUFFIX):
        return False
    parents = {name, ".", *(parent.as_posix() for parent in PurePosixPath(name).parents)}
    return not wanted or any(each in parents for each in wanted)


def _git(folder: Path, *arguments: str) -> bytes:
    answer = _run(folder, *arguments)
    if answer.returncode:
        said = answer.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        if "not a git repository" in said:
            raise VersionError(
                "this folder is in no git repository",
                "run the command inside one, or compare two files: `synllm diff OLD NEW`",
            )
        raise VersionError(f"git could not answer: {said}", "check the revisions")
    return answer.stdout


def _run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, env=environment, check=False
        )
    except FileNotFoundError as error:
        raise VersionError(
            "git is not installed here", "install it, or compare two files or folders"
        ) from error
