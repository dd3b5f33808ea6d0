"""Workflow commands, read back the way GitHub's runner reads them."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from synllm.diagnostics.checked import CheckedFile, each_once, shown_path
from synllm.diagnostics.diagnostic import Severity, report
from synllm.diagnostics.show_github import MOST_SHOWN, render_github
from synllm.diagnostics.source import Source, Span
from tests.diagnostics.sample_findings import files

SOURCE = Source("a,b:c/x.synspec", "rule x\n  always age > 1\n")
COMMAND = re.compile(r"::(error|warning|notice) ([^\r\n]*?)::([^\r\n]*)")


def read(line: str) -> tuple[str, dict[str, str], str]:
    """Returns a command's kind, properties and message (actions/runner, ActionCommand.cs)."""
    match = COMMAND.fullmatch(line)
    assert match is not None, line
    properties = dict(pair.split("=", 1) for pair in match[2].split(","))
    for name, value in properties.items():
        value = value.replace("%0D", "\r").replace("%0A", "\n").replace("%3A", ":")
        properties[name] = value.replace("%2C", ",").replace("%25", "%")
    data = match[3].replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    return match[1], properties, data


def test_a_finding_marks_its_place() -> None:
    finding = report("never-missing", "100% of\n`a`", Span(SOURCE, 5, 6), fix="x")

    line = render_github([CheckedFile("main.synspec", (finding,))])

    assert line == (
        "::warning file=a%2Cb%3Ac/x.synspec,line=1,endLine=1,col=6,endColumn=7,"
        "title=never-missing::100%25 of%0A`a`%0Ahelp: x\n"
    )


def test_a_stretch_of_several_lines_has_no_columns() -> None:
    finding = report("never-missing", "…", Span(SOURCE, 0, 12))

    _, properties, _ = read(render_github([CheckedFile("x", (finding,))]).rstrip("\n"))

    assert (properties["line"], properties["endLine"]) == ("1", "2")
    assert not {"col", "endColumn"} & set(properties)


@given(st.lists(files, max_size=3))
def test_every_finding_is_one_command_that_reads_back(checked: list[CheckedFile]) -> None:
    expected = [each for each in each_once(checked) if each[1].allowed is None]

    commands = [read(line) for line in render_github(checked).splitlines()]

    order = sorted(expected, key=lambda each: list(Severity).index(each[1].severity))
    assert [properties["file"] for _, properties, _ in commands] == [
        shown_path(file) for file, _ in order
    ]
    assert [properties["title"] for _, properties, _ in commands] == [
        finding.finding for _, finding in order
    ]


def test_what_is_allowed_is_left_out() -> None:
    finding = replace(report("never-missing", "…"), allowed="later")

    assert render_github([CheckedFile("x", (finding,))]) == ""


def test_no_more_are_written_than_github_shows_and_the_last_counts_the_rest() -> None:
    found = [report("never-missing", f"{number}", Span(SOURCE, 0, 4)) for number in range(14)]
    errors = [report("contradictory-rules", f"{number}") for number in range(MOST_SHOWN)]

    commands = [
        read(line) for line in render_github([CheckedFile("x", (*found, *errors))]).splitlines()
    ]

    assert [kind for kind, _, _ in commands] == ["error"] * MOST_SHOWN + ["warning"] * MOST_SHOWN
    _, properties, message = commands[-1]
    assert properties == {"title": "5 more warnings"}
    assert message.count("a,b:c/x.synspec:1: never-missing") == 5
