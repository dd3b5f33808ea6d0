"""The headers of safetensors files: what weights there are, without reading them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from synllm.generate.errors import ModelError, say_missing_extra

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
                    form = str(part.get_dtype())
                    found.append(
                        WeightHeader(
                            name, tuple(part.get_shape()), _FORMATS.get(form, form.lower())
                        )
                    )
        except (SafetensorError, OSError) as error:
            raise ModelError(
                f"The weights file is damaged or cut short: {_first_line(error)}",
                where=str(file),
                fix="Copy the file again from where the model came from.",
            ) from error
        if len(found) == before:
            raise ModelError("The weights file is empty", where=where, fix="Copy the file again.")
    return tuple(found)


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(".")
