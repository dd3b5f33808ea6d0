"""How planning, writing and memory grow with columns and rules, and memory with rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np
import torch
from rule_sets.chart import Panel, draw_panels

from decoding.models import SHAPES, make_model, make_tokenizer
from decoding.ward import find_space, list_places, read
from synllm.generate.decoder.prepare import prepare_writer
from synllm.generate.decoder.slot_writer import SlotWriter

SIZES = ((10, 10), (25, 50), (50, 100), (100, 250), (200, 500))
"""Columns and rules."""

ROWS = (1, 100, 1_000, 10_000, 30_000, 100_000)
_BLOCK = 5
_BATCH, _MOST = 64, 512
_PROMPT = "Write patients of a made-up clinic, one row each, as JSON.\n"
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Grown:
    """One size: seconds from text to a ready decoder, rows a second, megabytes at most."""

    columns: int
    rules: int
    planned: float
    rate: float
    megabytes: float


def measure_growth() -> tuple[list[Grown], list[tuple[int, float]]]:
    """Return and print what each size takes, and the most memory after so many rows."""
    print("columns, rules, seconds to a ready decoder, rows/s, MB of the whole process")
    sizes = []
    for columns, rules in SIZES:
        grown = _apart(measure_size, columns, rules)
        sizes.append(grown)
        print(
            f"{columns:>7,} {rules:>6,} {grown.planned:8.2f} {grown.rate:8.1f} "
            f"{grown.megabytes:8.0f}",
            flush=True,
        )
    print("\nrows, MB of the whole process")
    memory = _apart(measure_memory)
    for rows, megabytes in memory:
        print(f"{rows:>7,} {megabytes:8.0f}")
    return sizes, memory


def draw_growth(sizes: Sequence[Grown], memory: Sequence[tuple[int, float]]) -> str:
    """Return a drawing of what was measured."""
    columns = [each.columns for each in sizes]
    axis = "columns, with 1 to 2.5 rules each"
    most = "Memory, MB"
    panels = (
        Panel("Seconds to ready", axis, columns, (("", [each.planned for each in sizes]),)),
        Panel("Cells a second", axis, columns, (("", [e.rate * e.columns for e in sizes]),)),
        Panel(most, axis, columns, (("", [each.megabytes for each in sizes]),)),
        Panel(most, "rows", [rows for rows, _ in memory], (("", [each for _, each in memory]),)),
    )
    return draw_panels(panels, "Planning, writing and memory as columns, rules and rows grow")


def write_spec(columns: int, rules: int) -> str:
    """Return a spec of so many columns and rules, each rule about two of five columns."""
    chance = random.Random(columns)
    lines = ["synspec 1", "table grown {"]
    kinds = ("one of {a, b, c, d}", "integer in 0..99", "integer in 20..300", "decimal(1) in 0..20")
    lines += [f"  f{place} : {kinds[place % 4]}" for place in range(columns)]
    lines.append("}")
    # Each rule asks for higher numbers, so that the highest ones obey them all.
    tops = (0, 50, 160, 10)
    numbers = [place for place in range(columns) if place % 4]
    for rule in range(rules):
        there = numbers[rule % len(numbers)]
        block = there // _BLOCK * _BLOCK
        here = chance.choice([each for each in range(block, block + _BLOCK) if each != there])
        when = (
            f"f{here} is {chance.choice('abcd')}"
            if here % 4 == 0
            else f"f{here} > {tops[here % 4]}"
        )
        low = chance.randint(tops[there % 4] // 4, tops[there % 4])
        lines.append(f"rule r{rule} when {when} then f{there} >= {low}")
    return "\n".join(lines) + "\n"


def measure_size(columns: int, rules: int) -> Grown:
    """Return what a size takes in this process."""
    torch.set_num_threads(1)
    tokenizer = make_tokenizer(32_000, 1, [_PROMPT])
    model = make_model(SHAPES["tiny"], tokenizer)
    started = perf_counter()
    spec = read(write_spec(columns, rules))
    space = find_space(spec)
    writer = prepare_writer(spec, space, list_places(space), model, _PROMPT)
    planned = perf_counter() - started
    writer.write(np.arange(_BATCH), 0)
    seconds = []
    for seed in range(3):
        started = perf_counter()
        writer.write(np.arange(_BATCH), seed)
        seconds.append(perf_counter() - started)
    return Grown(columns, rules, planned, _BATCH / min(seconds), _most_megabytes())


def measure_memory() -> list[tuple[int, float]]:
    """Return the most megabytes of this process after so many rows, batch after batch."""
    torch.set_num_threads(1)
    model = make_model(SHAPES["tiny"], make_tokenizer(32_000, 1, [_PROMPT]))
    spec = read(write_spec(*SIZES[0]))
    space = find_space(spec)
    writer: SlotWriter = prepare_writer(spec, space, list_places(space), model, _PROMPT)
    found, done = [], 0
    for rows in ROWS:
        while done < rows:
            size = min(_MOST, rows - done)
            writer.write(np.arange(done, done + size), 1)
            done += size
        found.append((rows, _most_megabytes()))
    return found


def _apart(measure: Callable[..., _Result], *arguments: int) -> _Result:
    """Return what a function returns in a new process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as processes:
        return processes.submit(measure, *arguments).result()


def _most_megabytes() -> float:
    """Return the most memory that this process had so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024
