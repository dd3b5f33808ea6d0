"""synllm check: find mistakes in specs, and prove that their rules fit together."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from synllm.cli.console import say, show_findings
from synllm.cli.exits import Exit
from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.diagnostic import Diagnostic, Severity

UNDECIDED = "undecidable-in-practice"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("specs", nargs="+", type=Path, metavar="SPEC", help=".synspec files")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    parser.add_argument("--quiet", action="store_true", help="leave out notes")
    parser.add_argument(
        "--show-allowed", action="store_true", help="show allowed findings with their reasons"
    )
    parser.add_argument(
        "--enable",
        action="append",
        default=[],
        metavar="FINDING",
        help="look for a finding that is off by default, such as uncited-rule",
    )


def run(options: argparse.Namespace) -> int:
    """Check every file and return 0 clean, 1 findings, 2 unreadable, 3 undecided."""
    from synllm.compiler import check_spec

    for name in options.enable:
        if name not in FINDINGS:
            from synllm.diagnostics.explain import suggest_finding

            say(f"error: {suggest_finding(name)}")
            return Exit.BAD_INPUT
    enabled = frozenset(options.enable)
    found: list[Diagnostic] = []
    for path in options.specs:
        spec, diagnostics = check_spec(path, enabled)
        found.extend(diagnostics)
        if options.format == "text" and spec is not None:
            say(_summary(path, len(spec.columns), len(spec.rules), diagnostics))
    shown = [each for each in found if not (options.quiet and each.severity is Severity.NOTE)]
    show_findings(list(dict.fromkeys(shown)), options.format, show_allowed=options.show_allowed)
    return exit_code(found)


def exit_code(found: Sequence[Diagnostic]) -> int:
    """Return the code for a list of findings: the gravest one decides."""
    if any(each.finding == "unreadable-spec" for each in found):
        return Exit.BAD_INPUT
    graver = [each for each in found if each.counts]
    if any(each.finding != UNDECIDED for each in graver):
        return Exit.FINDINGS
    return Exit.UNDECIDED if graver else Exit.CLEAN


def _summary(path: Path, columns: int, rules: int, diagnostics: Sequence[Diagnostic]) -> str:
    counting = sum(each.counts for each in diagnostics)
    outcome = "no findings" if counting == 0 else _count(counting, "finding")
    allowed = sum(each.allowed is not None for each in diagnostics)
    more = f", {allowed} allowed" if allowed else ""
    return f"{path}: {_count(columns, 'column')}, {_count(rules, 'rule')}, {outcome}{more}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
