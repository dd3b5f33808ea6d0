"""Asks a network's layers what the lessons say that they should have found."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from synllm.generate.embedded.recipe.batches import Batch
from synllm.generate.embedded.recipe.first_weights import COPYING_LAYER
from synllm.generate.embedded.recipe.lessons import Lessons
from synllm.generate.embedded.recipe.network import NEVER, CardReader, States, rotate

_LOOKING, _READING, _FETCHING = -4, -3, -2
"""The layers that find a cell's ties, that know the names in them and how far cells are from their
means, and that fetch this from the cells of these names."""

_SHARPNESS = 3.0
"""The length of the token vectors among which a name is told."""


@dataclass(frozen=True, slots=True)
class Missed:
    """The errors of the lessons, in nats, of scores and what is expected in squared deviations."""

    named: Tensor
    partners: Tensor
    looked: Tensor
    fetched: Tensor
    rising: Tensor
    scores: Tensor
    expected: Tensor

    def sum(self) -> Tensor:
        """Return the errors in one number; what is expected counts most: its scale is small."""
        told = self.named + self.partners + self.looked + self.fetched + self.rising
        return 0.5 * told + self.scores + 10 * self.expected


class Teacher(nn.Module):
    """Linear layers that look for the answers in a network's states; no part of the model."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.signs = nn.Linear(width, 1)
        self.reads = nn.Linear(width, 1)
        self.expects = nn.Linear(width, 1)
        self.names = nn.Linear(width, width, bias=False)
        self.partners = nn.Linear(width, width, bias=False)

    def forward(self, network: CardReader, states: States, batch: Batch) -> Missed:
        """Return the errors; `states` are what the network's layers make of the batch."""
        lessons = batch.lessons
        vectors = network.model.embed_tokens.weight.detach()
        vectors = _SHARPNESS * functional.normalize(vectors, dim=1)
        named = lessons.named >= 0
        told = _likeness(self.names, states[COPYING_LAYER][0][named], vectors)
        known = states[_READING][1]
        tied = known[lessons.places[:, 0], lessons.places[:, 1]]
        partners = _likeness(self.partners, tied, vectors)
        signs = self.signs(tied)[..., 0].float()
        width = batch.card.shape[1]
        looked = look(network, _LOOKING, states, batch)
        fetched = look(network, _FETCHING, states, batch)
        # Cards without ties have nothing to tell of them: no number.
        return Missed(
            -told.gather(-1, lessons.named[named][:, None]).mean().nan_to_num(),
            _weigh(partners, lessons.names, lessons),
            _weigh(looked, lessons.ties, lessons),
            _weigh(fetched, width + lessons.ends, lessons),
            functional.binary_cross_entropy_with_logits(signs, lessons.rising).nan_to_num(),
            _miss(self.reads, known, lessons.scores),
            _miss(self.expects, states[_FETCHING][1], lessons.expected),
        )


def _weigh(likely: Tensor, wanted: Tensor, lessons: Lessons) -> Tensor:
    return -(likely.gather(-1, wanted) * lessons.strengths).sum(dim=-1).mean().nan_to_num()


def _likeness(layer: nn.Linear, hidden: Tensor, vectors: Tensor) -> Tensor:
    found = layer(functional.rms_norm(hidden, hidden.shape[-1:]))
    return functional.linear(found, vectors).float().log_softmax(dim=-1)


def _miss(layer: nn.Linear, hidden: Tensor, wanted: Tensor) -> Tensor:
    known = wanted.isfinite()
    found = (hidden[known].float() * layer.weight[0]).sum(dim=-1) + layer.bias[0]
    return functional.mse_loss(found, wanted[known]).nan_to_num()


def look(network: CardReader, number: int, states: States, batch: Batch) -> Tensor:
    """Return how likely a layer's first head looks where, from where tied cells begin.

    Logarithms, shape (tied cells, tokens of card and row).
    """
    layer = network.layers[number]
    card, rows = (layer.input_layernorm(each) for each in states[number - 1])
    size = network.shape.width // network.shape.heads
    query, key = (part.weight[:size] for part in (layer.self_attn.q_proj, layer.self_attn.k_proj))
    turns = network.turn(batch)
    many = batch.rows.shape[0] // batch.card.shape[0]
    row, token = batch.lessons.places.T
    asked = rotate(functional.linear(rows, query)[:, None], turns.rows)[row, 0, token]
    on_card = rotate(functional.linear(card, key)[:, None], turns.card)[:, 0]
    in_row = rotate(functional.linear(rows, key)[:, None], turns.rows)[row, 0]
    counts = torch.bincount(row // many, minlength=batch.card.shape[0]).tolist()
    own = torch.split(asked, counts)
    to_card = [
        queries @ keys.T + hidden
        for queries, keys, hidden in zip(own, on_card, turns.padding, strict=True)
    ]
    to_row = (in_row @ asked[..., None])[..., 0]
    ahead = torch.arange(to_row.shape[1], device=row.device) > token[:, None]
    to_row = to_row.masked_fill(ahead, NEVER)
    scores: Tensor = torch.cat((torch.cat(to_card), to_row), dim=1).float() * size**-0.5
    return scores.log_softmax(dim=-1)
