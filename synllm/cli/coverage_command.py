"""synllm coverage: show which rules, clauses, values and boundaries a table exercises."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from synllm.cli.console import has_color, say, show_findings, width_of
from synllm.cli.exits import Exit
from synllm.cli.inputs import read_spec
from synllm.cli.progress import progress_line
from synllm.diagnostics.diagnostic import Severity


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("spec", type=Path, metavar="SPEC")
    parser.add_argument("table", type=Path, metavar="TABLE", help="a CSV, JSONL or Parquet file")
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    parser.add_argument(
        "--details",
        action="store_true",
        help="show every clause, value and boundary, not only what is not covered",
    )
    parser.add_argument(
        "--fail-under",
        type=_percent,
        metavar="PERCENT",
        help="exit 1 where less of everything possible is covered",
    )


def run(options: argparse.Namespace) -> int:
    """Report what is exercised; exit 1 where that is less than what is asked for."""
    spec = read_spec(options.spec)
    if spec is None:
        return Exit.BAD_INPUT
    from synllm.coverage.measure import measure_coverage

    with progress_line() as show:
        report, diagnostics = measure_coverage(
            spec, options.table, progress=lambda rows: show(f"{rows:,} rows counted")
        )
    # Notes are part of the report.
    show_findings([each for each in diagnostics if each.severity is not Severity.NOTE])
    if report is None:
        return Exit.BAD_INPUT
    match options.format:
        case "json":
            print(report.model_dump_json(indent=2))
        case "markdown":
            from synllm.coverage.show_markdown import coverage_markdown

            print(coverage_markdown(report), end="")
        case _:
            from rich.console import Console

            from synllm.coverage.show_text import show_coverage

            console = Console(width=width_of(sys.stdout), no_color=not has_color(sys.stdout))
            show_coverage(report, console, details=options.details)
    wanted = options.fail_under
    if wanted is not None and report.percent < wanted:
        say(f"{math.floor(report.percent * 10) / 10:g}% is covered, {wanted:g}% is asked for")
        return Exit.FINDINGS
    return Exit.CLEAN


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = math.nan
    if not 0 <= percent <= 100:
        raise argparse.ArgumentTypeError(f"{text} is no percentage: write a number from 0 to 100")
    return percent
