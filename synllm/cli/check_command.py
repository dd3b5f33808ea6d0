"""synllm check: find mistakes in specs, and prove that their rules fit together."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from synllm import __version__
from synllm.cli.console import say, show_findings
from synllm.cli.exits import Exit
from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.checked import CheckedFile, each_once
from synllm.diagnostics.diagnostic import Diagnostic, Severity
from synllm.diagnostics.show_text import count_severities, render_text

FORMATS = ("text", "json", "sarif", "github", "junit", "markdown")
UNDECIDED = "undecidable-in-practice"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("specs", nargs="+", type=Path, metavar="SPEC", help=".synspec files")
    parser.add_argument(
        "--format", choices=FORMATS, default="text", help="who reads the report (text)"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="write the report to a file"
    )
    parser.add_argument("--quiet", action="store_true", help="leave out notes")
    parser.add_argument(
        "--show-allowed", action="store_true", help="show allowed findings in the text, too"
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
    aloud = options.format == "text" or options.output is not None
    found: list[Diagnostic] = []
    files: list[CheckedFile] = []
    for path in options.specs:
        spec, diagnostics = check_spec(path, enabled)
        found.extend(diagnostics)
        shown = [e for e in diagnostics if not (options.quiet and e.severity is Severity.NOTE)]
        files.append(CheckedFile(str(path), tuple(shown)))
        if aloud and spec is not None:
            say(_summary(path, len(spec.columns), len(spec.rules), diagnostics))
    if options.output is not None:
        options.output.write_text(_render(files, options), encoding="utf-8")
        say(f"wrote {options.output}: {count_severities(_distinct(files))}")
    elif options.format == "text":
        show_findings(_distinct(files), show_allowed=options.show_allowed)
    else:
        sys.stdout.write(_render(files, options))
    return exit_code(found)


def _render(files: Sequence[CheckedFile], options: argparse.Namespace) -> str:
    """Return the report in the chosen format; each loads only what it needs itself."""
    match options.format:
        case "text":
            return render_text(_distinct(files), show_allowed=options.show_allowed)
        case "json":
            from synllm.diagnostics.show_json import render_json

            return render_json(_distinct(files))
        case "sarif":
            from synllm.diagnostics.show_sarif import render_sarif

            return render_sarif(files, __version__)
        case "github":
            from synllm.diagnostics.show_github import render_github

            return render_github(files)
        case "junit":
            from synllm.diagnostics.show_junit import render_junit

            return render_junit(files)
        case "markdown":
            from synllm.diagnostics.show_markdown import render_markdown

            return render_markdown(files)
        case other:
            raise AssertionError(f"no such format: {other}")


def _distinct(files: Sequence[CheckedFile]) -> list[Diagnostic]:
    """Return all findings, those of a library that several files use once."""
    return [finding for _, finding in each_once(files)]


def exit_code(found: Sequence[Diagnostic]) -> int:
    """Return the code for a list of findings: the gravest one decides."""
    if any(each.finding == "unreadable-spec" for each in found):
        return Exit.BAD_INPUT
    graver = [each for each in found if each.counts]
    if any(each.finding != UNDECIDED for each in graver):
        return Exit.FINDINGS
    return Exit.UNDECIDED if graver else Exit.CLEAN


def _summary(path: Path, columns: int, rules: int, diagnostics: Sequence[Diagnostic]) -> str:
    counting = [each.finding for each in diagnostics if each.counts]
    found = len(counting) - counting.count(UNDECIDED)
    allowed = sum(each.allowed is not None for each in diagnostics)
    parts = [_count(columns, "column"), _count(rules, "rule")]
    parts.append(_count(found, "finding") if found else "no findings")
    if UNDECIDED in counting:
        parts.append("not everything decided")
    if allowed:
        parts.append(f"{allowed} allowed")
    return f"{path}: {', '.join(parts)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
