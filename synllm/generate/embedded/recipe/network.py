"""The network in training: the Llama shape, reading cards and rows that can't see each other.

Its weights bear the names that transformers gives them, so that they are saved as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import TypeAlias, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from synllm.generate.embedded.recipe.batches import Batch

_HARDLY = 0.02
"""How much new layers say at first, of what freshly drawn weights would."""

NEVER = -1e4
"""The score of what can't be seen."""


States: TypeAlias = Sequence[tuple[Tensor, Tensor]]
"""What each layer makes of cards and of rows, shape (sequences, tokens, width) both."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of the network."""

    vocabulary: int
    width: int = 128
    layers: int = 7
    heads: int = 4
    feed_forward: int = 384
    theta: float = 1e8

    def as_dict(self) -> dict[str, float]:
        """Return the shape as plain numbers."""
        return asdict(self)


class _Norm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, hidden: Tensor) -> Tensor:
        return functional.rms_norm(hidden, (hidden.shape[-1],), self.weight, 1e-6)


class _Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.size = shape.heads, shape.width // shape.heads
        self.q_proj = nn.Linear(shape.width, shape.width, bias=False)
        self.k_proj = nn.Linear(shape.width, shape.width, bias=False)
        self.v_proj = nn.Linear(shape.width, shape.width, bias=False)
        self.o_proj = nn.Linear(shape.width, shape.width, bias=False)

    def split(self, hidden: Tensor, turn: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Return queries, keys and values, shape (sequences, heads, tokens, size)."""
        query, key, value = (
            layer(hidden).view(*hidden.shape[:2], self.heads, self.size).transpose(1, 2)
            for layer in (self.q_proj, self.k_proj, self.v_proj)
        )
        return rotate(query, turn), rotate(key, turn), value


class _FeedForward(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.up_proj = nn.Linear(shape.width, shape.feed_forward, bias=False)
        self.down_proj = nn.Linear(shape.feed_forward, shape.width, bias=False)

    def forward(self, hidden: Tensor) -> Tensor:
        found: Tensor = self.down_proj(
            functional.silu(self.gate_proj(hidden)) * self.up_proj(hidden)
        )
        return found


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.input_layernorm = _Norm(shape.width)
        self.self_attn = _Attention(shape)
        self.post_attention_layernorm = _Norm(shape.width)
        self.mlp = _FeedForward(shape)

    def forward(self, card: Tensor, rows: Tensor, turns: Turns) -> tuple[Tensor, Tensor]:
        """Return the next state of the cards (cards, tokens, width) and of the rows."""
        attention = self.self_attn
        query, key, value = attention.split(self.input_layernorm(card), turns.card)
        # Padding follows a card's own tokens, which never look ahead.
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        card = self._finish(card, seen)
        own = attention.split(self.input_layernorm(rows), turns.rows)
        seen = _attend_rows(own, key, value, turns)
        return card, self._finish(rows, seen)

    def _finish(self, hidden: Tensor, seen: Tensor) -> Tensor:
        hidden = hidden + self.self_attn.o_proj(seen.transpose(1, 2).flatten(2))
        found: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Turns:
    """Rotations by position, and what each row token may look at."""

    card: tuple[Tensor, Tensor]
    rows: tuple[Tensor, Tensor]
    padding: Tensor
    """Added to scores of card tokens, shape (cards, 1, tokens)."""
    ahead: Tensor
    """Added to scores of a row's own tokens, shape (1, tokens, tokens)."""


class _Body(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(shape.vocabulary, shape.width)
        self.layers = nn.ModuleList(_Layer(shape) for _ in range(shape.layers))
        self.norm = _Norm(shape.width)


class CardReader(nn.Module):
    """The network; its output layer is its table of token vectors."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.model = _Body(shape)

    @property
    def layers(self) -> list[_Layer]:
        """The layers, the first one first."""
        return [cast(_Layer, each) for each in self.model.layers]

    def read(self, batch: Batch) -> States:
        """Return what each layer makes of the batch."""
        turns = self.turn(batch)
        card = self.model.embed_tokens(batch.card)
        rows = self.model.embed_tokens(batch.rows)
        states = []
        for layer in self.layers:
            card, rows = layer(card, rows, turns)
            states.append((card, rows))
        return states

    def forward(self, batch: Batch) -> Tensor:
        """Return the scores of what may follow row tokens before a choice, (tokens, vocabulary)."""
        return self._score(self.read(batch), batch)

    def loss(self, states: States, batch: Batch) -> Tensor:
        """Return the mean loss of the choices, each among the tokens that are allowed.

        `states` are what the layers make of the batch.
        """
        choice = batch.choice[:, 1:]
        chosen = choice >= 0
        scores = self._score(states, batch).float()
        scores = scores.masked_fill(~batch.allowed[choice[chosen]], -torch.inf)
        return functional.cross_entropy(scores, batch.rows[:, 1:][chosen])

    def _score(self, states: States, batch: Batch) -> Tensor:
        asked = self.model.norm(states[-1][1][:, :-1][batch.choice[:, 1:] >= 0])
        scores: Tensor = functional.linear(asked, self.model.embed_tokens.weight)
        return scores

    def turn(self, batch: Batch) -> Turns:
        """Return how a batch's tokens are rotated, and what can't be seen."""
        size = self.shape.width // self.shape.heads
        many = batch.rows.shape[0] // batch.card.shape[0]
        device = batch.rows.device
        own = torch.arange(batch.rows.shape[1], device=device)
        places = torch.arange(batch.card.shape[1], device=device)
        # A row's positions go on where its card ends, whatever the other rows are.
        position = batch.lengths.repeat_interleave(many)[:, None] + own
        unseen = places >= batch.lengths[:, None]
        later = own[:, None] < own[None, :]
        return Turns(
            _angles(places[None], size, self.shape.theta),
            _angles(position, size, self.shape.theta),
            torch.where(unseen, NEVER, 0.0)[:, None],
            torch.where(later, NEVER, 0.0)[None],
        )


def deepen_network(network: CardReader, layers: int, place: int) -> CardReader:
    """Return a deeper network that says the same: new layers, before one, add next to nothing.

    A part of the training is cheaper so than with all layers from the beginning (progressive
    stacking: Gong et al. 2019).
    """
    shape = replace(network.shape, layers=layers)
    deeper = CardReader(shape)
    new = layers - network.shape.layers
    deeper.model.embed_tokens.load_state_dict(network.model.embed_tokens.state_dict())
    deeper.model.norm.load_state_dict(network.model.norm.state_dict())
    for number, layer in enumerate(deeper.layers):
        if place <= number < place + new:
            with torch.no_grad():
                for part in (layer.self_attn.o_proj, layer.mlp.down_proj):
                    part.weight.mul_(_HARDLY)
        else:
            old = number if number < place else number - new
            layer.load_state_dict(network.layers[old].state_dict())
    return deeper.to(next(network.parameters()).device)


def _attend_rows(
    own: tuple[Tensor, Tensor, Tensor], key: Tensor, value: Tensor, turns: Turns
) -> Tensor:
    """Return what row tokens see of their card and their row, (rows, heads, tokens, size).

    All rows of a card ask it in one product, and the two parts' exponentials are added up before
    they are divided: on a CPU, in bfloat16, forward and back take less than half the time of the
    fused attention, which wants a copy of the card for each row.
    """
    query, own_key, own_value = own
    cards, heads, _, size = key.shape
    rows, _, length, _ = query.shape
    query = query * size**-0.5

    def by_card(each: Tensor) -> Tensor:
        each = each.view(cards, rows // cards, *each.shape[1:]).transpose(1, 2)
        return each.flatten(2, 3).flatten(0, 1)

    def by_row(each: Tensor) -> Tensor:
        each = each.view(cards, heads, rows // cards, length, each.shape[-1])
        return each.transpose(1, 2).flatten(0, 1)

    def score(bias: Tensor, asked: Tensor, keys: Tensor) -> Tensor:
        many = asked.shape[0] // bias.shape[0]
        bias = bias.repeat_interleave(many, dim=0).to(asked.dtype)
        return torch.baddbmm(bias, asked, keys.transpose(1, 2))

    def split(each: Tensor) -> Tensor:
        return each.view(rows, heads, length, each.shape[-1])

    of_card = score(turns.padding, by_card(query), key.flatten(0, 1))
    of_row = score(turns.ahead, query.flatten(0, 1), own_key.flatten(0, 1))
    best = torch.maximum(
        by_row(of_card.detach().amax(dim=-1, keepdim=True)),
        split(of_row.detach().amax(dim=-1, keepdim=True)),
    )
    to_card = of_card.sub_(by_card(best)).exp_()
    to_row = of_row.sub_(best.flatten(0, 1)).exp_()
    seen = by_row(to_card @ value.flatten(0, 1)) + split(to_row @ own_value.flatten(0, 1))
    total = by_row(to_card.sum(dim=-1, keepdim=True)) + split(to_row.sum(dim=-1, keepdim=True))
    found: Tensor = seen / total
    return found


def _angles(position: Tensor, size: int, theta: float) -> tuple[Tensor, Tensor]:
    """Return cosines and sines, shape (sequences, 1, tokens, size)."""
    speed = theta ** (-torch.arange(0, size, 2, device=position.device) / size)
    angle = (position[..., None] * speed).repeat(1, 1, 2)[:, None]
    return angle.cos(), angle.sin()


def rotate(vectors: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    """Return queries or keys, shape (sequences, heads, tokens, size), turned by position."""
    first, second = vectors.chunk(2, dim=-1)
    cosine, sine = (each.to(vectors.dtype) for each in turn)
    return vectors * cosine + torch.cat((-second, first), dim=-1) * sine
