"""synllm new: write a first spec from a table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from synllm.cli.console import say, show_findings
from synllm.cli.exits import Exit
from synllm.diagnostics.diagnostic import has_errors


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("table", type=Path, metavar="TABLE", help="a CSV, JSONL or Parquet file")
    parser.add_argument(
        "-o", "--output", type=Path, metavar="SPEC", help="the spec to write (default: print it)"
    )
    parser.add_argument("--name", help="the table's name (default: the file's)")
    parser.add_argument("--force", action="store_true", help="write over an existing spec")


def run(options: argparse.Namespace) -> int:
    """Draft a spec from a table; an existing spec is kept unless --force is given."""
    from synllm.draft.draft import draft_spec
    from synllm.targets.write import write_whole

    output: Path | None = options.output
    if output is not None and output.exists() and not options.force:
        say(f"error: {output} exists already, and may hold work")
        say("help: choose another name, or write over it with --force")
        return Exit.BAD_INPUT
    text, diagnostics = draft_spec(options.table, name=options.name)
    show_findings(diagnostics)
    if text is None:
        return Exit.BAD_INPUT
    if output is None:
        sys.stdout.write(text)
        return Exit.CLEAN
    output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, text)
    say(f"wrote {output}")
    say("next: fill in what is marked TODO, then")
    say(f"  synllm check {output}")
    say(f"  synllm validate {output} {options.table}")
    return Exit.FINDINGS if has_errors(diagnostics) else Exit.CLEAN
