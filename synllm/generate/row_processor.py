"""Outlines' logits processor for one row pattern, for a whole batch at once.

Outlines' own processor masks row by row and needs a C++ compiler for its kernel, and transformers
then draws over the whole vocabulary. This one gathers the few tokens that can follow in each row
and draws among them, from a random stream of its own.
"""

from typing import Any

import torch
from outlines.backends.outlines_core import OutlinesCoreLogitsProcessor
from torch.nn.utils.rnn import pad_sequence

from synllm.generate.errors import ModelError

_PADDING = -1
# Keeps an allowed token possible where the model itself rules it out.
_LOWEST = -1e30


class RowProcessor(OutlinesCoreLogitsProcessor):
    """Choose in each row of a batch a token after which its pattern can still be completed.

    The choice is drawn with the model's own odds among the allowed tokens, sharpened or flattened
    by the temperature, and every other token is ruled out. `tokens` holds the tokens that each row
    has written, its end token excluded; `complete` says which rows match the whole pattern.
    """

    def __init__(self, index: Any, *, end: int, name: str) -> None:
        super().__init__(index, "torch")
        self._end = end
        self._name = name
        self._allowed: dict[int, torch.Tensor] = {}
        self._random = torch.Generator()
        self._temperature = 1.0
        self._states: list[int] = []
        self.tokens: list[list[int]] = []

    @property
    def complete(self) -> list[bool]:
        """Whether each row has reached the end of its pattern."""
        return [self.index.is_final_state(state) for state in self._states]

    def prepare(self, *, seed: int, temperature: float) -> None:
        """Set the random stream and the temperature of the next batch; 0 takes the likeliest."""
        self._random.manual_seed(seed)
        self._temperature = temperature

    def reset(self) -> None:
        """Forget the batch; the compiled pattern stays."""
        super().reset()
        self._states, self.tokens = [], []

    def process_logits(self, input_ids: Any, logits: Any) -> Any:
        """Return logits that leave one token possible in each row.

        Shapes: `input_ids` (rows, tokens so far), `logits` and the result (rows, vocabulary).
        Raises ModelError when the model's numbers are not numbers.
        """
        if self.is_first_token:
            self._states = [self.index.get_initial_state()] * len(input_ids)
            self.tokens = [[] for _ in self._states]
            self.is_first_token = False
        allowed = [self._list_allowed(state) for state in self._states]
        candidates = pad_sequence(allowed, batch_first=True, padding_value=_PADDING)
        places = candidates.clamp(min=0).to(logits.device)
        scores = logits.gather(1, places).cpu().double()
        if bool(torch.isnan(scores).any()):
            raise ModelError(
                "The model's numbers overflowed, so its next token is undefined",
                where=self._name,
                fix="Try --dtype float32; if that fails too, the weights are damaged.",
            )
        chosen = self._choose(candidates, scores.clamp(min=_LOWEST, max=-_LOWEST))
        self._advance(chosen.flatten().tolist())
        return torch.full_like(logits, -torch.inf).scatter_(1, chosen.to(logits.device), 0.0)

    def _choose(self, candidates: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        """Return one candidate a row, shape (rows, 1): the greatest of score plus Gumbel noise."""
        noise = torch.empty_like(scores).exponential_(generator=self._random)
        scores = scores - self._temperature * noise.clamp(min=1e-300).log()
        scores[candidates == _PADDING] = -torch.inf
        return candidates.gather(1, scores.argmax(dim=1, keepdim=True))

    def _advance(self, chosen: list[int]) -> None:
        for row, token in enumerate(chosen):
            if token != self._end:
                self._states[row] = self.index.get_next_state(self._states[row], token)
                self.tokens[row].append(token)

    def _list_allowed(self, state: int) -> torch.Tensor:
        if state not in self._allowed:
            tokens = sorted(self.index.get_allowed_tokens(state))
            if not tokens:
                raise ModelError(
                    "The model's tokenizer can't complete a value that it has begun",
                    where=self._name,
                    fix="Choose a model with a byte-level tokenizer.",
                )
            self._allowed[state] = torch.tensor(tokens)
        return self._allowed[state]
