"""JSON with exact numbers: a Decimal is written with the digits it has."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

JsonValue: TypeAlias = (
    "bool | int | Decimal | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
)


def render_json(value: JsonValue, indent: int = 0) -> str:
    """Return indented JSON text, lists of plain values on one line; floats are refused."""
    match value:
        case Decimal():
            return f"{value:f}"
        case None | bool() | int() | str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            entries = [
                f"{json.dumps(key, ensure_ascii=False)}: {render_json(each, indent + 2)}"
                for key, each in value.items()
            ]
            return _enclose("{", entries, "}", indent)
        case Sequence():
            entries = [render_json(each, indent + 2) for each in value]
            if all(not isinstance(each, Mapping | list | tuple) for each in value):
                return f"[{', '.join(entries)}]"
            return _enclose("[", entries, "]", indent)
        case _:
            raise TypeError(f"{value!r} is no exact JSON value")


def _enclose(opening: str, entries: list[str], closing: str, indent: int) -> str:
    if not entries:
        return opening + closing
    separator = ",\n" + " " * (indent + 2)
    return f"{opening}\n{' ' * (indent + 2)}{separator.join(entries)}\n{' ' * indent}{closing}"
