"""Runs that are killed at random moments and resumed, again and again.

What writes the table runs in a process of its own, forked from one that has everything imported, so
that most of its life is the run itself. Any function will do that takes an output and whether to
resume; it must be importable, as processes are told its name.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.process
import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from synllm.generate.journal.journal import count_kept, journal_folder, read_run
from synllm.generate.run_manifest import RunManifest, manifest_path

Write = Callable[[Path, bool], None]


@dataclass(frozen=True, slots=True)
class Survived:
    """The table of an uninterrupted run, and those of runs that were killed, with their manifests.

    `midway` of the kills hit a run that had drawn rows since it was started or resumed.
    """

    whole: bytes
    tables: tuple[bytes, ...]
    manifests: tuple[RunManifest, ...]
    kills: int
    midway: int


def kill_at_random(
    write: Write, output: Path, *, kills: int, seed: int, within: float = 0.4
) -> Survived:
    """Kill runs `within` that part of the time that a whole one takes, resume them, and return
    what they wrote.

    A run that is complete is followed by the next one, until there were enough kills; the last one
    is left in peace. Raises AssertionError where a run fails of itself.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["synllm.generate.sampler", write.__module__])
    _run(context.Process(target=int), None)
    started = time.monotonic()
    _run(context.Process(target=write, args=(output, False)), None)
    longest = within * (time.monotonic() - started)
    whole, _ = _take_table(output)
    chance = random.Random(seed)
    done = midway = 0
    taken: list[tuple[bytes, RunManifest]] = []
    while done < kills or not taken or journal_folder(output).exists():
        before = count_kept(output)
        child = context.Process(target=write, args=(output, read_run(output) is not None))
        if _run(child, chance.uniform(0, longest) if done < kills else None):
            done += 1
            midway += count_kept(output) > before
        if read_run(output) is None and output.exists():
            taken.append(_take_table(output))
    tables, manifests = zip(*taken, strict=True)
    return Survived(whole, tables, manifests, done, midway)


def _run(child: multiprocessing.process.BaseProcess, seconds: float | None) -> bool:
    """Let a child run for so long, and return whether it had to be killed."""
    child.start()
    child.join(seconds)
    child.kill()
    child.join()

    assert child.exitcode in (0, -signal.SIGKILL), "a run failed of itself"
    return child.exitcode != 0


def _take_table(output: Path) -> tuple[bytes, RunManifest]:
    """Return a complete table and its manifest, and remove both."""
    found = output.read_bytes()
    manifest = manifest_path(output).read_text(encoding="utf-8")
    output.unlink()
    manifest_path(output).unlink()
    shutil.rmtree(journal_folder(output), ignore_errors=True)
    return found, RunManifest.model_validate_json(manifest)
