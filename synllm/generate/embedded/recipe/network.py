"""The network in training: the Llama shape, reading cards and rows that can't see each other.

Its weights bear the names that transformers gives them, so that they are saved as they are.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from synllm.generate.embedded.recipe.batches import CELL, Batch

_EMBEDDED = 0.1
"""The deviation of token vectors at the start."""

_SHARED = 4.0
"""The component that all tokens have in common, in deviations."""

_FOCUS = 6.0
"""How sharply the first heads look at one place."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The size of the network."""

    vocabulary: int
    width: int = 128
    layers: int = 4
    heads: int = 4
    feed_forward: int = 384
    theta: float = 10000.0

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
        return _rotate(query, turn), _rotate(key, turn), value


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

    def forward(self, card: Tensor, rows: Tensor, turns: _Turns) -> tuple[Tensor, Tensor]:
        """Return the next state of the cards (cards, tokens, width) and of the rows."""
        attention = self.self_attn
        query, key, value = attention.split(self.input_layernorm(card), turns.card)
        # Padding follows a card's own tokens, which never look ahead.
        seen = functional.scaled_dot_product_attention(query, key, value, is_causal=True)
        card = self._finish(card, seen)
        own = attention.split(self.input_layernorm(rows), turns.rows)
        seen = _attend_rows(own, key, value, turns.hidden)
        return card, self._finish(rows, seen)

    def _finish(self, hidden: Tensor, seen: Tensor) -> Tensor:
        hidden = hidden + self.self_attn.o_proj(seen.transpose(1, 2).flatten(2))
        found: Tensor = hidden + self.mlp(self.post_attention_layernorm(hidden))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Turns:
    """Rotations by position, and what each row token may look at."""

    card: tuple[Tensor, Tensor]
    rows: tuple[Tensor, Tensor]
    hidden: Tensor
    """Added to the scores, shape (cards, 1, rows, tokens, card and own tokens)."""


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
        self._draw_weights()

    @torch.no_grad()
    def _draw_weights(self) -> None:
        """Draw weights, with heads in the first layer that look one, two and three tokens back.

        To look a name up takes to know which tokens stand before a token. The heads find a place by
        the rotations alone, which turn a component that all tokens have in common.
        """
        width, shared = self.shape.width, 0
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                deep = name.endswith(("o_proj.weight", "down_proj.weight"))
                scale = _EMBEDDED if "embed" in name else width**-0.5 * (0.15 if deep else 1.0)
                nn.init.normal_(weight, std=scale)
        self.model.embed_tokens.weight[:, shared] = _EMBEDDED * _SHARED
        attention = self.model.layers[0].self_attn
        assert isinstance(attention, _Attention)
        half = attention.size // 2
        speed = self.shape.theta ** (-torch.arange(half) / half)
        strength = (_FOCUS * attention.size**0.5) ** 0.5 / _SHARED
        for head in range(min(3, self.shape.heads - 1)):
            first = head * attention.size
            own = slice(first, first + attention.size)
            attention.q_proj.weight[own] = 0.0
            attention.k_proj.weight[own] = 0.0
            attention.o_proj.weight[:, own] *= 4.0
            turned = speed * (head + 1)
            used = strength * (torch.arange(half) < half // 4)
            attention.q_proj.weight[own, shared] = torch.cat((used, torch.zeros(half)))
            attention.k_proj.weight[own, shared] = torch.cat(
                (used * turned.cos(), used * turned.sin())
            )

    def forward(self, batch: Batch) -> Tensor:
        """Return the scores of what follows row tokens that count, (tokens, vocabulary)."""
        turns = self._turn(batch)
        card = self.model.embed_tokens(batch.card)
        rows = self.model.embed_tokens(batch.rows)
        for layer in self.model.layers:
            card, rows = layer(card, rows, turns)
        asked = self.model.norm(rows[:, :-1][batch.weight[:, 1:] > 0])
        return functional.linear(asked, self.model.embed_tokens.weight)

    def loss(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the mean loss by weight, and that of cells alone."""
        wanted = batch.weight[:, 1:] > 0
        weight = batch.weight[:, 1:][wanted]
        losses = functional.cross_entropy(
            self(batch).float(), batch.rows[:, 1:][wanted], reduction="none"
        )
        return (losses * weight).sum() / weight.sum(), losses.detach()[weight == CELL].mean()

    def _turn(self, batch: Batch) -> _Turns:
        size = self.shape.width // self.shape.heads
        many = batch.rows.shape[0] // batch.card.shape[0]
        device = batch.rows.device
        own = torch.arange(batch.rows.shape[1], device=device)
        places = torch.arange(batch.card.shape[1], device=device)
        # A row's positions go on where its card ends, whatever the other rows are.
        position = batch.lengths.repeat_interleave(many)[:, None] + own
        padding = places >= batch.lengths[:, None]
        ahead = own[:, None] < own[None, :]
        hidden = torch.cat(
            (
                padding[:, None, None].expand(-1, many, own.numel(), -1),
                ahead.expand(padding.shape[0], many, -1, -1),
            ),
            dim=-1,
        )
        return _Turns(
            _angles(places[None], size, self.shape.theta),
            _angles(position, size, self.shape.theta),
            torch.zeros(hidden.shape, device=device).masked_fill_(hidden, -1e4)[:, None],
        )


def _attend_rows(
    own: tuple[Tensor, Tensor, Tensor], key: Tensor, value: Tensor, hidden: Tensor
) -> Tensor:
    """Return what row tokens see of their card and their row, (rows, heads, tokens, size)."""
    query, own_key, own_value = own
    cards, _, length, size = key.shape
    many = query.shape[0] // cards
    query = query * size**-0.5

    def by_card(each: Tensor) -> Tensor:
        return each.reshape(cards, many, *each.shape[1:]).transpose(1, 2)

    of_card = by_card(query).flatten(2, 3) @ key.transpose(2, 3)
    of_row = by_card(query @ own_key.transpose(2, 3))
    scores = torch.cat((of_card.view(*of_row.shape[:4], length), of_row), dim=-1)
    shares = (
        (scores + hidden.to(scores.dtype)).softmax(dim=-1, dtype=torch.float32).to(scores.dtype)
    )
    to_card = (shares[..., :length].flatten(2, 3) @ value).view(*of_row.shape[:4], size)
    to_row = shares[..., length:].transpose(1, 2).flatten(0, 1) @ own_value
    found: Tensor = to_card.transpose(1, 2).flatten(0, 1) + to_row
    return found


def _angles(position: Tensor, size: int, theta: float) -> tuple[Tensor, Tensor]:
    """Return cosines and sines, shape (sequences, 1, tokens, size)."""
    speed = theta ** (-torch.arange(0, size, 2, device=position.device) / size)
    angle = (position[..., None] * speed).repeat(1, 1, 2)[:, None]
    return angle.cos(), angle.sin()


def _rotate(vectors: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    first, second = vectors.chunk(2, dim=-1)
    cosine, sine = (each.to(vectors.dtype) for each in turn)
    return vectors * cosine + torch.cat((-second, first), dim=-1) * sine
