"""Larger specs as a careful team writes them: nothing is found in them but a complete row."""

from pathlib import Path

import pytest

from synllm.compiler import check_spec
from tests.literate import render

SPECS = sorted((Path(__file__).parent / "clean").glob("*.synspec"))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_nothing_is_found_in_a_careful_spec(path: Path) -> None:
    spec, findings = check_spec(path)

    assert render(findings) == ""
    assert [each.finding for each in findings] == ["complete-row"]
    assert spec is not None
    assert 20 <= len(spec.columns) <= 40
    assert 20 <= len(spec.rules) <= 40


def test_there_are_ten_careful_specs() -> None:
    assert len(SPECS) == 10
