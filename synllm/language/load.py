"""Spec files: read, imports followed, parsed and resolved."""

from __future__ import annotations

import contextlib
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from synllm.diagnostics.diagnostic import Diagnostic, has_errors, report
from synllm.diagnostics.source import Source
from synllm.language.parse import parse
from synllm.language.resolve.libraries import Library
from synllm.language.resolve.resolve import resolve
from synllm.language.syntax import SyntaxTree, TableNode, UseNode
from synllm.resources import specs_folder
from synllm.spec.model import Spec

MOST_BYTES = 2_000_000
"""A spec larger than this is a data file by mistake; reading on would take minutes."""


class Files(Protocol):
    """Where specs and what they use are read from: the disk, or a revision of a repository."""

    def read(self, path: Path) -> tuple[Source | None, list[Diagnostic]]:
        """Return a file's text, or say why it can't be read as a spec."""

    def is_file(self, path: Path) -> bool:
        """Return whether there is such a file."""

    def resolve(self, path: Path) -> Path:
        """Return the path that all paths to the same file have in common."""


class Disk:
    """The files of this machine."""

    def read(self, path: Path) -> tuple[Source | None, list[Diagnostic]]:
        """Return a file's text, or say why it can't be read as a spec."""
        return read_source(path)

    def is_file(self, path: Path) -> bool:
        """Return whether there is such a file."""
        return path.is_file()

    def resolve(self, path: Path) -> Path:
        """Return the absolute path, links followed."""
        return path.resolve()


DISK = Disk()


def load_spec(path: Path | str, files: Files = DISK) -> tuple[Spec | None, list[Diagnostic]]:
    """Return the spec in a file, and all findings in it and its imports.

    The spec is None where the file can't be read at all or holds errors.
    """
    path = Path(path)
    source, diagnostics = files.read(path)
    if source is None:
        return None, diagnostics
    return _load(source, path, (), files)


def parse_spec(text: str, name: str = "<text>") -> tuple[Spec | None, list[Diagnostic]]:
    """Return the spec in a text; its imports are looked up from the current folder."""
    return _load(Source(name, text), Path(name), (), DISK)


def read_source(path: Path) -> tuple[Source | None, list[Diagnostic]]:
    """Return a spec file's text, or say why it can't be read as one."""
    name = str(path)
    try:
        if path.is_dir():
            return None, [_unreadable(name, "it is a folder", "name a file: `FOLDER/NAME.synspec`")]
        if path.stat().st_size > MOST_BYTES:
            size = path.stat().st_size / 1e6
            return None, [
                _unreadable(
                    name,
                    f"it is {size:.1f} MB, and no spec is larger than {MOST_BYTES / 1e6:.0f} MB",
                    "name the .synspec file, not the data",
                )
            ]
        data = path.read_bytes()
    except FileNotFoundError:
        return None, [_unreadable(name, "there is no such file", "check the name and the folder")]
    except OSError as error:
        return None, [_unreadable(name, (error.strerror or str(error)).lower(), "check its rights")]
    return decode_source(name, data)


def decode_source(name: str, data: bytes) -> tuple[Source | None, list[Diagnostic]]:
    """Return the text of a spec file's bytes, or say why they can't be a spec."""
    if b"\0" in data:
        return None, [_unreadable(name, "it is a binary file", "name a text file in .synspec")]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return None, [_unreadable(name, f"line {line} is not UTF-8 text", "save the file as UTF-8")]
    if not text.strip():
        return None, [_unreadable(name, "it is empty", "start one with `synllm new TABLE -o SPEC`")]
    return Source(name, text.replace("\r\n", "\n")), []


def _unreadable(name: str, why: str, fix: str) -> Diagnostic:
    return report("unreadable-spec", f"{name} can't be read as a spec: {why}", fix=fix)


def _load(
    source: Source, path: Path, using: tuple[Path, ...], files: Files
) -> tuple[Spec | None, list[Diagnostic]]:
    tree, diagnostics = parse(source)
    libraries, import_findings = _libraries(tree, path, (*using, files.resolve(path)), files)
    diagnostics.extend(import_findings)
    spec, findings = resolve(tree, libraries)
    diagnostics.extend(findings)
    unique = sorted(dict.fromkeys(diagnostics), key=lambda each: _reading_order(each, source))
    return (None if has_errors(unique) else spec), unique


def _reading_order(diagnostic: Diagnostic, source: Source) -> tuple[bool, int]:
    """Return a key that puts a file's own findings first, from top to bottom."""
    if diagnostic.primary is None:
        return False, -1
    span = diagnostic.primary.span
    return span.source is not source, span.start if span.source is source else 0


def _libraries(
    tree: SyntaxTree, path: Path, using: tuple[Path, ...], files: Files
) -> tuple[list[Library], list[Diagnostic]]:
    libraries: list[Library] = []
    found: list[Diagnostic] = []
    for node in tree.statements:
        if not isinstance(node, UseNode):
            continue
        file, place = _find(path, node.path.text, files)
        if file is None:
            found.append(
                report(
                    "import-not-found",
                    f'there is no file "{node.path.text}"',
                    node.path.span,
                    "looked for beside this spec, and among the specs that come with synllm",
                    fix="check the path: it starts from this spec's own folder",
                )
            )
            continue
        if place.resolve(file) in using:
            found.append(
                report(
                    "import-cycle",
                    f'"{node.path.text}" uses this file in turn',
                    node.span,
                    fix="move what both need into a third file",
                )
            )
            continue
        source, unreadable = place.read(file)
        if source is None:
            found.extend(unreadable)
            continue
        library_tree, mistakes = _parse_library(source.name, source.text)
        table = next((n for n in library_tree.statements if isinstance(n, TableNode)), None)
        if table is not None:
            found.append(
                report(
                    "import-with-table",
                    f'"{node.path.text}" holds a table, so it is no library',
                    node.span,
                    also=[(table.name.span, "its table")],
                    fix="move its types and rules into a file without a table",
                )
            )
            continue
        inner, inner_findings = _libraries(library_tree, file, (*using, place.resolve(file)), place)
        spec, findings = resolve(library_tree, inner)
        found.extend((*mistakes, *inner_findings, *findings))
        libraries.extend(inner)
        if spec is not None:
            libraries.append(Library(library_tree, spec))
    return _distinct(libraries), found


@lru_cache(maxsize=64)
def _parse_library(name: str, text: str) -> tuple[SyntaxTree, tuple[Diagnostic, ...]]:
    """Return a library's tree; several specs that are checked together often share one."""
    tree, mistakes = parse(Source(name, text))
    return tree, tuple(mistakes)


def _distinct(libraries: list[Library]) -> list[Library]:
    """Return each library once, however many files use it."""
    by_name: dict[str, Library] = {}
    for library in libraries:
        by_name.setdefault(library.tree.source.name, library)
    return list(by_name.values())


def _find(path: Path, name: str, files: Files) -> tuple[Path | None, Files]:
    """Return a used file and where it is read from; the specs that ship are on the disk."""
    beside = path.parent / name
    if files.is_file(beside):
        return beside, files
    with contextlib.suppress(FileNotFoundError):
        shipped = specs_folder() / name
        if shipped.is_file():
            return shipped, DISK
    return None, files
