"""Training, in runs that stop and go on: a constant learning rate, and a decay when asked for.

A checkpoint holds weights, optimiser and step, less than 16 MB. Step n draws the same tables
whatever came before, so that a run that was cut goes on as if it had not been.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from synllm.generate.embedded.recipe.batches import draw_batch
from synllm.generate.embedded.recipe.first_weights import (
    COPYING_LAYER,
    draw_weights,
    find_shares,
)
from synllm.generate.embedded.recipe.network import CardReader, Shape, deepen_network
from synllm.generate.embedded.recipe.tables import Difficulty
from synllm.generate.embedded.recipe.teacher import Teacher

SEED = 20240229
LAST = 10**9
"""Up to here goes a last stage: as long as is asked."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Up to which step tables of a difficulty are read, how many of them and rows of each.

    `layers` is how deep the network is then, `lessons` what these weigh beside the choices, `rate`
    the learning rate.
    """

    until: int
    difficulty: Difficulty
    cards: int
    rows: int
    layers: int
    lessons: float = 0.0
    rate: float = 1.2e-3


@dataclass(frozen=True, slots=True)
class Configuration:
    """How a model is trained; the last stage goes on for as long as is asked."""

    stages: tuple[Stage, ...]
    warm_up: int = 100
    threads: int = 2

    def stage(self, step: int) -> Stage:
        """Return the stage of a step."""
        return next((each for each in self.stages if step < each.until), self.stages[-1])


CONFIGURATIONS = {
    "cpu": Configuration(
        (
            Stage(300, Difficulty(2, 8, tied=0.2, hard=0.4), 12, 12, layers=5),
            Stage(1500, Difficulty(2, 12, tied=0.4, hard=0.5), 12, 12, layers=5),
            Stage(3200, Difficulty(3, 20, tied=0.6, hard=0.5), 10, 12, layers=5),
            Stage(4900, Difficulty(3, 6, tied=1.0, hard=0.3), 12, 12, 7, lessons=1.0, rate=8e-4),
            Stage(5400, Difficulty(2, 12, tied=0.8, hard=0.5), 11, 12, 7, lessons=0.3, rate=8e-4),
            Stage(LAST, Difficulty(3, 20, tied=0.6, hard=0.5), 10, 12, 7, lessons=0.15, rate=8e-4),
        )
    ),
    "gpu": Configuration(
        (
            Stage(300, Difficulty(2, 12, tied=0.3, hard=0.4), 96, 16, layers=5),
            Stage(3200, Difficulty(4, 20, tied=0.6, hard=0.6), 64, 16, layers=5),
            Stage(4400, Difficulty(3, 8, tied=1.0, hard=0.4), 96, 16, 7, lessons=1.0, rate=8e-4),
            Stage(LAST, Difficulty(4, 20, tied=0.6, hard=0.6), 64, 16, 7, lessons=0.15, rate=8e-4),
        )
    ),
}


@dataclass(slots=True)
class Training:
    """A network with its teacher and their optimiser, and how far it is."""

    network: CardReader
    teacher: Teacher
    optimiser: torch.optim.Optimizer
    step: int = 0
    tokens: int = 0
    began: int = 0
    """The step at which this optimiser began."""

    def move(self, device: str) -> None:
        """Take network, teacher and optimiser to a device."""
        self.network.to(device)
        self.teacher.to(device)
        state = self.optimiser.state_dict()
        self.optimiser = _optimiser(self.network, self.teacher)
        self.optimiser.load_state_dict(state)

    def deepen(self, layers: int) -> None:
        """Go on with so many layers; the new ones, behind the copying one, change nothing yet."""
        # The same new layers, whether or not the training was read from a checkpoint before.
        torch.manual_seed(SEED + self.step)
        self.network = deepen_network(self.network, layers, COPYING_LAYER + 1)
        self.optimiser = _optimiser(self.network, self.teacher)
        self.began = self.step


def begin_training(shape: Shape, tokenizer: Any) -> Training:
    """Return a network with fresh weights, the same every time."""
    torch.manual_seed(SEED)
    network = CardReader(shape)
    draw_weights(
        network,
        heads=shape.heads,
        layers=shape.layers,
        theta=shape.theta,
        shares=find_shares(tokenizer.get_vocab()),
    )
    teacher = Teacher(shape.width)
    return Training(network, teacher, _optimiser(network, teacher))


def _optimiser(network: CardReader, teacher: Teacher) -> torch.optim.Optimizer:
    trained = [*network.parameters(), *teacher.parameters()]
    matrices = [each for each in trained if each.dim() > 1]
    rest = [each for each in trained if each.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98))


def train(
    training: Training,
    tokenizer: Any,
    configuration: Configuration,
    *,
    until: float,
    decay: int | None = None,
    report: Callable[[dict[str, float]], None] = lambda line: None,
    save: Callable[[Training], None] = lambda state: None,
    save_every: float = 120.0,
) -> None:
    """Train until a moment of the clock (time.monotonic).

    With `decay` the learning rate falls to zero in so many steps, after which training ends.
    """
    torch.set_num_threads(configuration.threads)
    device = next(training.network.parameters()).device
    saved, began, first = time.monotonic(), time.monotonic(), training.step
    losses: list[float] = []
    while time.monotonic() < until:
        left = 1.0 if decay is None else 1 - (training.step - first) / decay
        if left <= 0:
            break
        losses.append(take_step(training, tokenizer, configuration, left, device))
        if training.step % 20 == 0:
            report(
                {
                    "step": training.step,
                    "tokens": training.tokens,
                    "loss": round(float(np.mean(losses)), 4),
                    "seconds": round(time.monotonic() - began, 1),
                }
            )
            losses = []
        if time.monotonic() - saved > save_every:
            save(training)
            saved = time.monotonic()
    save(training)


def take_step(
    training: Training,
    tokenizer: Any,
    configuration: Configuration,
    part: float,
    device: torch.device,
) -> float:
    """Learn from one batch of fresh tables, at a part of the rate; return its loss on cells."""
    stage = configuration.stage(training.step)
    if stage.layers > training.network.shape.layers:
        training.deepen(stage.layers)
    warm = min(1, (training.step - training.began + 1) / configuration.warm_up)
    random = np.random.default_rng((SEED, training.step))
    batch = draw_batch(tokenizer, stage.difficulty, stage.cards, stage.rows, random).to(device)
    for group in training.optimiser.param_groups:
        group["lr"] = stage.rate * part * warm
    with torch.autocast(device.type, torch.bfloat16):
        states = training.network.read(batch)
        loss = whole = training.network.loss(states, batch)
        if stage.lessons > 0:
            missed = training.teacher(training.network, states, batch)
            whole = loss + stage.lessons * missed.sum()
    training.optimiser.zero_grad()
    torch.autograd.backward(whole)
    torch.nn.utils.clip_grad_norm_(training.network.parameters(), 1.0)
    training.optimiser.step()
    training.step += 1
    training.tokens += batch.rows.numel() + batch.card.numel()
    return float(loss.detach())


def save_checkpoint(training: Training, path: Path) -> None:
    """Write a checkpoint, whole or not at all.

    The optimiser's moments are kept in half the precision, in the file and from now on, so that it
    doesn't matter whether the training is read back or goes on.
    """
    state = training.optimiser.state_dict()
    short = {key: dict(moments) for key, moments in state["state"].items()}
    for moments in short.values():
        for name in ("exp_avg", "exp_avg_sq"):
            rounded = moments[name].bfloat16()
            moments[name].copy_(rounded)
            moments[name] = rounded
    partial = path.with_suffix(".partial")
    torch.save(
        {
            "shape": json.dumps(training.network.shape.as_dict()),
            "network": training.network.state_dict(),
            "teacher": training.teacher.state_dict(),
            "optimiser": {**state, "state": short},
            "step": training.step,
            "tokens": training.tokens,
            "began": training.began,
        },
        partial,
    )
    partial.replace(path)


def load_checkpoint(path: Path) -> Training:
    """Return the training that a checkpoint holds."""
    found = torch.load(path, map_location="cpu", weights_only=True)
    network = CardReader(Shape(**json.loads(found["shape"])))
    network.load_state_dict(found["network"])
    teacher = Teacher(network.shape.width)
    teacher.load_state_dict(found["teacher"])
    optimiser = _optimiser(network, teacher)
    optimiser.load_state_dict(found["optimiser"])
    counts = (found[name] for name in ("step", "tokens", "began"))
    return Training(network, teacher, optimiser, *counts)
