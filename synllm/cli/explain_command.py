"""synllm explain: say what a finding means and what to do."""

from __future__ import annotations

import argparse
import sys

from synllm.cli.console import say
from synllm.cli.exits import Exit


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "finding", nargs="?", metavar="FINDING", help="a finding's name; without it, all are listed"
    )


def run(options: argparse.Namespace) -> int:
    """Print a finding's page, or the list of all findings."""
    from synllm.diagnostics.explain import explain, list_findings, suggest_finding

    if options.finding is None:
        findings = list_findings()
        width = max(len(each.name) for each in findings)
        for each in findings:
            print(f"{each.name:<{width}}  {each.severity:<7}  {each.sentence}")
        return Exit.CLEAN
    page = explain(options.finding)
    if page is None:
        say(f"error: {suggest_finding(options.finding)}")
        return Exit.BAD_INPUT
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console(width=100).print(Markdown(page))
    else:
        print(page, end="")
    return Exit.CLEAN
