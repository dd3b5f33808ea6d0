"""Tokens that rows have written and the network has not read yet."""

from __future__ import annotations

import numpy as np

from synllm.generate.decoder.piece_tokens import Tokens
from synllm.rowspace.sample import Integers


class Pending:
    """Unread tokens of each stream: a table (streams, room), and how many of each are there."""

    def __init__(self, room: int) -> None:
        self._tokens = np.zeros((1, room), dtype=np.int64)
        self.counts: Integers = np.zeros(1, dtype=np.int64)

    def append(self, streams: Integers, table: Tokens, place: Integers, span: Integers) -> None:
        """Append `table[place, span[0] : span[1]]` to each stream; `span` is (2, streams)."""
        size = span[1] - span[0]
        for step in range(int(size.max(initial=0))):
            there = np.flatnonzero(size > step)
            stream = streams[there]
            token = table[place[there], span[0, there] + step]
            self._tokens[stream, self.counts[stream]] = token
            self.counts[stream] += 1

    def select(self, streams: Integers) -> None:
        """Go on with copies of the given streams, in their order."""
        self._tokens, self.counts = self._tokens[streams], self.counts[streams]

    def take(self, wanted: Integers) -> tuple[Integers, Integers]:
        """Return the packed tokens of the wanted streams and how many of each stream, and forget
        them.
        """
        counts = np.zeros(self.counts.size, dtype=np.int64)
        counts[wanted] = self.counts[wanted]
        packed = self._tokens[np.arange(self._tokens.shape[1]) < counts[:, None]]
        self.counts = self.counts - counts
        return packed, counts
