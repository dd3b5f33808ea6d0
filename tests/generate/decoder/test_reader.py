"""Reading rows side by side gives the scores of reading each by itself, whatever the network."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
import torch

from synllm.generate.decoder import reader as reader_module
from synllm.generate.decoder.attention import UnsupportedAttentionError
from synllm.generate.decoder.reader import RowReader
from synllm.generate.decoder.reading import Reading
from tests.generate.decoder.networks import NAMES, VOCABULARY, network_of, plain_scores

CHOICES = np.arange(0, VOCABULARY, 7)
PROMPT = np.random.default_rng(0).integers(VOCABULARY, size=20).tolist()
ROOM = 40


@dataclass
class Both:
    """A reader, and the rows that it has read as plain lists of tokens."""

    network: Any
    full: bool
    rows: list[list[int]] = field(default_factory=lambda: [[]])
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))
    worst: float = 0.0

    def __post_init__(self) -> None:
        self.reader = RowReader(self.network, PROMPT, CHOICES, ROOM, full=self.full)
        self.compare(self.reader.begin(), np.ones(1, dtype=np.int64), [[]])

    def select(self, rows: list[int]) -> None:
        self.reader.select(np.array(rows))
        self.rows = [list(self.rows[row]) for row in rows]

    def rewind(self, rows: list[int], lengths: list[int]) -> None:
        self.reader.rewind(np.array(rows), np.array(lengths))
        for row, length in zip(rows, lengths, strict=True):
            self.rows[row] = self.rows[row][:length]

    def read(self, counts: list[int]) -> None:
        new = [self.random.integers(VOCABULARY, size=count).tolist() for count in counts]
        packed = np.array([token for own in new for token in own], dtype=np.int64)
        found = self.reader.read(packed, np.array(counts))
        self.rows = [before + own for before, own in zip(self.rows, new, strict=True)]
        self.compare(found, np.array(counts), new)

    def compare(self, found: Reading, counts: np.ndarray, new: list[list[int]]) -> None:
        """Keep the largest difference to what the network says of each row by itself."""
        assert self.reader.lengths.tolist() == [len(row) for row in self.rows]
        for row in np.flatnonzero(counts).tolist():
            scores = plain_scores(self.network, PROMPT + self.rows[row])
            differences = [np.abs(scores[-1][CHOICES] - found.scores[row]).max()]
            if self.full:
                sums = np.log(np.exp(scores).sum(axis=1))
                at = np.arange(len(scores) - len(new[row]), len(scores) - 1)
                inner = sum(scores[at, new[row][1:]] - sums[at]) if new[row] else 0.0
                differences += [
                    abs(sums[-1] - found.normaliser[row]),
                    abs(inner - found.inner[row]),
                ]
            self.worst = max(self.worst, *differences)


def read_much(network: Any, *, full: bool) -> float:
    """The largest difference while rows are copied, dropped, rewound and read unevenly."""
    both = Both(network, full)
    both.read([3])
    both.select([0, 0, 0])
    both.read([1, 4, 2])
    both.read([0, 2, 0])
    both.select([2, 1, 1, 0])
    both.read([5, 0, 1, 3])
    both.rewind([0, 3], [4, 3])
    both.read([2, 1, 1, 6])
    both.select([3, 3])
    both.read([7, 1])
    return both.worst


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("name", NAMES)
def test_scores_are_those_of_a_plain_pass(name: str, full: bool) -> None:
    assert read_much(network_of(name), full=full) < 1e-4


@pytest.mark.parametrize("name", ["llama", "gemma2", "gpt2"])
def test_scores_in_half_precision_agree_to_its_precision(name: str) -> None:
    network = network_of(name, torch.bfloat16)
    size = np.abs(plain_scores(network, PROMPT)).max()

    assert read_much(network, full=True) < 0.05 * size


def test_rows_that_are_too_many_at_once_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader_module, "_MOST_SCORES", 4 * VOCABULARY)

    assert read_much(network_of("llama"), full=True) < 1e-4


def test_the_network_is_as_it_was_after_reading() -> None:
    network = network_of("qwen2")
    head = network.get_output_embeddings()
    before = plain_scores(network, PROMPT)
    read_much(network, full=False)

    assert network.get_output_embeddings() is head
    assert (plain_scores(network, PROMPT) == before).all()


def test_beginning_anew_forgets_all_rows() -> None:
    both = Both(network_of("mistral"), full=False)
    both.read([5])
    both.rows = [[]]
    both.compare(both.reader.begin(), np.ones(1, dtype=np.int64), [[]])
    both.read([4])

    assert both.worst < 1e-4


def test_a_network_without_keys_and_values_is_refused() -> None:
    from transformers import MambaConfig, MambaForCausalLM

    config = MambaConfig(vocab_size=VOCABULARY, hidden_size=16, num_hidden_layers=1, state_size=4)
    with pytest.raises(UnsupportedAttentionError):
        RowReader(MambaForCausalLM(config), PROMPT, CHOICES, ROOM, full=False)
