"""The headers of safetensors files: what weights there are, without reading them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from synllm.generate.errors import ModelError, first_line, say_missing_extra

_FORMATS = {"F32": "float32", "F16": "float16", "BF16": "bfloat16", "F64": "float64"}
"""Number formats as safetensors calls them, and as users do."""


@dataclass(frozen=True, slots=True)
class WeightHeader:
    """A weight's name, shape and number format as stored."""

    name: str
    shape: tuple[int, ...]
    stored: str

    @property
    def size(self) -> int:
        """How many numbers it has."""
        return prod(self.shape)

    @property
    def bytes(self) -> int:
        """How many bytes it takes as stored."""
        bits = re.search(r"[0-9]+", self.stored)
        return self.size * (int(bits[0]) if bits else 8) // 8


def read_headers(files: Sequence[Path], where: str) -> tuple[WeightHeader, ...]:
    """Return what the files hold; their headers are checked against their lengths.

    Raises ModelError for a file that is damaged, cut short or empty; `where` names the model.
    """
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise say_missing_extra("safetensors") from error
    found: list[WeightHeader] = []
    for file in files:
        before = len(found)
        try:
            with safe_open(file, framework="numpy") as weights:
                for name in weights.keys():  # noqa: SIM118 - it has keys, and is no mapping
                    part: Any = weights.get_slice(name)
                    form = format_name(str(part.get_dtype()))
                    found.append(WeightHeader(name, tuple(part.get_shape()), form))
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"The weights file is damaged or cut short: {first_line(error)}",
                where=str(file),
                fix="Copy the file again from where the model came from.",
            ) from error
        if len(found) == before:
            raise ModelError("The weights file is empty", where=where, fix="Copy the file again.")
    return tuple(found)


def format_name(stored: str) -> str:
    """Return what users call a number format of safetensors."""
    return _FORMATS.get(stored, stored.lower())
