"""A stable text of any immutable value of the pipeline, for reading and comparing."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from enum import Enum
from fractions import Fraction

from synllm.diagnostics.source import Source, Span

WIDTH = 100


def dump(value: object) -> str:
    """Return the value as indented text: one line where it fits, spans as `line:column`.

    Fields that are empty, and absent ones, are left out. Sets are sorted, so that equal values
    give equal text.
    """
    return _dump(value, 0)


def _dump(value: object, indent: int) -> str:
    match value:
        case Span():
            return "{}:{}".format(*value.source.position(value.start))
        case Source():
            return repr(value.name)
        case Fraction():
            return str(value)
        case Enum():
            return str(value.value)
        case frozenset() | set():
            return _block("{", [_dump(each, indent + 2) for each in sorted(value)], "}", indent)
        case tuple() | list():
            return _block("[", [_dump(each, indent + 2) for each in value], "]", indent)
        case Mapping():
            items = [f"{key}: {_dump(each, indent + 2)}" for key, each in value.items()]
            return _block("{", items, "}", indent)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [
            f"{field.name}={_dump(content, indent + 2)}"
            for field in dataclasses.fields(value)
            if not _is_empty(content := getattr(value, field.name))
        ]
        return _block(f"{type(value).__name__}(", fields, ")", indent)
    return repr(value)


def _is_empty(content: object) -> bool:
    if isinstance(content, Span):
        return not content.source.name
    return content is None or content is False or content == "" or content == ()


def _block(opening: str, items: list[str], closing: str, indent: int) -> str:
    line = opening + ", ".join(items) + closing
    if len(line) + indent <= WIDTH and "\n" not in line:
        return line
    margin = "\n" + " " * (indent + 2)
    return opening + "".join(f"{margin}{item}" for item in items) + "\n" + " " * indent + closing
