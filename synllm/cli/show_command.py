"""synllm show: show what a column can hold, or how many rows are valid and what holds each rule."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synllm.cli.console import say
from synllm.cli.exits import Exit
from synllm.cli.inputs import read_spec

if TYPE_CHECKING:
    from synllm.spec.model import Spec


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("spec", type=Path, metavar="SPEC")
    parser.add_argument("column", metavar="COLUMN", nargs="?", help="a column of the spec's table")
    parser.add_argument(
        "--rows",
        action="store_true",
        help="how many rows are valid, and what holds each rule while rows are written",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the portrait of a column, or the outline of the valid rows."""
    if (options.column is None) != options.rows:
        say("error: name a column, or ask for the valid rows: one of the two")
        say("help: synllm show SPEC COLUMN, or synllm show SPEC --rows")
        return Exit.BAD_INPUT
    spec = read_spec(options.spec)
    if spec is None:
        return Exit.BAD_INPUT
    if options.rows:
        return _show_rows(spec, options.format)
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


def _show_rows(spec: Spec, form: str) -> int:
    from synllm.cli.space_text import space_json, space_text
    from synllm.rowspace.outline import outline_space
    from synllm.rowspace.space import build_row_space
    from synllm.spec.passes.lower import lower

    core = lower(spec)
    space = build_row_space(spec, core)
    if space is None:
        say("no row can obey all the rules: see `synllm check`")
        return Exit.FINDINGS
    outline = outline_space(spec, core, space)
    sys.stdout.write(space_json(outline) if form == "json" else space_text(outline))
    return Exit.CLEAN
