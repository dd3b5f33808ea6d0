"""A model that has learned nothing, which trained ones are compared with."""

from __future__ import annotations

from pathlib import Path

import torch

from synllm.generate.embedded.recipe.export import export_model
from synllm.generate.embedded.recipe.network import CardReader, Shape
from synllm.generate.embedded.recipe.tokenizer import train_tokenizer
from synllm.generate.model_folder import Mark

NAME = "synllm-untrained"
SEED = 20240229
_DEVIATION = 0.02

_CARD = f"""---
license: apache-2.0
library_name: transformers
tags:
- untrained
---
# {NAME}

**This model is untrained.** Its weights are random numbers with a fixed seed. Under a row grammar
it chooses almost evenly among the allowed pieces of text, so its rows obey the grammar and nothing
else: they carry no clinical knowledge and no statistics.
"""


def write_untrained(folder: Path, shape: Shape, *, reads_cards: bool = False) -> None:
    """Write the folder of an untrained model; it says that it is one.

    Under a grammar it chooses almost evenly among the tokens that are allowed.
    """
    torch.manual_seed(SEED)
    network = CardReader(shape)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.dim() > 1:
                weight.normal_(std=_DEVIATION)
    mark = Mark(NAME, trained=False, reads_cards=reads_cards)
    export_model(network, train_tokenizer().to_str(), folder, _CARD, mark)
