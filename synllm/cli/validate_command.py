"""synllm validate: hold a table against a spec."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from synllm.cli.console import has_color, show_findings, width_of
from synllm.cli.exits import Exit
from synllm.cli.inputs import read_spec
from synllm.cli.progress import progress_line
from synllm.diagnostics.diagnostic import Severity


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("spec", type=Path, metavar="SPEC")
    parser.add_argument("table", type=Path, metavar="TABLE", help="a CSV, JSONL or Parquet file")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument(
        "--engine",
        choices=("columns", "exact", "z3"),
        default="columns",
        help="how verdicts are found: by column (fast), row by row, or in the solver",
    )
    parser.add_argument(
        "--offenders", type=int, default=5, metavar="N", help="rows shown for each broken rule"
    )


def run(options: argparse.Namespace) -> int:
    """Report every rule's verdicts; exit 1 where a cell or a hard rule is wrong."""
    spec = read_spec(options.spec)
    if spec is None:
        return Exit.BAD_INPUT
    from synllm.validate.validate import validate_table

    with progress_line() as show:
        report, diagnostics = validate_table(
            spec,
            options.table,
            engine=options.engine,
            offenders=max(options.offenders, 0),
            progress=lambda rows: show(f"{rows:,} rows checked"),
        )
    # Notes are part of the report.
    show_findings([each for each in diagnostics if each.severity is not Severity.NOTE])
    if report is None:
        return Exit.BAD_INPUT
    if options.format == "json":
        print(report.model_dump_json(indent=2))
    else:
        from rich.console import Console

        from synllm.validate.show_text import show_report

        show_report(report, Console(width=width_of(sys.stdout), no_color=not has_color(sys.stdout)))
    return Exit.CLEAN if report.clean else Exit.FINDINGS
