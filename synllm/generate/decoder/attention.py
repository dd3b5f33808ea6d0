"""Attention of many rows to one prompt and each to itself, over packed tokens.

The tokens of all rows lie one after the other in one sequence. The prompt's keys and values are
kept once, however many rows there are: a query's attention to the prompt and to its own row share
one softmax. Registered with transformers, so that the models' own code calls it in each layer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

NAME = "synllm_rows"

_UNDERSTOOD = frozenset({"dropout", "scaling", "softcap", "sliding_window", "is_causal"})
_IDLE = frozenset({"position_ids", "use_cache", "output_attentions", "output_hidden_states"})


_LOWEST = -1e30
"""Stands for the logarithm of nothing where a row's whole part may be hidden."""


class UnsupportedAttentionError(Exception):
    """A model has attention that can't be shared among rows; `what` says what it has."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(slots=True)
class Packing:
    """Where the packed tokens of one pass belong, shape (tokens,) unless noted.

    `row` and `position` in that row's own tokens; `slot` places each token in a table of
    (rows, `longest`), `longest` being the most tokens of a row in this pass. `reach` is how many
    own tokens the rows have at most, this pass included.
    """

    row: Tensor
    position: Tensor
    slot: Tensor
    rows: int
    longest: int
    reach: int
    starts: Tensor
    """How many own tokens each row had before, shape (rows,)."""
    _hidden: dict[int | None, Tensor] = field(default_factory=dict)
    _table: Tensor | None = None

    def hidden(self, window: int | None) -> Tensor:
        """Return which own tokens no query of a slot sees, (rows, 1, longest, reach)."""
        if window not in self._hidden:
            place = torch.arange(self.reach, device=self.starts.device)
            at = self.starts[:, None] + place[: self.longest]
            apart = at[:, None, :, None] - place
            later = apart < 0
            self._hidden[window] = later if window is None else later | (apart >= window)
        return self._hidden[window]

    def spread(self, packed: Tensor) -> Tensor:
        """Return packed tokens, (tokens, heads, n), as a table (rows * longest, heads, n).

        It is written anew for each layer; slots without a token stay zero.
        """
        count, heads, size = self.rows * self.longest, *packed.shape[1:]
        if packed.shape[0] == count:
            return packed
        if self._table is None or self._table.shape != (count, heads, size):
            self._table = packed.new_zeros((count, heads, size))
        self._table[self.slot] = packed
        return self._table


class RowMemory:
    """Keys and values of a prompt, once, and of each row's own tokens, layer by layer.

    Prompt: (key-value heads, tokens, size); rows: (rows, key-value heads, tokens, size).
    """

    def __init__(self, room: int) -> None:
        self.room = room
        self.packing: Packing | None = None
        self.prompt: dict[int, tuple[Tensor, Tensor]] = {}
        self.own: dict[int, tuple[Tensor, Tensor]] = {}

    @property
    def prompt_length(self) -> int:
        """The number of the prompt's tokens."""
        return int(next(iter(self.prompt.values()))[0].shape[1]) if self.prompt else 0

    def clear_rows(self) -> None:
        """Forget the rows, and keep the prompt."""
        self.own.clear()

    def select(self, rows: Tensor, used: int) -> None:
        """Keep copies of the given rows in their order; only `used` tokens of each matter."""
        for layer, (keys, values) in self.own.items():
            self.own[layer] = self._copy(keys, rows, used), self._copy(values, rows, used)

    def _copy(self, kept: Tensor, rows: Tensor, used: int) -> Tensor:
        # Zeros, not whatever memory held: what is masked still takes part in products.
        fresh = kept.new_zeros((rows.numel(), *kept.shape[1:]))
        fresh[:, :, :used] = kept[:, :, :used].index_select(0, rows)
        return fresh

    def extend(self, layer: int, key: Tensor, value: Tensor, packing: Packing) -> None:
        """Write the packed tokens' keys and values, shape (heads, tokens, size)."""
        if layer not in self.own:
            shape = (packing.rows, key.shape[0], self.room, key.shape[2])
            self.own[layer] = key.new_zeros(shape), value.new_zeros((*shape[:3], value.shape[2]))
        for kept, new in zip(self.own[layer], (key, value), strict=True):
            kept[packing.row, :, packing.position] = new.transpose(0, 1)


_MEMORY: ContextVar[RowMemory] = ContextVar("memory")


@contextmanager
def attending(network: Any, memory: RowMemory) -> Iterator[None]:
    """Let the network's layers attend through a memory inside the block."""
    before = network.config._attn_implementation
    network.set_attn_implementation(NAME)
    token = _MEMORY.set(memory)
    try:
        yield
    finally:
        _MEMORY.reset(token)
        network.set_attn_implementation(before)


