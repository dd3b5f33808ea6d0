from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.transcript import check_transcript

CASES = sorted((Path(__file__).parent / "cases").glob("*.txt"))


def _as_parameter(path: Path) -> object:
    marks = [pytest.mark.slow] if path.stem.startswith("slow_") else []
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", [_as_parameter(path) for path in CASES])
def test_a_transcript_prints_what_it_says(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "100")

    check_transcript(path, tmp_path)
