"""Rows by a language model: all rules while decoding, against Outlines' batched `generate`.

One table of sixteen columns (decoding/), a prompt of 600 tokens, 32 rows at once, models of real
shapes with random weights and tokenizers of real sizes, made on the spot. Outlines gets the exact
ranges without the rules that tie columns, the slot decoder obeys all of them. A random model often
spells words letter by letter where it may, so Outlines stops after as many steps as a row takes in
the tokenizer's own tokens. Everything is warm, and the ratio is of the best batches of one run: by
the clock or in computing, whichever is less, for other work on the machine disturbs the clock.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import torch
from decoding.floor import Machine, Work, floor_seconds, measure_machine, wait, watch_work
from decoding.growth import draw_growth, measure_growth
from decoding.models import SHAPES, Shape, count_inner_weights, make_model, make_tokenizer
from decoding.outlines_rows import OutlinesRows
from decoding.startup import show_startup
from decoding.ward import Ward, load_ward

from synllm.generate.constrained import RowWriter
from synllm.generate.models import LoadedModel

CHART = Path(__file__).resolve().parent.parent / "docs" / "decode_growth.svg"
GOALS = {32_000: 10.0, 128_000: 25.0}
ROWS = 32


@dataclass(frozen=True, slots=True)
class Timed:
    """The best of several batches: seconds by the clock, and of computing; and what it read."""

    seconds: float
    busy: float
    work: Work


@dataclass(frozen=True, slots=True)
class Case:
    """A model to be measured: vocabulary, digits in a token, shape, and where it runs."""

    vocabulary: int
    digits: int
    shape: Shape
    device: str = "cpu"
    dtype: torch.dtype = torch.float32
    rows: int = ROWS

    def __str__(self) -> str:
        grouped = "by three" if self.digits == 3 else "alone"
        name = str(self.dtype).removeprefix("torch.")
        return (
            f"{self.shape.name} in {name} on {self.device}, {self.vocabulary:,} tokens, "
            f"digits {grouped}, {self.rows} rows"
        )


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="32,000 tokens alone, < 1 minute")
    arguments.add_argument("--gpu", action="store_true", help="the 8B shape on a graphics card")
    arguments.add_argument("--plot", action="store_true", help="draw the growth for the docs")
    arguments.add_argument("--threads", type=int, default=2, help="default 2")
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    ward = load_ward()
    if options.gpu:
        return run_on_card(ward)
    if options.quick:
        ratio, _ = compare(Case(32_000, 1, SHAPES["20M"]), ward, repeats=1)
        print(f"{ratio:.1f}x")
        return 0
    if options.plot:
        CHART.write_text(draw_growth(*measure_growth()), encoding="utf-8")
        print(f"wrote {CHART}")
        return 0
    show_startup(make_tokenizer(32_000, 1, ward.texts))
    missed = []
    for vocabulary, digits, shape in (
        (32_000, 1, "20M"),
        (128_000, 1, "20M"),
        (128_000, 3, "20M"),
        (32_000, 1, "56M"),
        (128_000, 3, "56M"),
    ):
        case = Case(vocabulary, digits, SHAPES[shape])
        ratio, _ = compare(case, ward, repeats=2, further=True)
        if shape == "20M" and ratio < GOALS[vocabulary]:
            missed.append(f"{case}: {ratio:.1f}x, goal {GOALS[vocabulary]:.0f}x")
    for each in missed:
        print(f"slower than its goal: {each}")
    return 1 if missed else 0


def run_on_card(ward: Ward) -> int:
    """Measure the 8B shape in bfloat16, where there is a graphics card."""
    if not torch.cuda.is_available():
        print("there is no graphics card that torch can use: nothing measured")
        return 0
    case = Case(128_000, 3, SHAPES["8B"], "cuda", torch.bfloat16, rows=64)
    ratio, _ = compare(case, ward, repeats=3, further=True)
    print(f"{ratio:.1f}x")
    return 0 if ratio >= 4 else 1


def compare(
    case: Case, ward: Ward, *, repeats: int, further: bool = False
) -> tuple[float, dict[str, Timed]]:
    """Print how fast the decoder and Outlines write rows; return the ratio of their best batches,
    the lesser of that by the clock and that in computing.

    With `further`, the decoder also scores rows, and the engine that checks rows takes part.
    """
    print(f"\n{case}", flush=True)
    tokenizer = make_tokenizer(case.vocabulary, case.digits, ward.texts)
    model = make_model(case.shape, tokenizer, device=case.device, dtype=case.dtype)
    prompt = ward.prompt(model)
    work = watch_work(model.network)
    machine = measure_machine(case.device, case.dtype)
    writer = ward.writer(model, prompt)
    numbers = np.arange(case.rows)
    steps = _count_tokens(writer.plan, writer.write(numbers, 0).places)
    found = {
        "slot decoder": _time(lambda seed: writer.write(numbers, seed), work, 2 * repeats + 1, case)
    }
    _show("slot decoder, all rules", found["slot decoder"], case)
    _show_floor(found["slot decoder"], machine, model, writer.choices.size, case, steps)
    plain = OutlinesRows(model, ward.free_regex, prompt)
    plain.write(2, 2, 0)
    found["Outlines"] = _time(lambda seed: plain.write(case.rows, steps, seed), work, repeats, case)
    _show("Outlines, ranges alone", found["Outlines"], case)
    clock, computing = _compare_times(found["Outlines"], found["slot decoder"])
    print(f"  ratio {clock:.1f}x by the clock, {computing:.1f}x in computing")
    if further:
        _compare_further(case, ward, model, prompt, work, found, steps)
    return min(clock, computing), found


def _compare_further(
    case: Case,
    ward: Ward,
    model: LoadedModel,
    prompt: str,
    work: Work,
    found: dict[str, Timed],
    steps: int,
) -> None:
    scored = ward.writer(model, prompt, score=True)
    numbers = np.arange(case.rows)
    found["weights"] = _time(lambda seed: scored.write(numbers, seed), work, 3, case)
    _show("slot decoder with --weights", found["weights"], case)
    clock, computing = _compare_times(found["Outlines"], found["weights"])
    print(f"  ratio with --weights {clock:.1f}x by the clock, {computing:.1f}x in computing")
    checked = RowWriter(model, ward.free_regex)
    message = [{"role": "user", "content": prompt}]
    found["--engine outlines"] = _time(
        lambda seed: checked.write_batch(message, case.rows, seed=seed, max_new_tokens=steps),
        work,
        2,
        case,
    )
    _show("--engine outlines, unchecked", found["--engine outlines"], case)


def _time(act: Callable[[int], object], work: Work, repeats: int, case: Case) -> Timed:
    best: Timed | None = None
    for seed in range(repeats):
        work.passes = work.tokens = 0
        wait(case.device)
        started, busy = perf_counter(), process_time()
        act(seed)
        wait(case.device)
        timed = Timed(
            perf_counter() - started, process_time() - busy, Work(work.passes, work.tokens)
        )
        if best is None or timed.seconds < best.seconds:
            best = timed
    assert best is not None
    return best


def _compare_times(slow: Timed, fast: Timed) -> tuple[float, float]:
    return slow.seconds / fast.seconds, slow.busy / fast.busy


def _show(what: str, timed: Timed, case: Case) -> None:
    print(
        f"  {what:<30} {case.rows / timed.seconds:7.1f} rows/s "
        f"({case.rows / timed.busy:.1f} a second of computing), {timed.work.passes} passes, "
        f"{timed.work.tokens / case.rows:.1f} tokens read a row",
        flush=True,
    )


def _count_tokens(plan: object, places: dict[str, np.ndarray]) -> int:
    rows = next(iter(places.values())).size
    each = ({name: int(column[row]) for name, column in places.items()} for row in range(rows))
    return round(sum(len(plan.text_tokens(row)) for row in each) / rows)


def _show_floor(
    timed: Timed, machine: Machine, model: LoadedModel, choices: int, case: Case, steps: int
) -> None:
    inner = count_inner_weights(model.network)
    reading, computing = floor_seconds(
        machine,
        timed.work,
        weights=inner,
        bytes_per_weight=case.dtype.itemsize,
        head=choices * case.shape.width,
    )
    floor = max(reading, computing)
    print(
        f"    {steps} tokens a row; floor {floor:.3f} s a batch: weights read {reading:.3f} s at "
        f"{machine.bandwidth / 1e9:.0f} GB/s, operations {computing:.3f} s at "
        f"{machine.operations / 1e9:.0f} G/s; {timed.seconds / floor:.1f} times the floor"
    )


if __name__ == "__main__":
    sys.exit(main())
