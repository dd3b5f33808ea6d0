"""What the machine can do at best: how fast it reads memory and multiplies, and what rows need."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import torch

_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Machine:
    """Bytes read and operations done a second, measured where and as the model runs."""

    bandwidth: float
    operations: float


@dataclass(slots=True)
class Work:
    """What a network did: forward passes, and tokens read in them."""

    passes: int = 0
    tokens: int = 0


def measure_machine(device: str, dtype: torch.dtype) -> Machine:
    """Return the best of several readings of a large vector and products of large matrices."""
    many = 1 << (27 if device == "cpu" else 31)
    vector = torch.ones(many // dtype.itemsize, dtype=dtype, device=device)
    size = 2048 if device == "cpu" else 8192
    matrix = torch.ones((size, size), dtype=dtype, device=device)
    reading = _best(lambda: vector.view(torch.int32).max(), device)
    product = _best(lambda: matrix @ matrix, device)
    return Machine(vector.numel() * dtype.itemsize / reading, 2 * size**3 / product)


def floor_seconds(
    machine: Machine, work: Work, *, weights: int, bytes_per_weight: int, head: int
) -> tuple[float, float]:
    """Return the least seconds that a batch's reading of weights takes, and its operations.

    `weights` are read once in each pass and take part once in each token; `head` counts those of
    the head for the tokens that are ever chosen, at each pass.
    """
    reading = work.passes * (weights + head) * bytes_per_weight / machine.bandwidth
    return reading, 2 * work.tokens * weights / machine.operations


def watch_work(network: Any) -> Work:
    """Count from now on what a network reads."""
    work = Work()

    def count(module: Any, arguments: Any, named: dict[str, Any]) -> None:
        work.passes += 1
        work.tokens += named["input_ids"].numel()

    network.register_forward_pre_hook(count, with_kwargs=True)
    return work


def _best(act: Any, device: str) -> float:
    seconds = []
    for _ in range(_REPEATS):
        wait(device)
        started = perf_counter()
        act()
        wait(device)
        seconds.append(perf_counter() - started)
    return min(seconds)


def wait(device: str) -> None:
    """Let a device finish what it was given."""
    if device != "cpu":
        torch.cuda.synchronize()
