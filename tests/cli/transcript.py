"""Transcripts of the command line: files, commands, what they print and their exit codes.

A transcript is one text file. Lines before the first `-- NAME --` are commands (`$ synllm …`) with
their expected output, standard error after standard output, and `[exit N]` where N is not 0. What
follows are the files they find. In the expected output `[..]` stands for any text within a line,
and a line `...` for any lines. With SYNLLM_ACCEPT=1 the expected output is rewritten, where it
doesn't match.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

from synllm.cli.main import main


@dataclass(frozen=True, slots=True)
class Step:
    """One command with the comment lines above it and its expected output."""

    comment: str
    command: str
    expected: str


@dataclass(frozen=True, slots=True)
class Transcript:
    """The steps of a file, and the files that they work on."""

    steps: tuple[Step, ...]
    files: tuple[tuple[str, str], ...]
    tail: str


def read_transcript(text: str) -> Transcript:
    """Return the steps and files in a transcript."""
    parts = re.split(r"^-- (.+) --\n", text, flags=re.M)
    head, names, contents = parts[0], parts[1::2], parts[2::2]
    chunks = re.split(r"^(?=\$ )", head, flags=re.M)
    steps: list[Step] = []
    comment = chunks[0]
    for chunk in chunks[1:]:
        command, _, output = chunk.partition("\n")
        output, following = _split_comment(output)
        steps.append(Step(comment, command[2:], output.strip("\n")))
        comment = following
    return Transcript(tuple(steps), tuple(zip(names, contents, strict=True)), text[len(head) :])


def run_step(step: Step) -> str:
    """Run a command in the current folder and return what it prints and its exit code."""
    program, *arguments = shlex.split(step.command)
    assert program == "synllm"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as stop:
            code = int(stop.code or 0)
    printed = (out.getvalue().rstrip("\n") + "\n" + err.getvalue()).strip("\n")
    return printed + (f"\n[exit {int(code)}]" if code else "")


def matches(expected: str, actual: str) -> bool:
    """Return whether an output is the expected one, wildcards considered."""
    lines = [
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(r"\[\.\.\]", ".*") + r"\n"
        for line in expected.strip("\n").split("\n")
    ]
    cleaned = re.sub(r"[ \t]+$", "", actual.strip("\n"), flags=re.M)
    return re.fullmatch("".join(lines), cleaned + "\n") is not None


def check_transcript(path: Path, folder: Path) -> None:
    """Run a transcript's commands in a folder, and compare or, where asked to, rewrite it."""
    transcript = read_transcript(path.read_text(encoding="utf-8"))
    for name, content in transcript.files:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    rewritten = ""
    for step in transcript.steps:
        with contextlib.chdir(folder):
            actual = run_step(step)
        fine = matches(step.expected, actual)
        if os.environ.get("SYNLLM_ACCEPT") and not fine:
            shown = re.sub(r"[ \t]+$", "", actual, flags=re.M)
        else:
            assert fine, f"$ {step.command}\n{actual}\n--- expected ---\n{step.expected}"
            shown = step.expected
        rewritten += f"{step.comment}$ {step.command}\n{shown}\n\n"
    if os.environ.get("SYNLLM_ACCEPT"):
        path.write_text(rewritten.rstrip("\n") + "\n\n" + transcript.tail, encoding="utf-8")


def _split_comment(output: str) -> tuple[str, str]:
    """Return a command's output, and the comment lines at its end, which belong to the next."""
    match = re.search(r"(?:^#.*\n)+\Z", output, flags=re.M)
    return (output, "") if match is None else (output[: match.start()], match.group())
