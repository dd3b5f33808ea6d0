"""The weights that training begins with: a network that can already look up and copy.

What may follow `"age":` in a row is what followed it on the card. Finding it takes heads that know
which tokens stand before a token, and heads that look for the same tokens elsewhere and copy what
came next (induction heads: Olsson et al. 2022, arXiv:2209.11895). Small networks take many million
tokens to find this circuit by chance. Here it is drawn, roughly, and training makes it good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

EMBEDDED = 0.2
"""The deviation of token vectors, within the quarter of the width that holds them at first."""

_COMMON = 2.0
"""What all token vectors have in common, in their first place, in deviations."""

_BACK = 3
"""How many tokens back heads look."""

_FOCUS = 8.0
"""How sharply the first heads look at one place, in nats."""

_MATCH = 20.0
"""How much more the copying heads look at a place after the same tokens, in nats."""

_COPY = 3.0
"""How much the copied token outweighs the one that is there."""

COPYING_LAYER = 2
"""The layer before may learn what else decides which place is copied, such as its share."""

_NOISE = 0.02
_DEEP = 0.1


@torch.no_grad()
def draw_weights(network: nn.Module, *, heads: int, layers: int, theta: float) -> None:
    """Draw a CardReader's weights; one of fewer than 4 heads or 3 layers begins without circuit."""
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
    quarter, size = width // 4, width // heads
    # All of one length: heads that look at places must not look at the shortest tokens instead.
    drawn = nn.functional.normalize(torch.randn(embedded.shape[0], quarter - 1), dim=1)
    embedded[:, 1:quarter] = EMBEDDED * (quarter - 1) ** 0.5 * drawn
    embedded[:, 0] = EMBEDDED * _COMMON
    speed = theta ** (-torch.arange(size // 2) / (size // 2))
    spread = float(embedded.norm(dim=1).mean()) / width**0.5
    first = _attention(weights, 0)
    for head in range(_BACK):
        own = slice(head * size, (head + 1) * size)
        _look_back(first, own, head + 1, speed, common=EMBEDDED * _COMMON / spread)
        _carry(first, own, quarter, to=(head + 1) * quarter, gain=spread)
    # What the later layer reads: a token's vector and those of the three before it.
    spread = EMBEDDED * ((4 * quarter - 4) / width) ** 0.5
    later = _attention(weights, COPYING_LAYER)
    for head in range(heads - 1):
        own = slice(head * size, (head + 1) * size)
        _match(later, own, quarter, speed, alike=_BACK if head == 0 else _BACK - 1)
        _carry(later, own, quarter, to=0, gain=_COPY / (heads - 1) * spread)


def _attention(weights: Mapping[str, Tensor], layer: int) -> list[Tensor]:
    """Return what makes a layer's queries, keys, values and output."""
    return [weights[f"model.layers.{layer}.self_attn.{part}_proj.weight"] for part in "qkvo"]


def _look_back(
    parts: Sequence[Tensor], own: slice, back: int, speed: Tensor, *, common: float
) -> None:
    """Let a head look so many tokens back, by the rotations of what all tokens share."""
    query, key = parts[0], parts[1]
    half = speed.numel()
    strength = (_FOCUS * (2 * half) ** 0.5) ** 0.5 / common
    # The fast rotations tell neighbours apart, the others a place from its likes far away.
    used = strength * (torch.arange(half) < half // 4) + 0.6 * strength * (
        (torch.arange(half) >= half // 4) & (torch.arange(half) < half // 2)
    )
    query[own] = 0.0
    key[own] = 0.0
    query[own, 0] = torch.cat((used, torch.zeros(half)))
    turned = back * speed
    key[own, 0] = torch.cat((used * turned.cos(), used * turned.sin()))


def _match(parts: Sequence[Tensor], own: slice, quarter: int, speed: Tensor, *, alike: int) -> None:
    """Let a head look for places before which stand the tokens that are here now.

    Only rotations that are slow over a whole card can carry what tokens are.
    """
    query, key = parts[0], parts[1]
    half = speed.numel()
    slow = torch.cat((speed, speed)) * 1000 < 2
    count = int(slow.sum())
    size = 2 * half
    gain = (_MATCH * size**0.5 / (alike * (quarter - 1))) ** 0.5
    query[own] = 0.0
    key[own] = 0.0
    rows = torch.arange(own.start, own.stop)[slow]
    for back in range(alike):
        mixed = gain * count**-0.5 * torch.randn(count, quarter)
        mixed[:, 0] = 0.0
        query[rows, back * quarter : (back + 1) * quarter] = mixed
        key[rows, (back + 1) * quarter : (back + 2) * quarter] = mixed


def _carry(parts: Sequence[Tensor], own: slice, quarter: int, *, to: int, gain: float) -> None:
    """Let a head carry the vector of the token it looks at to a place of the width."""
    value, output = parts[2], parts[3]
    many = min(own.stop - own.start, quarter)
    value[own] = 0.0
    output[:, own] = 0.0
    for place in range(1, many):
        value[own.start + place, place] = 1.0
        output[to + place, own.start + place] = gain
