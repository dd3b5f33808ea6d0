"""What the decoder asks of a network, or of what stands in for one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from synllm.rowspace.sample import Floats, Integers


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What follows each stream's last token read.

    `scores` are the choices' logits, shape (streams, choices). With the full head, `normaliser` is
    the logarithm of the sum over the vocabulary, shape (streams,), and `inner` the log-probability
    of the tokens read after the first, given those before them; zeros otherwise.
    """

    scores: Floats
    normaliser: Floats
    inner: Floats


class Reader(Protocol):
    """Reads streams of tokens after a prompt; `lengths` is how many tokens each has, (streams,)."""

    lengths: Integers

    def begin(self) -> Reading:
        """Start anew with one stream of no tokens; returns what follows the prompt."""

    def select(self, rows: Integers) -> None:
        """Go on with copies of the given streams, in their order."""

    def rewind(self, rows: Integers, lengths: Integers) -> None:
        """Forget the streams' tokens after so many."""

    def read(self, tokens: Integers, counts: Integers) -> Reading:
        """Read further tokens of the streams; what follows one without new ones is left at zero.

        `tokens` are packed, stream after stream, `counts` of each stream.
        """
