"""Runs of a language model survive as the sampler's do, with all that steering has learned."""

import os
import tempfile
from pathlib import Path

import pytest

import synllm
from tests.journal.kills import kill_at_random
from tests.journal.test_kills import VISITS

pytest.importorskip("torch")

from synllm.compiler import compile_spec
from synllm.generate.decode import decode_to_file
from synllm.generate.models import load_model
from synllm.generate.settings import RunSettings


def write_visits(output: Path, resume: bool) -> None:
    settings = RunSettings(rows=1_200, batch=48, seed=3)
    model = load_model(None, device="cpu")
    decode_to_file(compile_spec(synllm.loads(VISITS).spec), model, settings, output, resume=resume)


@pytest.mark.slow
def test_twenty_kills_of_a_steered_model_lose_and_repeat_no_row() -> None:
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        output = Path(folder) / "visits.csv"
        survived = kill_at_random(write_visits, output, kills=20, seed=4, within=0.95)

    assert survived.kills == 20
    assert set(survived.tables) == {survived.whole}
    assert survived.midway, "no kill hit a run between its blocks"
