"""How long `synllm diff` takes on two versions of a spec, as whole processes.

The specs have 40 columns and 100 rules: memberships, comparisons of columns and, one in twenty,
arithmetic. The new version changes ten rules and a range, renames one rule and rewords another.
The goal is a second for 100 rules on an idle machine.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

COLUMNS = 40


@dataclass(frozen=True)
class Took:
    """Seconds on the clock, and of the processor: the latter hardly depends on what else runs."""

    wall: float
    processor: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="three runs instead of seven")
    parser.add_argument("--rules", type=int, nargs="*", default=[50, 100, 200, 300])
    options = parser.parse_args()
    runs = 3 if options.quick else 7
    idle = measure([sys.executable, "-c", "import z3"], runs)
    show("import z3", idle)
    with tempfile.TemporaryDirectory() as folder:
        for rules in options.rules:
            old, new = Path(folder) / "old.synspec", Path(folder) / "new.synspec"
            old.write_text(write_spec(rules), encoding="utf-8")
            new.write_text(write_spec(rules, changed=True), encoding="utf-8")
            command = [sys.executable, "-m", "synllm", "diff", str(old)]
            show(f"diff of {rules} rules", measure([*command, str(new)], runs), idle)
            show("  of the same file twice", measure([*command, str(old)], runs), idle)


def show(what: str, took: Took, idle: Took | None = None) -> None:
    ratio = "" if idle is None else f"  {took.processor / idle.processor:5.1f}x import z3"
    print(
        f"{what:<26} {took.wall * 1000:6.0f} ms, processor {took.processor * 1000:6.0f} ms{ratio}"
    )


def write_spec(rules: int, *, changed: bool = False) -> str:
    """Return a spec whose rules all can hold together; `changed` is its second version."""
    chance = random.Random(5)
    numbers = [f"lab_{index}" for index in range(COLUMNS // 2)]
    categories = [f"sign_{index}" for index in range(COLUMNS - len(numbers))]
    lines = ["synspec 1", "", 'table cohort "A cohort, one row per patient" {']
    for index, name in enumerate(numbers):
        decimals = index % 3
        kind = f"decimal({decimals})" if decimals else "integer"
        high = 1000 + (10 * index if not (changed and index == 3) else 0)
        lines.append(f'  {name} : {kind} in 0..{high} "Value {index}" may be missing')
    for index, name in enumerate(categories):
        kind = "yes/no" if index % 2 else "ordered {none < slight < severe}"
        lines.append(f'  {name} : {kind} "Sign {index}" may be missing')
    lines.append("}")
    different = set(random.Random(6).sample(range(rules), 12)) if changed else set()
    renamed, reworded = sorted(different)[:2] if changed else (-1, -1)
    for index in range(rules):
        shift = 7 if index in different - {renamed, reworded} else 0
        body = write_rule(index, shift, numbers, categories, chance, reworded=index == reworded)
        name = f"renamed_{index}" if index == renamed else f"rule_{index}"
        lines += ["", f'rule {name} "What rule {index} asks for"', f"  {body}"]
    return "\n".join(lines) + "\n"


def write_rule(
    index: int,
    shift: int,
    numbers: list[str],
    categories: list[str],
    chance: random.Random,
    *,
    reworded: bool,
) -> str:
    """Return the body of a rule; `shift` moves its threshold, so that it means something else."""
    first, second, third = chance.sample(numbers, 3)
    sign = chance.randrange(len(categories))
    value = "yes" if sign % 2 else "severe"
    limit = chance.randrange(200, 800) + shift
    match index % 20:
        case 7:
            return f"always {first} + {second} - {third} <= {1900 + limit}"
        case 3 | 11 | 15 | 19:
            return f"when {first} > {limit} then {second} <= {first} + 990"
        case 5 | 13:
            return f"never {first} > {limit} and {second} < {20 + shift} and {third} > {limit}"
        case _ if reworded:
            return f"always not {categories[sign]} is {value} or {first} <= {limit}"
        case _:
            return f"when {categories[sign]} is {value} then {first} <= {limit}"


def measure(command: list[str], runs: int) -> Took:
    """Return the median times of a command over some runs, after one that is not counted."""
    times: list[Took] = []
    for number in range(runs + 1):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, capture_output=True, env=os.environ, text=True)
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise SystemExit(done.stderr)
        if number:
            user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
            times.append(Took(wall, user + system))
    return Took(
        statistics.median(each.wall for each in times),
        statistics.median(each.processor for each in times),
    )


if __name__ == "__main__":
    main()
