"""synllm show: show what a column can hold, and which means and shares it can have."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from synllm.cli.console import say
from synllm.cli.exits import Exit
from synllm.cli.inputs import read_spec


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("spec", type=Path, metavar="SPEC")
    parser.add_argument("column", metavar="COLUMN", help="a column of the spec's table")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the portrait of a column."""
    spec = read_spec(options.spec)
    if spec is None:
        return Exit.BAD_INPUT
    from synllm.diagnostics.suggest import did_you_mean
    from synllm.proof.check import DEFAULT_BUDGET
    from synllm.proof.statistics.portrait import portray
    from synllm.spec.passes.lower import lower
    from synllm.spec.types import IdentifierType

    column = spec.by_name.get(options.column)
    if column is None:
        say(f"error: `{spec.name}` has no column `{options.column}`")
        hint = did_you_mean(options.column, spec.by_name)
        say(f"help: {hint or 'its columns are those of the table in the spec'}")
        return Exit.BAD_INPUT
    if isinstance(column.type, IdentifierType):
        say(f"error: `{column.name}` is a running key: it says nothing about patients")
        say("help: name a column that holds data")
        return Exit.BAD_INPUT
    portrait = portray(spec, lower(spec), column.name, DEFAULT_BUDGET)
    if options.format == "json":
        from synllm.cli.portrait_json import portrait_json

        sys.stdout.write(portrait_json(portrait))
    else:
        from synllm.cli.portrait_text import portrait_text

        sys.stdout.write(portrait_text(portrait, spec))
    return Exit.CLEAN
