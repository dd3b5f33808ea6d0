"""Runs that are killed at any moment lose no row, repeat none, and end with the same table."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import synllm
from synllm.generate.sampler import sample_to_file
from synllm.generate.settings import RunSettings
from tests.journal.kills import kill_at_random

VISITS = """
synspec 1

table visits "A key, codes, absences and a computed column" {
  id     : identifier
  age    : integer in 0..110 'a' "Age"  may be missing coded "NA"
  smoker : yes/no coded 1/0 "Smokes"
  packs  : decimal(1) in 0.1..9.9 "Packs a day" applies when smoker is yes coded "none"
}

statistics from "Table 1" {
  age     mean 52.3, sd 15.1, missing 4%
  smoker  shares {yes: 31%}
}

derived decade : integer = age / 10 rounded down

rule children "Children do not smoke"
  when age < 12 then smoker is no
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: a process's death is the same there, and disks that
    others keep busy take their time for `fsync`.
    """
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


def write_visits(output: Path, resume: bool) -> None:
    settings = RunSettings(rows=60_000, model="sampler", seed=11)
    sample_to_file(synllm.loads(VISITS).spec, settings, output, resume=resume, block_rows=200)


def write_few_visits(output: Path, resume: bool) -> None:
    settings = RunSettings(rows=24_000, model="sampler", seed=11)
    sample_to_file(synllm.loads(VISITS).spec, settings, output, resume=resume, block_rows=400)


def test_a_killed_run_ends_with_the_table_of_an_uninterrupted_one(folder: Path) -> None:
    output = folder / "visits.csv"
    survived = kill_at_random(write_few_visits, output, kills=5, seed=1)

    assert survived.kills == 5
    assert set(survived.tables) == {survived.whole}
    output.write_bytes(survived.whole)
    assert synllm.loads(VISITS).validate(output).clean


@pytest.mark.slow
@pytest.mark.parametrize(("ending", "seed"), [(".csv", 2), (".jsonl", 3), (".parquet", 4)])
def test_sixty_kills_of_each_format_lose_and_repeat_no_row(
    ending: str, seed: int, folder: Path
) -> None:
    survived = kill_at_random(write_visits, folder / f"visits{ending}", kills=60, seed=seed)

    assert survived.kills == 60
    assert set(survived.tables) == {survived.whole}
    assert survived.midway, "no kill hit a run between its blocks"
    for manifest in survived.manifests:
        assert list(manifest.resumed_at) == sorted(manifest.resumed_at)
