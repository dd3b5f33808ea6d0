"""The branches that rows have before them at their nodes of a trie, and one of them for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synllm.generate.decoder.masses import Masses, TiltedMasses
from synllm.generate.decoder.trie import Trie
from synllm.rowspace.sample import Floats, Integers

_TINY = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Branching:
    """Branches of several rows that lead to allowed places, row after row.

    Row i of `rows` has those from `first[i]` to `first[i + 1]`. `lift` is the logarithm of the mean
    factor, within a branch, by which the places behind it are tilted; zeros without a tilt.
    """

    rows: Integers
    first: Integers
    branch: Integers
    lift: Floats

    @property
    def counts(self) -> Integers:
        """How many branches each row has."""
        return np.diff(self.first)

    @property
    def owner(self) -> Integers:
        """The place in `rows` of each branch's row."""
        return np.repeat(np.arange(self.rows.size), self.counts)

    def of(self, which: Integers) -> Branching:
        """Return the branching of some of the rows, given by their places in `rows`."""
        counts = self.counts[which]
        first = np.concatenate(([0], np.cumsum(counts)))
        taken = np.repeat(self.first[which] - first[:-1], counts) + np.arange(first[-1])
        return Branching(self.rows[which], first, self.branch[taken], self.lift[taken])


def branch_rows(
    trie: Trie, node: Integers, rows: Integers, masses: Masses, tilted: TiltedMasses | None
) -> Branching:
    """Return the allowed branches of rows at nodes; `rows` are numbers within the masses."""
    counts = trie.first[node + 1] - trie.first[node]
    owner = np.repeat(np.arange(rows.size), counts)
    branch = _ranges(trie.first[node], counts)
    runs = trie.span[branch + 1] - trie.span[branch]
    run_owner = np.repeat(owner, runs)
    run = _ranges(trie.span[branch], runs)
    begins = np.cumsum(runs) - runs
    sets = masses.of_row[rows[run_owner]]
    own = masses.below(sets, trie.high[run]) - masses.below(sets, trie.low[run])
    base = np.add.reduceat(own, begins) if own.size else own
    kept = base > 0
    lift = np.zeros(branch.size)
    if tilted is not None:
        who = rows[run_owner]
        own = tilted.below(who, trie.high[run]) - tilted.below(who, trie.low[run])
        lift = np.log(np.maximum(np.add.reduceat(own, begins), _TINY)) - np.log(
            np.maximum(base, _TINY)
        )
    first = np.concatenate(([0], np.cumsum(np.bincount(owner[kept], minlength=rows.size))))
    return Branching(rows, first, branch[kept], lift[kept])


def chances_of(scores: Floats, first: Integers) -> Floats:
    """Return what scores make of chances, which add up to 1 in each row's range."""
    owner = np.repeat(np.arange(first.size - 1), np.diff(first))
    top = np.maximum.reduceat(scores, first[:-1])
    weight = np.exp(scores - top[owner])
    found: Floats = weight / np.add.reduceat(weight, first[:-1])[owner]
    return found


def choose(chances: Floats, first: Integers, mark: Floats) -> tuple[Integers, Floats]:
    """Return for each row the branch in whose part of [0, 1) its mark lies; and the mark anew.

    The branches' parts follow each other in order, each as long as its chance; one without a chance
    is never chosen. The new mark is where the old one lies within the part, again in [0, 1).
    """
    counts = np.diff(first)
    # Row by row, so that what a row chooses is the same in every batch to the last bit.
    parts = np.zeros((counts.size, int(counts.max(initial=1))))
    inside = np.arange(parts.shape[1]) < counts[:, None]
    parts[inside] = chances
    totals = np.cumsum(parts, axis=1)
    target = mark * totals[:, -1]
    place = np.count_nonzero(totals <= target[:, None], axis=1)
    for row in np.flatnonzero(place == parts.shape[1]):  # Rounded up to the very end.
        place[row] = np.flatnonzero(parts[row])[-1]
    rows = np.arange(counts.size)
    own = parts[rows, place]
    within = (target - (totals[rows, place] - own)) / own
    return first[:-1] + place, np.clip(within, 0.0, 1 - 2**-53)


def share_bins(
    trie: Trie, masses: Masses, edges: Integers, sets: Integers
) -> dict[int, tuple[Integers, Floats]]:
    """Return for each set how the places behind the first node's branches share out over bins.

    Gives the allowed branches, and for each a row of shares that add up to 1, shape (branches,
    bins).
    """
    found = {}
    begin, end = trie.first[0], trie.first[1]
    span, stop = trie.span[begin], trie.span[end]
    low, high = trie.low[span:stop, None], trie.high[span:stop, None]
    marks = np.clip(edges[None, :], low, high)
    for each in np.unique(sets).tolist():
        mass = np.diff(masses.below(np.full(marks.shape, each), marks), axis=1)
        shares = np.add.reduceat(mass, trie.span[begin:end] - span, axis=0)
        whole = shares.sum(axis=1)
        kept = whole > 0
        found[each] = np.flatnonzero(kept), shares[kept] / whole[kept, None]
    return found


def _ranges(starts: Integers, counts: Integers) -> Integers:
    """Return the numbers from each start on, as many as counted, one range after the other."""
    begins = np.cumsum(counts) - counts
    found: Integers = np.repeat(starts - begins, counts) + np.arange(int(counts.sum()))
    return found
