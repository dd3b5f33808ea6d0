"""How long proving rule sets takes: as whole cold processes, by finding, and as they grow.

The rule sets are drawn with a fixed seed (rule_sets/): consistent, every rule needed, and a few
planted mistakes, which must all be found, and nothing else. "Afresh" asks the same questions one
by one in a new solver with all statements. `--plot` draws the growth as docs/check_growth.svg.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from rivals.fresh_solver import ask_afresh
from rule_sets.chart import draw_growth
from rule_sets.spec import RuleSet, draw_rule_sets

from synllm.diagnostics.show_text import render_text
from synllm.language import load_spec
from synllm.proof.check import DEFAULT_BUDGET, list_finders
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.proof.session import Session
from synllm.spec.passes.lower import lower

CHART = Path(__file__).resolve().parent.parent / "docs" / "check_growth.svg"
GOALS = (("20 rules", 0.5), ("100 rules, 3 with products and quotients", 2.0), ("300 rules", 5.0))
SIZES = (50, 100, 200, 300, 500, 1000)


@dataclass(frozen=True, slots=True)
class Run:
    """One proof: seconds in the process, questions, how many of those needed a search."""

    rules: int
    seconds: float
    questions: int
    searches: int
    by_finder: dict[str, float]


@dataclass(frozen=True, slots=True)
class Process:
    """Whole processes: the median seconds by the clock, and of computing."""

    seconds: float
    busy: float


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--quick", action="store_true", help="up to 300 rules, one run each")
    arguments.add_argument("--plot", action="store_true", help="draw the growth for the docs")
    options = arguments.parse_args()
    runs = 1 if options.quick else 5
    sizes = SIZES[:4] if options.quick else SIZES
    (small,) = draw_rule_sets([20])
    (products,) = draw_rule_sets([100], nonlinear=True)
    growing = dict(zip(sizes, draw_rule_sets(sizes), strict=True))
    missed = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for (what, goal), rule_set in zip(GOALS, (small, products, growing[300]), strict=True):
            path = write(rule_set, folder)
            cold = measure_cold(path, runs)
            print(
                f"{what:<42} {cold.seconds:6.2f} s cold, {cold.busy:.2f} s of it computing "
                f"(goal {goal:.1f} s)"
            )
            if cold.seconds > goal:
                missed.append(what)
        show_finders(prove_in_process(write(growing[300], folder), growing[300]))
        compare_with_afresh(write(growing[300], folder), 10 if options.quick else 40)
        print(
            "\ngrowth: rules, seconds in the process, questions, searches, MB of the whole process"
        )
        grown = []
        for size, rule_set in growing.items():
            path = write(rule_set, folder)
            run = prove_in_process(path, rule_set)
            megabytes = measure_memory(path)
            grown.append((size, run.seconds, run.questions, run.searches, megabytes))
            print("{:>7,} {:8.2f} {:8,} {:8,} {:8.0f}".format(*grown[-1]))
    if options.plot:
        CHART.write_text(draw_growth(grown), encoding="utf-8")
        print(f"wrote {CHART}")
    for what in missed:
        print(f"slower than its goal: {what}")
    return 1 if missed and not options.quick else 0


def write(rule_set: RuleSet, folder: Path) -> Path:
    """Write a rule set as a spec and return where."""
    path = folder / "clinic.synspec"
    path.write_text(rule_set.text, encoding="utf-8")
    return path


def measure_cold(path: Path, runs: int) -> Process:
    """Return what `synllm check` takes as a whole process, after a run that is not counted."""
    seconds, busy = [], []
    for number in range(runs + 1):
        started = perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "synllm", "check", "--quiet", str(path)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 1, "the planted mistakes are findings, and nothing stays open"
        if number:
            seconds.append(perf_counter() - started)
            busy.append(usage.ru_utime + usage.ru_stime)
    return Process(statistics.median(seconds), statistics.median(busy))


def measure_memory(path: Path) -> float:
    """Return the most megabytes that checking the file takes in a process of its own.

    Linux counts what the parent holds when a process starts; the high-water mark does not.
    """
    programme = (
        "import pathlib, resource, sys; from synllm.cli.main import main; main(sys.argv[1:]); "
        "status = pathlib.Path('/proc/self/status'); "
        "print(status.read_text().split('VmHWM:')[1].split()[0] if status.exists() "
        "else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    command = [sys.executable, "-c", programme, "check", "--quiet", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(done.stdout.split()[-1]) / 1024


def prove_in_process(path: Path, rule_set: RuleSet) -> Run:
    """Return what a proof took; asserts that exactly what was planted is found."""
    inquiry = begin(path)
    told, found, by_finder = Told(), Counter[str](), {}
    with counting() as count:
        for find in list_finders():
            started = perf_counter()
            found.update(each.finding for each in find(inquiry, told))
            by_finder[find.__name__] = perf_counter() - started
    del found["complete-row"]
    assert found == Counter(rule_set.findings.values()), found
    assert not inquiry.open_questions, inquiry.open_questions
    return Run(
        len(inquiry.rules),
        sum(by_finder.values()),
        count["questions"],
        count["searches"],
        by_finder,
    )


def begin(path: Path) -> Inquiry:
    """Return an inquiry into a spec of which nothing has been asked."""
    spec, findings = load_spec(path)
    assert spec is not None, render_text(findings)
    return Inquiry(spec, lower(spec), DEFAULT_BUDGET)


@contextmanager
def counting() -> Iterator[Counter[str]]:
    """Count the questions asked, and the searches that they needed, inside the block."""
    count: Counter[str] = Counter()
    ask, search = Inquiry.ask, Session._check

    def counted_ask(*arguments, **options):
        count["questions"] += 1
        return ask(*arguments, **options)

    def counted_search(*arguments, **options):
        count["searches"] += 1
        return search(*arguments, **options)

    Inquiry.ask, Session._check = counted_ask, counted_search
    try:
        yield count
    finally:
        Inquiry.ask, Session._check = ask, search


def show_finders(run: Run) -> None:
    """Print how long each finder took."""
    print(f"\n{run.rules} rules in the process: {run.seconds:.2f} s, {run.questions:,} questions, ")
    print(f"of which {run.searches:,} needed a search; by finder, slowest first:")
    for name, seconds in sorted(run.by_finder.items(), key=lambda item: -item[1]):
        if seconds >= 0.005:
            print(f"  {name:<34} {seconds:6.2f} s")


def compare_with_afresh(path: Path, sampled: int) -> None:
    """Print the time for two questions about each rule, and that of a new solver for each."""
    inquiry = begin(path)
    questions = [
        question
        for case in inquiry.rules
        for question in (
            (case.when.true, inquiry.hard),
            (inquiry.refused(case.index), inquiry.hard - {case.index}),
        )
    ]
    started = perf_counter()
    answers = [inquiry.possible(formula, "", obeying) for formula, obeying in questions]
    ours = perf_counter() - started
    sample = random.Random(1).sample(range(len(questions)), sampled)
    started = perf_counter()
    for place in sample:
        formula, obeying = questions[place]
        assert ask_afresh(formula, obeying, inquiry) == answers[place]
    theirs = (perf_counter() - started) / sampled * len(questions)
    print(f"\n{len(questions)} questions (does each rule apply, is it needed): {ours:.2f} s")
    print(f"afresh, each in a new solver: {theirs:.1f} s, {theirs / ours:.0f} times slower")


if __name__ == "__main__":
    sys.exit(main())
