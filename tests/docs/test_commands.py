"""docs/commands.md names every command, option and exit code."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from synllm.cli.exits import Exit
from synllm.cli.main import COMMANDS, make_parser

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")


def _parsers() -> dict[str, argparse.ArgumentParser]:
    actions = make_parser()._actions
    found = next(each for each in actions if isinstance(each, argparse._SubParsersAction))
    return dict(found.choices)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_and_option_is_described(command: str) -> None:
    section = PAGE.partition(f"## synllm {command}\n")[2].partition("\n## ")[0]
    options = [
        option
        for action in _parsers()[command]._actions
        for option in (*action.option_strings, *([action.help] if action.help else []))
    ]

    assert section
    assert [
        each for each in options if " ".join(each.split()) not in " ".join(section.split())
    ] == []


def test_every_exit_code_is_described() -> None:
    assert [code for code in Exit if f"| {code.value} | " not in PAGE] == []
