"""Models from a hub: one on this machine, which speaks as the real one does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from synllm.generate.model_folder import EMBEDDED_FOLDER
from tests.generate.local_hub import COMMIT, serve_hub

NAME = "some-owner/some-model"


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A model as published, with what must not be fetched beside it."""
    folder = shutil.copytree(EMBEDDED_FOLDER, tmp_path / "published")
    (folder / "pytorch_model.bin").write_bytes(b"a pickle")
    (folder / "modeling_own.py").write_text("raise SystemExit('code was run')")
    return folder


def run(address: str, cache: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run synllm with another hub and an empty cache, in a process of its own."""
    settings = {
        name: value for name, value in os.environ.items() if not name.upper().startswith("HF_")
    }
    settings |= {"HF_ENDPOINT": address, "HF_HOME": str(cache), "NO_PROXY": "127.0.0.1"}
    return subprocess.run(
        [sys.executable, "-m", "synllm", *arguments],
        capture_output=True,
        text=True,
        env=settings,
        check=False,
    )


def test_a_model_is_downloaded_once_without_code_and_pickles(
    published: Path, tmp_path: Path
) -> None:
    with serve_hub(published, NAME) as hub:
        first = run(hub.address, tmp_path / "cache", "model", "check", NAME)
    again = run("http://127.0.0.1:9", tmp_path / "cache", "model", "info", NAME)

    assert first.returncode == 0, first.stderr
    assert again.returncode == 0, again.stderr
    assert COMMIT in again.stdout
    assert "model.safetensors" in hub.whole
    assert not {"pytorch_model.bin", "modeling_own.py"} & set(hub.whole)


def test_a_model_is_described_without_its_weights(published: Path, tmp_path: Path) -> None:
    with serve_hub(published, NAME) as hub:
        remote = run(hub.address, tmp_path / "cache", "model", "info", NAME)
    local = run(hub.address, tmp_path / "cache", "model", "info", str(published))

    assert remote.returncode == 0, remote.stderr
    assert not (set(hub.whole) & {"model.safetensors", "pytorch_model.bin", "modeling_own.py"})
    differing = [
        mine.split()[0]
        for mine, theirs in zip(remote.stdout.splitlines(), local.stdout.splitlines(), strict=True)
        if mine != theirs
    ]
    assert differing == [NAME, "revision", "folder"]


def test_a_downloaded_model_is_listed(published: Path, tmp_path: Path) -> None:
    with serve_hub(published, NAME) as hub:
        run(hub.address, tmp_path / "cache", "model", "check", NAME, "--rows", "1")

    listed = run("http://127.0.0.1:9", tmp_path / "cache", "model", "list")

    assert [line.split()[0] for line in listed.stdout.splitlines()] == ["embedded", NAME]


def test_a_model_that_the_hub_does_not_have_is_named(published: Path, tmp_path: Path) -> None:
    with serve_hub(published, NAME) as hub:
        done = run(hub.address, tmp_path / "cache", "model", "info", "some-owner/another")

    assert done.returncode == 4
    assert "some-owner/another" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_hub_that_is_not_there_is_one_message(tmp_path: Path) -> None:
    done = run("http://127.0.0.1:9", tmp_path / "cache", "model", "info", NAME)

    assert done.returncode == 4
    assert "the Hugging Face hub can't be reached" in done.stderr
    assert "Traceback" not in done.stderr
