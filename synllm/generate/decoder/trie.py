"""A field's cells as a tree of tokens: where they part, and which places lie behind each token."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synllm.generate.decoder.piece_tokens import ABSENT, Tokens
from synllm.rowspace.sample import Integers

LEAF = -1


@dataclass(frozen=True, slots=True, eq=False)
class Trie:
    """A radix tree of token sequences; node 0 is where the first ones part.

    Node n has the branches from `first[n]` to `first[n + 1]`. Branch b begins with a token of its
    own, and after it come those that follow anyway: `tokens[place[b], start[b] : stop[b]]`. It
    leads to node `node[b]`, or where that is LEAF to the cells of its own places, which are
    written alike. The places behind it are the ranges `low[k]` to `high[k]`, for k from `span[b]`
    to `span[b + 1]`. All sequences begin with the first `shared` tokens.
    """

    tokens: Tokens
    shared: int
    first: Integers
    place: Integers
    start: Integers
    stop: Integers
    node: Integers
    span: Integers
    low: Integers
    high: Integers

    @property
    def nodes(self) -> int:
        """The number of nodes; 0 where all cells are written alike."""
        return int(self.first.size) - 1

    @property
    def choices(self) -> Integers:
        """The tokens that are ever chosen among others, ascending."""
        found: Integers = np.unique(self.tokens[self.place, self.start]).astype(np.int64)
        return found

    @property
    def longest(self) -> int:
        """The most tokens of a sequence."""
        return int(self.tokens.shape[1])


def build_trie(tokens: Tokens) -> Trie:
    """Return the tree of the sequences, one for each place; empty ones are left out.

    None begins with another unless they are equal.
    """
    places = np.flatnonzero(tokens[:, 0] != ABSENT)
    branches = _Branches()
    segment = np.zeros(places.size, dtype=np.int64)  # One root, then a number for each branch.
    parents: list[int] = []
    depth = 0
    shared = tokens.shape[1]
    width = np.int64(tokens.max(initial=0)) + 2
    while places.size:
        token = tokens[places, depth] if depth < tokens.shape[1] else np.full(places.size, ABSENT)
        key, group = np.unique(segment * width + (token + 1), return_inverse=True)
        owner = key // width
        parts = np.bincount(owner, minlength=branches.count + 1)
        ended = key % width == 0
        for each in owner[ended].tolist():
            branches.end(each, depth, LEAF)
        single = parts[owner] == 1
        splits = np.unique(owner[~single])
        for each in splits.tolist():
            node = len(parents)
            parents.append(each)
            if each == 0:
                shared = depth
            else:
                branches.end(each, depth, node)
        moved = np.where(single, owner, 0)
        if splits.size:
            new = np.flatnonzero(~single)
            moved[new] = branches.add(
                new, group, places, depth, np.searchsorted(splits, owner[new])
            )
        kept = ~ended[group]
        segment, places = moved[group][kept], places[kept]
        depth += 1
    return branches.lay_out(tokens, shared, len(parents))


class _Branches:
    """Branches as they are found, numbered from 1; 0 stands for the root."""

    def __init__(self) -> None:
        self.count = 0
        self.parent: list[Integers] = []
        self.place: list[Integers] = []
        self.start: list[Integers] = []
        self.runs: list[tuple[Integers, Integers, Integers]] = []
        self.stop: dict[int, int] = {}
        self.node: dict[int, int] = {}
        self.nodes = 0

    def end(self, branch: int, depth: int, node: int) -> None:
        self.stop[branch], self.node[branch] = depth, node

    def add(
        self, groups: Integers, group: Integers, places: Integers, depth: int, parent: Integers
    ) -> Integers:
        """Add a branch for each of the groups; return their numbers."""
        number = np.zeros(int(group.max()) + 1, dtype=np.int64)
        number[groups] = np.arange(1, groups.size + 1)
        own = number[group]
        inside = np.flatnonzero(own)
        own, at = own[inside], places[inside]
        order = np.argsort(own, kind="stable")
        own, at = own[order], at[order]
        begins = np.ones(own.size, dtype=bool)
        begins[1:] = (own[1:] != own[:-1]) | (at[1:] != at[:-1] + 1)
        begin = np.flatnonzero(begins)
        stop = np.append(begin[1:], own.size) - 1
        self.runs.append((own[begin] + self.count, at[begin], at[stop] + 1))
        firsts = np.searchsorted(own, np.arange(1, groups.size + 1))
        self.place.append(at[firsts])
        self.start.append(np.full(groups.size, depth))
        self.parent.append(parent + self.nodes)
        self.nodes += int(parent.max()) + 1
        found: Integers = np.arange(groups.size) + self.count + 1
        self.count += groups.size
        return found

    def lay_out(self, tokens: Tokens, shared: int, nodes: int) -> Trie:
        none = np.empty(0, dtype=np.int64)
        parent = np.concatenate([none, *self.parent])
        place = np.concatenate([none, *self.place])
        start = np.concatenate([none, *self.start])
        stop = np.array([self.stop[each] for each in range(1, self.count + 1)], dtype=np.int64)
        node = np.array([self.node[each] for each in range(1, self.count + 1)], dtype=np.int64)
        owner = np.concatenate([none, *(own for own, _, _ in self.runs)]) - 1
        low = np.concatenate([none, *(lows for _, lows, _ in self.runs)])
        high = np.concatenate([none, *(highs for _, _, highs in self.runs)])
        order = np.lexsort((place, parent))
        rank = np.empty(order.size, dtype=np.int64)
        rank[order] = np.arange(order.size)
        runs = np.argsort(rank[owner] if owner.size else owner, kind="stable")
        return Trie(
            tokens,
            shared,
            np.searchsorted(parent[order], np.arange(nodes + 1)),
            place[order],
            start[order],
            stop[order],
            node[order],
            np.searchsorted(rank[owner][runs] if owner.size else owner, np.arange(order.size + 1)),
            low[runs],
            high[runs],
        )
