"""The manifest: what was compiled from what, by which versions; the same input gives the same."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import version
from os.path import relpath
from pathlib import PurePath

from pydantic import BaseModel, ConfigDict

from synllm import __version__
from synllm.diagnostics.source import Source
from synllm.spec.model import Spec
from synllm.targets.guarantees import GuaranteeTable
from synllm.targets.prompt.matrix import DisclosureMatrix, LevelContents
from synllm.targets.regex import RowGrammar

_LIBRARIES = ("lark", "numpy", "pydantic")


class FileDigest(BaseModel):
    """A text file's name and the SHA-256 of its UTF-8 bytes, in hexadecimal."""

    model_config = ConfigDict(frozen=True)

    name: str
    sha256: str


class Manifest(BaseModel):
    """What `synllm compile` made of one spec.

    `fields` is the order of generation in prompts, schemas and regex. `longest_row` counts the
    characters of the longest row the regex allows. `files` digests every file but the manifest.
    """

    model_config = ConfigDict(frozen=True)

    created_by: str
    synllm: str
    python: str
    libraries: dict[str, str]
    spec: str
    source: FileDigest
    imports: tuple[FileDigest, ...]
    fields: tuple[str, ...]
    longest_row: int
    levels: tuple[LevelContents, ...]
    guarantees: dict[str, int]
    files: tuple[FileDigest, ...]


def make_manifest(
    spec: Spec,
    grammar: RowGrammar,
    matrix: DisclosureMatrix,
    guarantees: GuaranteeTable,
    files: Mapping[str, str],
) -> Manifest:
    """Return the manifest of a compiled spec; `files` maps names to the texts written under them.

    It holds no times and no folders of this machine.
    """
    return Manifest(
        created_by="synllm compile",
        synllm=__version__,
        python=platform.python_version(),
        libraries={name: version(name) for name in _LIBRARIES},
        spec=spec.name,
        source=_digest(PurePath(spec.source.name).name, spec.source.text),
        imports=tuple(
            _digest(_name_beside(spec.source, source), source.text) for source in spec.imports
        ),
        fields=grammar.fields,
        longest_row=grammar.longest_row,
        levels=matrix.levels,
        guarantees=guarantees.count(),
        files=tuple(_digest(name, text) for name, text in files.items()),
    )


def _digest(name: str, text: str) -> FileDigest:
    return FileDigest(name=name, sha256=sha256(text.encode()).hexdigest())


def _name_beside(source: Source, imported: Source) -> str:
    """Return an imported file's name as seen from the spec's folder."""
    folder = PurePath(source.name).parent
    return PurePath(relpath(imported.name, folder)).as_posix()
