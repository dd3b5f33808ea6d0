"""synllm fmt: lay out specs in the one canonical way."""

from __future__ import annotations

import argparse
from pathlib import Path

from synllm.cli.console import say, show_findings
from synllm.cli.exits import Exit
from synllm.diagnostics.diagnostic import Diagnostic


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("specs", nargs="+", type=Path, metavar="SPEC", help=".synspec files")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 where a file would change"
    )


def run(options: argparse.Namespace) -> int:
    """Format every file in place; a file with mistakes is left as it is and reported."""
    from synllm.language.format import format_source
    from synllm.language.load import read_source
    from synllm.targets.write import write_whole

    found: list[Diagnostic] = []
    changed = unreadable = False
    for path in options.specs:
        source, diagnostics = read_source(path)
        text = None
        if source is None:
            unreadable = True
        else:
            text, diagnostics = format_source(source)
        found.extend(diagnostics)
        if source is None or text is None or text == source.text:
            continue
        changed = True
        if options.check:
            say(f"{path}: would be laid out anew")
        else:
            write_whole(path, text)
            say(f"{path}: laid out anew")
    show_findings(found)
    if unreadable:
        return Exit.BAD_INPUT
    return Exit.FINDINGS if found or (changed and options.check) else Exit.CLEAN
