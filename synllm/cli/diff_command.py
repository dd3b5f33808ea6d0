"""synllm diff: say which patients a new version of a spec accepts or refuses."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synllm.cli.console import has_color, say, show_findings, width_of
from synllm.cli.exits import Exit

if TYPE_CHECKING:
    from synllm.diff.compare_trees import TreeChange
    from synllm.diff.model import Labels
    from synllm.diff.trees import Tree


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "paths",
        nargs="*",
        type=Path,
        metavar="PATH",
        help="OLD and NEW, two specs or two folders of them; with --git, the specs and folders "
        "to compare (default: all)",
    )
    parser.add_argument(
        "--git",
        metavar="A..B",
        help="compare two revisions; A.. compares with the working tree, A...B what B changed "
        "since it left A",
    )
    parser.add_argument(
        "--fail-on",
        choices=("narrower", "wider", "any"),
        help="exit 1 where a spec refuses patients that it accepted, accepts patients that it "
        "refused, or changed at all",
    )
    parser.add_argument("--format", choices=("text", "json", "markdown"), default="text")
    parser.add_argument("--prompts", action="store_true", help="show what changes in the prompts")
    parser.add_argument("--quiet", action="store_true", help="one line for each spec that changed")


def run(options: argparse.Namespace) -> int:
    """Compare all specs of two versions; exit 0 whatever changed, unless --fail-on says else."""
    from synllm.diff.compare_trees import compare_trees, failing
    from synllm.diff.trees import VersionError

    try:
        old, new, labels = _open(options)
        change = compare_trees(old, new, labels)
    except VersionError as error:
        say(f"error: {error.what}\nhelp: {error.fix}")
        return Exit.BAD_INPUT
    if change.specs or not change.mistakes:
        sys.stdout.write(_render(change, labels, options))
    show_findings(change.mistakes)
    if change.mistakes:
        return Exit.BAD_INPUT
    if failing(change.specs, options.fail_on):
        return Exit.FINDINGS
    return Exit.UNDECIDED if any(spec.open_questions for spec in change.specs) else Exit.CLEAN


def _open(options: argparse.Namespace) -> tuple[Tree, Tree, Labels]:
    """Return the versions and what they are called; raises VersionError."""
    from synllm.diff.model import Labels
    from synllm.diff.trees import open_paths

    if options.git is not None:
        from synllm.diff.revisions import open_revisions

        return open_revisions(options.git, options.paths)
    old, new = open_paths(options.paths)
    return old, new, Labels()


def _render(change: TreeChange, labels: Labels, options: argparse.Namespace) -> str:
    match options.format:
        case "json":
            from synllm.diff.show_json import render_json

            return render_json(change.specs, labels)
        case "markdown":
            from synllm.diff.show_markdown import render_markdown

            return render_markdown(
                change.specs, labels, prompts=options.prompts, quiet=options.quiet
            )
        case _:
            from synllm.diff.show_text import render_text

            return render_text(
                change.specs,
                labels,
                prompts=options.prompts,
                quiet=options.quiet,
                color=has_color(sys.stdout),
                width=width_of(sys.stdout),
            )
