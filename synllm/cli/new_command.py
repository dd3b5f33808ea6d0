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
    mistake = None if output is None else _mistake(output, options)
    if mistake is not None:
        say(f"error: {mistake[0]}\nhelp: {mistake[1]}")
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


def _mistake(output: Path, options: argparse.Namespace) -> tuple[str, str] | None:
    """Return why the spec can't be written there, and what to do; None where it can."""
    if not output.exists():
        return None
    if output.is_dir():
        return f"{output} is a folder", f"name a file inside it: -o {output / 'NAME.synspec'}"
    if options.table.exists() and output.samefile(options.table):
        return (
            f"{output} is the table itself, and the spec would replace it",
            f"choose another name, such as {options.table.with_suffix('.synspec')}",
        )
    if not options.force:
        return (
            f"{output} exists already, and may hold work",
            "choose another name, or write over it with --force",
        )
    return None
