"""synllm show: show what a column can hold, how many rows are valid, or where a row came from."""

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
    parser.add_argument(
        "spec", type=Path, metavar="SPEC", help="a spec, or with --row a table that a run wrote"
    )
    parser.add_argument("column", metavar="COLUMN", nargs="?", help="a column of the spec's table")
    parser.add_argument(
        "--rows",
        action="store_true",
        help="how many rows are valid, and what holds each rule while rows are written",
    )
    parser.add_argument(
        "--row",
        type=int,
        metavar="N",
        help="of a table with receipts (`synllm run --receipts`), what narrowed each cell of a row",
    )
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print the portrait of a column, the outline of the valid rows, or the receipt of a row."""
    if [options.column is not None, options.rows, options.row is not None].count(True) != 1:
        say("error: name a column, ask for the valid rows, or for a row's receipt: one of them")
        say("help: synllm show SPEC COLUMN, synllm show SPEC --rows, or synllm show TABLE --row 17")
        return Exit.BAD_INPUT
    if options.row is not None:
        return _show_receipt(options.spec, options.row, options.format)
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


def _show_receipt(table: Path, row: int, form: str) -> int:
    from synllm.cli.receipt_text import receipt_json, receipt_text
    from synllm.generate.explain_receipt import explain_receipt
    from synllm.generate.receipts import UnreadableReceiptsError, read_receipt

    try:
        explained = explain_receipt(table, read_receipt(table, row))
    except UnreadableReceiptsError as error:
        say(f"error: {error.what}\nhelp: {error.fix}")
        return Exit.BAD_INPUT
    sys.stdout.write(receipt_json(explained) if form == "json" else receipt_text(explained))
    return Exit.CLEAN
