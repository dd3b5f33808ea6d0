"""Rows by Outlines as it comes: its own logits processor in transformers' `generate`."""

from __future__ import annotations

from typing import Any

import torch
from outlines import Generator
from outlines.types import Regex

from synllm.generate.models import LoadedModel, quiet_libraries


class OutlinesRows:
    """Writes rows of a pattern, batch after batch; the pattern is compiled here, once."""

    def __init__(self, model: LoadedModel, regex: str, prompt: str) -> None:
        self._generator: Any = Generator(model.outlines, Regex(regex))
        self._prompt = prompt

    def write(self, count: int, most_tokens: int, seed: int) -> list[str]:
        """Return so many rows, cut after so many tokens."""
        torch.manual_seed(seed)
        with quiet_libraries(), torch.inference_mode():
            rows = self._generator.batch(
                [self._prompt] * count, max_new_tokens=most_tokens, do_sample=True
            )
        return list(rows)
