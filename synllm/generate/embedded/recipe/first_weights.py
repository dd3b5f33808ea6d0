"""The weights that training begins with: a network that can already look up and copy.

What may follow `"age":` in a row is what followed it on the card, as often as the shares there say.
Finding it takes heads that know which tokens stand before a token, and heads that look for the same
tokens elsewhere and copy what came next (induction heads: Olsson et al. 2022, arXiv:2209.11895).
Small networks take many million tokens to find this circuit by chance. Here it is drawn, roughly,
and training makes it good.

At first a token's vector lies in the first half of the width. Layer 0 writes what the three tokens
before were beside it, in a third of the room each; layer 1 writes the last share that was read into
the last place; layer 2 looks for places with the same tokens before them, the more the larger their
share, and copies what stands there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import log

import torch
from torch import Tensor, nn

EMBEDDED = 0.2
"""The deviation of token vectors, within the half of the width that holds them at first."""

_COMMON = 2.0
"""What all token vectors have in common, in their first place, in deviations."""

_BACK = 3
"""How many tokens back heads look."""

_FOCUS = 8.0
"""How sharply the first heads look at one place, in nats."""

_IS_SHARE, _RECENT = 20.0, 20.0
"""How much more a head looks at shares than at other tokens, and at near ones, in nats."""

_MATCH = 14.0
"""How much more the copying heads look at a place after the same tokens, in nats."""

_COPY = 4.0
"""How much the copied token outweighs the one that is there."""

_SURE = 0.12
"""The weights of the last norm: how much the scores of what is copied part from others."""

COPYING_LAYER = 2

_NOISE, _DEEP = 0.01, 0.03


class _Head:
    """One head's rows of a layer's queries, keys and values, and its columns of the output."""

    def __init__(self, weights: Mapping[str, Tensor], layer: int, head: int, size: int) -> None:
        name = f"model.layers.{layer}.self_attn.{{}}_proj.weight"
        own = slice(head * size, (head + 1) * size)
        self.query, self.key, self.value = (weights[name.format(part)][own] for part in "qkv")
        self.output = weights[name.format("o")][:, own]
        for part in (self.query, self.key, self.value, self.output):
            part.zero_()

    def carry(self, places: Tensor, *, to: int, gain: float) -> None:
        """Let the head carry parts of what it looks at; `places` has a part of the width a row."""
        count = places.shape[0]
        self.value[:count] = places
        self.output[to : to + count, :count] = gain * torch.eye(count)


@torch.no_grad()
def draw_weights(
    network: nn.Module, *, heads: int, layers: int, theta: float, shares: Mapping[int, int]
) -> None:
    """Draw a CardReader's weights; one of fewer than 4 heads or 3 layers begins without circuit.

    `shares` are the tokens that write shares, with the percentage of each.
    """
    for name, weight in network.named_parameters():
        if weight.dim() > 1:
            deep = name.endswith(("o_proj.weight", "down_proj.weight"))
            spread = _NOISE if "embed" in name else weight.shape[1] ** -0.5 * (_DEEP if deep else 1)
            nn.init.normal_(weight, std=spread)
    weights: dict[str, Tensor] = dict(network.named_parameters())
    embedded = weights["model.embed_tokens.weight"]
    if heads <= _BACK or layers <= COPYING_LAYER:
        nn.init.normal_(embedded, std=EMBEDDED / 2)
        return
    width = embedded.shape[1]
    half, size = width // 2, width // heads
    third = (half - 1) // _BACK
    vector = torch.arange(1, half - 2)
    _draw_tokens(embedded, vector, half, shares)
    weights["model.norm.weight"].fill_(_SURE)
    # What tells a token in less room: enough to recognise it.
    told = torch.zeros(third, width)
    told[:, vector] = nn.init.orthogonal_(torch.empty(third, len(vector)))
    common = EMBEDDED * _COMMON
    speed = theta ** (-torch.arange(size // 2) / (size // 2))
    spread = float(embedded.norm(dim=1).mean()) / width**0.5
    for number in range(_BACK):
        head = _Head(weights, 0, number, size)
        _look_back(head, number + 1, speed, common / spread)
        head.carry(told, to=half + number * third, gain=spread)
    spread = EMBEDDED
    _gather_share(_Head(weights, 1, 0, size), half, width - 1, speed, common, spread)
    recent = [told, *(torch.eye(width)[half + n * third :][:third] for n in range(_BACK))]
    for number, start in enumerate(range(0, len(vector), size)):
        part = vector[start : start + size]
        head = _Head(weights, COPYING_LAYER, number, size)
        _match(head, recent, speed, alike=_BACK - number)
        head.query[-1, 0] = size**0.25 * spread / common
        head.key[-1, width - 1] = size**0.25 * spread / EMBEDDED
        head.carry(torch.eye(width)[part], to=int(part[0]), gain=_COPY * spread)


def _draw_tokens(embedded: Tensor, vector: Tensor, half: int, shares: Mapping[int, int]) -> None:
    """Draw token vectors; two more places tell the logarithm of a share, and that it is one."""
    # All of one length: heads that look at places must not look at the shortest tokens instead.
    drawn = nn.functional.normalize(torch.randn(embedded.shape[0], len(vector)), dim=1)
    embedded[:, :half] = 0.0
    embedded[:, vector] = EMBEDDED * len(vector) ** 0.5 * drawn
    embedded[:, 0] = EMBEDDED * _COMMON
    for token, percent in shares.items():
        embedded[token, half - 2] = EMBEDDED / 2 * log((percent + 0.5) / 100)
        embedded[token, half - 1] = EMBEDDED * _COMMON


def _look_back(head: _Head, back: int, speed: Tensor, common: float) -> None:
    """Let a head look so many tokens back, by the rotations of what all tokens share."""
    half = speed.numel()
    strength = (_FOCUS * (2 * half) ** 0.5) ** 0.5 / common
    # The fast rotations tell neighbours apart, the others a place from its likes far away.
    used = torch.zeros(half)
    used[: half // 4], used[half // 4 : half // 2] = strength, 0.6 * strength
    head.query[:half, 0] = used
    turned = back * speed
    head.key[:, 0] = torch.cat((used * turned.cos(), used * turned.sin()))


def _gather_share(
    head: _Head, half: int, place: int, speed: Tensor, common: float, spread: float
) -> None:
    """Let a head write the logarithm of the last share that was read to a place of the width."""
    size = 2 * speed.numel()
    seen = common / spread
    head.query[-1, 0] = head.key[-1, half - 1] = (_IS_SHARE * size**0.5) ** 0.5 / seen
    near = (speed < 0.2).nonzero()[:2, 0]
    head.query[near, 0] = head.key[near, 0] = (_RECENT * size**0.5) ** 0.5 / seen
    head.value[0, half - 2] = 1.0
    head.output[place, 0] = 2 * spread


def _match(head: _Head, recent: Sequence[Tensor], speed: Tensor, *, alike: int) -> None:
    """Let a head look for places before which stand the tokens that are here now.

    `recent` tells where the width holds the token itself and those before it. Only rotations that
    are slow over a whole card can carry what tokens are. The slowest of all is left for the share.
    """
    slow = torch.cat((speed, speed)) * 1000 < 2
    slow[-1] = False
    rows = slow.nonzero()[:, 0]
    room = recent[0].shape[0]
    gain = (_MATCH * slow.numel() ** 0.5 / (alike * room)) ** 0.5
    for here, before in pairwise(recent[: alike + 1]):
        mixed = gain * rows.numel() ** -0.5 * torch.randn(rows.numel(), room)
        head.query[rows] += mixed @ here
        head.key[rows] += mixed @ before


def find_shares(tokens: Mapping[str, int]) -> dict[int, int]:
    """Return the tokens of a vocabulary that write shares, with the percentage of each."""
    return {tokens[text]: percent for percent in range(100) if (text := f"{percent:02d}") in tokens}
