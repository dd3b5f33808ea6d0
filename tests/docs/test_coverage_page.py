"""The example of docs/coverage.md prints what the page shows; SYNLLM_ACCEPT=1 rewrites it."""

import contextlib
import os
import re
from pathlib import Path

from tests.cli.transcript import Step, matches, run_step
from tests.literate import blocks_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"


def test_the_page_shows_what_is_printed(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = {block.language: block for block in blocks_of(text)}
    (tmp_path / "visits.synspec").write_text(blocks["synspec"].body, encoding="utf-8")
    (tmp_path / "visits.csv").write_text(blocks["csv"].body, encoding="utf-8")
    shown = blocks["console"]
    command, _, expected = shown.body.partition("\n")

    with contextlib.chdir(tmp_path):
        actual = run_step(Step("", command.removeprefix("$ "), expected))

    if os.environ.get("SYNLLM_ACCEPT"):
        output = re.sub(r"[ \t]+$", "", actual, flags=re.M)
        PAGE.write_text(f"{text[: shown.start]}{command}\n{output}\n{text[shown.end :]}")
    else:
        assert matches(expected, actual)
