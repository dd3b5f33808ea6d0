"""How a model shares out the cells behind one token, learned from rows that it wrote unsteered.

A tilt must be weighed before the value is written: where all that is seen is the chance of a first
digit, something must be taken for what follows it. A model that follows its prompt continues as the
declared figures have it, one that doesn't evenly; what was seen of a model decides between the two
for each depth, and node by node where it was seen often enough.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from synllm.generate.decoder.trie import LEAF, Trie
from synllm.rowspace.sample import Floats, Integers

_PULL = 8.0
"""How many visits to a node weigh as much as what its depth has in common."""

_LEAST = 1e-9
"""Every place keeps this part of an even share."""

_VISIBLE = 2.0**-50
"""What still makes a difference when added to numbers up to 1."""

_MIXES = np.linspace(0.0, 1.0, 11)


@dataclass(slots=True)
class Seen:
    """What a model made of one field's nodes: sums of its chances by branch, visits by node."""

    trie: Trie
    chances: Floats = field(init=False)
    visits: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.chances = np.zeros(self.trie.place.size)
        self.visits = np.zeros(self.trie.nodes)

    def add(self, node: Integers, branch: Integers, chances: Floats, counts: Integers) -> None:
        """Note the chances of rows' branches, `counts` of each row at its node.

        Rows some of whose branches are not allowed say nothing about the others and are left out.
        """
        whole = counts == self.trie.first[node + 1] - self.trie.first[node]
        kept = np.repeat(whole, counts)
        np.add.at(self.chances, branch[kept], chances[kept])
        np.add.at(self.visits, node[whole], 1.0)


def expect_weights(trie: Trie, declared: Floats, seen: Seen | None) -> Floats:
    """Return the running totals of a field's expected place weights, from 0 on, all positive.

    `declared` are the places' weights by the declared figures. Without anything seen, half follows
    them and half is even.
    """
    places = trie.tokens.shape[0]
    even = np.full(places, 1 / places)
    stated = declared / declared.sum()
    if seen is None or not trie.nodes:
        return _totals((stated + even) / 2)
    parent, depth = _trace(trie)
    owner = np.repeat(np.arange(trie.nodes), np.diff(trie.first))
    stated_share = _share_branches(trie, stated, owner)
    even_share = _share_branches(trie, even, owner)
    at = depth[owner]
    mixed = np.empty(owner.size)
    for level in range(int(depth.max()) + 1):
        here = at == level
        weight = seen.chances[here]
        fits = [
            float(weight @ np.log(mix * stated_share[here] + (1 - mix) * even_share[here]))
            for mix in _MIXES
        ]
        mix = float(_MIXES[int(np.argmax(fits))]) if weight.any() else 0.5
        mixed[here] = mix * stated_share[here] + (1 - mix) * even_share[here]
    share = (seen.chances + _PULL * mixed) / (seen.visits + _PULL)[owner]
    behind = np.zeros(owner.size)
    for level in range(int(depth.max()) + 1):
        here = np.flatnonzero(at == level)
        above = parent[owner[here]]
        behind[here] = share[here] * np.where(above < 0, 1.0, behind[above])
    weights = np.zeros(places)
    ends = np.flatnonzero(trie.node == LEAF)
    spans = np.concatenate([np.arange(trie.span[b], trie.span[b + 1]) for b in ends.tolist()])
    size = trie.high[spans] - trie.low[spans]
    runs = np.diff(trie.span)[ends]
    each = np.repeat(behind[ends], runs)
    whole = np.repeat(np.add.reduceat(size, np.cumsum(runs) - runs), runs)
    at_place = np.repeat(trie.low[spans] - (np.cumsum(size) - size), size) + np.arange(size.sum())
    weights[at_place] = np.repeat(each / whole, size)
    return _totals(weights)


def _totals(weights: Floats) -> Floats:
    floor = max(_LEAST / weights.size, _VISIBLE)
    kept = np.maximum(weights / weights.sum(), floor)
    return np.concatenate(([0.0], np.cumsum(kept)))


def _trace(trie: Trie) -> tuple[Integers, Integers]:
    """Return for each node the branch that leads to it, -1 for the first, and its depth."""
    parent = np.full(trie.nodes, -1, dtype=np.int64)
    inner = np.flatnonzero(trie.node != LEAF)
    parent[trie.node[inner]] = inner
    owner = np.repeat(np.arange(trie.nodes), np.diff(trie.first))
    depth = np.zeros(trie.nodes, dtype=np.int64)
    for node in range(1, trie.nodes):  # A node's parent has a lower number.
        depth[node] = depth[owner[parent[node]]] + 1
    return parent, depth


def _share_branches(trie: Trie, weights: Floats, owner: Integers) -> Floats:
    """Return the part of its node's weight that lies behind each branch, never quite nothing."""
    totals = np.concatenate(([0.0], np.cumsum(weights)))
    own = np.add.reduceat(totals[trie.high] - totals[trie.low], trie.span[:-1])
    own = np.maximum(own, 1e-12)
    found: Floats = own / np.bincount(owner, weights=own)[owner]
    return found