def attend(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    softcap: float | None = None,
    sliding_window: int | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Return what each packed token attends to, shape (1, tokens, heads, size).

    `query` (1, heads, tokens, size); `key` and `value` with the key-value heads. Without a packing
    the tokens are the prompt's own. Raises UnsupportedAttentionError.
    """
    strange = [
        name
        for name, each in others.items()
        if name not in _UNDERSTOOD and name not in _IDLE and each is not None
    ]
    if strange:
        raise UnsupportedAttentionError(f"attention that depends on {strange[0]}")
    memory = _MEMORY.get()
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    packing = memory.packing
    if packing is None:
        memory.prompt[module.layer_idx] = key[0].contiguous(), value[0].contiguous()
        found = _attend_prompt(query, key, value, scale, softcap, sliding_window)
        return found.transpose(1, 2), None
    memory.extend(module.layer_idx, key[0], value[0], packing)
    found = _attend_rows(
        query[0],
        memory.prompt[module.layer_idx],
        memory.own[module.layer_idx],
        packing,
        scale,
        softcap,
        sliding_window,
    )
    return found[None], None


def _attend_prompt(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    scale: float,
    softcap: float | None,
    window: int | None,
) -> Tensor:
    """Return the causal attention of a prompt to itself, shape (1, heads, tokens, size)."""
    length = query.shape[2]
    groups = query.shape[1] // key.shape[1]
    if softcap is None and (window is None or window >= length):
        return torch.nn.functional.scaled_dot_product_attention(
            query,
            key.repeat_interleave(groups, dim=1),
            value.repeat_interleave(groups, dim=1),
            is_causal=True,
            scale=scale,
        )
    place = torch.arange(length, device=query.device)
    apart = place[:, None] - place[None, :]
    visible = (apart >= 0) & (apart < (window or length))
    scores = _score(query, key.repeat_interleave(groups, dim=1), scale, softcap)
    weights = scores.masked_fill(~visible, -torch.inf).softmax(dim=-1)
    return weights.to(value.dtype) @ value.repeat_interleave(groups, dim=1)


def _attend_rows(
    query: Tensor,
    prompt: tuple[Tensor, Tensor],
    own: tuple[Tensor, Tensor],
    packing: Packing,
    scale: float,
    softcap: float | None,
    window: int | None,
) -> Tensor:
    """Return the attention of packed tokens, (heads, tokens, size), as (tokens, heads, size)."""
    query = query.contiguous()
    heads, tokens, size = query.shape
    shared, groups = prompt[0].shape[0], heads // prompt[0].shape[0]
    length = prompt[0].shape[1]
    limit = window if window is not None and length + packing.reach > window else None
    far = None if limit is None else length + packing.position
    ahead, ahead_total = _attend_ahead(
        query.view(shared, groups, tokens, size), prompt, scale, softcap, limit, far
    )
    table = _spread(query, packing)
    mine = _score(
        table.view(packing.rows, shared, groups * packing.longest, size),
        own[0][:, :, : packing.reach],
        scale,
        softcap,
    ).view(packing.rows, heads, packing.longest, packing.reach)
    # The largest tensors of long rows: in place, and the sum taken out of what they add up to.
    mine.masked_fill_(packing.hidden(limit), -torch.inf)
    # Slots without a token see nothing in a narrow window: any number does for them.
    top = mine.amax(dim=-1, keepdim=True).clamp(min=_LOWEST)
    mine.sub_(top).exp_()
    whole = mine.sum(dim=-1, keepdim=True)
    mine_total = _gather(whole.log().add_(top), packing)
    found = mine.to(own[1].dtype).view(packing.rows, shared, groups * packing.longest, -1)
    found = (found @ own[1][:, :, : packing.reach]).view(packing.rows, heads, packing.longest, -1)
    # One softmax over both parts, put together from what each sums up to.
    share = torch.sigmoid(mine_total - ahead_total)
    mixed = torch.lerp(ahead.float(), _gather(found.float().div_(whole), packing), share)
    return mixed.to(query.dtype)


def _attend_ahead(
    query: Tensor,
    prompt: tuple[Tensor, Tensor],
    scale: float,
    softcap: float | None,
    window: int | None,
    position: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """Return queries' attention to the prompt alone, and the logarithms of what it sums up to.

    `query` is (key-value heads, groups, tokens, size); the results are (tokens, heads, size) and
    (tokens, heads, 1). Positions are needed where there is a window.
    """
    shared, groups, tokens, size = query.shape
    if softcap is None and window is None and query.device.type == "cpu":
        found, total = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
            query.view(1, shared, groups * tokens, size),
            prompt[0][None],
            prompt[1][None],
            scale=scale,
        )
        found, total = found[0], total[0]
    else:
        scores = _score(query.view(shared, groups * tokens, size), prompt[0], scale, softcap)
        if window is not None and position is not None:
            apart = position[:, None] - torch.arange(prompt[0].shape[1], device=query.device)
            hidden = (apart >= window).expand(groups, *apart.shape).reshape(-1, apart.shape[1])
            scores = scores.masked_fill(hidden, _LOWEST)
        total = scores.logsumexp(dim=-1)
        found = (scores - total[..., None]).exp_().to(prompt[1].dtype) @ prompt[1]
    found = found.reshape(shared * groups, tokens, -1).transpose(0, 1)
    return found, total.reshape(shared * groups, tokens).transpose(0, 1)[..., None].float()


def _score(query: Tensor, key: Tensor, scale: float, softcap: float | None) -> Tensor:
    scores = (query @ key.transpose(-1, -2)).float().mul_(scale)
    return scores if softcap is None else softcap * torch.tanh(scores / softcap)


def _spread(packed: Tensor, packing: Packing) -> Tensor:
    """Return packed tokens, (heads, tokens, n), as a table (rows, heads, longest, n)."""
    table = packing.spread(packed.transpose(0, 1))
    shape = packing.rows, packing.longest, *table.shape[1:]
    return table.reshape(shape).transpose(1, 2).contiguous()


def _gather(table: Tensor, packing: Packing) -> Tensor:
    """Return the tokens of a table (rows, heads, longest, n), shape (tokens, heads, n)."""
    rows, heads, longest, size = table.shape
    flat = table.transpose(1, 2).reshape(rows * longest, heads, size)
    return flat if packing.slot.numel() == rows * longest else flat[packing.slot]


def register() -> None:
    """Make the attention known to transformers."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, attend)
