"""Specs that no model has seen, and what a model is told of them."""

from __future__ import annotations

import numpy as np

from synllm.generate.embedded.recipe.spec_text import write_spec
from synllm.generate.embedded.recipe.tables import Difficulty, draw_table
from synllm.generate.prompt_text import Message
from synllm.generate.sampler import RowSampler
from synllm.language.load import parse_spec
from synllm.spec.model import Spec
from synllm.targets.prompt.card_figures import write_card


def tell_card(spec: Spec) -> list[Message]:
    """Return the spec's card as messages, its fields in the order in which rows are written."""
    return [{"role": "user", "content": write_card(spec, RowSampler(spec, 1).space.fields)}]


def draw_specs(count: int, seed: int, *, fewest: int = 3, most: int = 12) -> list[Spec]:
    """Return random specs whose names have words in them that training never sees."""
    difficulty = Difficulty(fewest, most, tied=0.5, hard=0.5, held_out=True)
    found = []
    for number in range(count):
        table = draw_table(difficulty, np.random.default_rng((seed, number)))
        spec, diagnostics = parse_spec(write_spec(table.fields))
        assert spec is not None, diagnostics
        found.append(spec)
    return found
