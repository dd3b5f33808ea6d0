"""What a model folder may ask of this machine: checked before anything large is read or built."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from synllm.generate.errors import ModelError, OutOfMemoryError

if TYPE_CHECKING:
    import torch

_LARGEST = {"config.json": 4 * 2**20, "generation_config.json": 4 * 2**20}
_LARGEST_TEXT = 128 * 2**20
"""Real tokenizers take up to 35 MB."""

_TEXTS = (".json", ".jinja", ".txt", ".model")

_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
"""How configurations call the number of layers."""


def check_texts(path: Path) -> None:
    """Refuse a folder with a text that no model needs: it would be read whole."""
    for file in sorted(path.iterdir()):
        if file.suffix not in _TEXTS or not file.is_file():
            continue
        size, most = file.stat().st_size, _LARGEST.get(file.name, _LARGEST_TEXT)
        if size > most:
            raise ModelError(
                f"{file.name} has {size / 1e6:,.0f} MB, and no model needs more than "
                f"{most / 1e6:,.0f} MB there",
                where=str(file),
                fix="Copy the file again from where the model came from.",
            )


def check_layers(config: Mapping[str, object], weights: int, where: str) -> None:
    """Refuse a configuration with more layers than there are weights: they would all be built."""
    inner = config.get("text_config")
    for section in (config, inner if isinstance(inner, dict) else {}):
        for key in _LAYERS:
            layers = section.get(key)
            if isinstance(layers, int) and layers > weights:
                raise ModelError(
                    f"config.json tells of {layers:,} layers, and the weights are {weights:,} "
                    "tensors",
                    where=where,
                    fix="Use weights and config.json that belong together.",
                )


def check_room(weights: int, dtype: torch.dtype, device: torch.device, where: str) -> None:
    """Refuse a model whose weights alone are more than the memory of the machine or card.

    `weights` is their number. Memory that other programs hold is not subtracted.
    """
    needed, room = weights * dtype.itemsize, _memory_of(device)
    if room is not None and needed > room:
        raise OutOfMemoryError(
            f"The model takes {needed / 1e9:,.1f} GB in {str(dtype).removeprefix('torch.')}, and "
            f"{'this machine' if device.type == 'cpu' else str(device)} has {room / 1e9:,.1f} GB",
            where=where,
            fix="Use --dtype bfloat16 or float16, a larger machine, or a smaller model.",
        )


def _memory_of(device: torch.device) -> int | None:
    """Return the bytes of memory in all, None where the system doesn't tell."""
    if device.type == "cuda":
        import torch

        return int(torch.cuda.mem_get_info(device)[1])
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
