"""synllm test: run specs' examples as tests of their rules."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synllm.cli.console import say, show_findings, width_of
from synllm.cli.exits import Exit

if TYPE_CHECKING:
    from synllm.diagnostics.diagnostic import Diagnostic
    from synllm.examples.run import ExampleRun
    from synllm.proof.witnesses.suggest import Suggestions


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("specs", nargs="+", type=Path, metavar="SPEC", help=".synspec files")
    parser.add_argument("--format", choices=("text", "json", "junit"), default="text")
    parser.add_argument(
        "--suggest", action="store_true", help="print the examples that the rules lack"
    )
    parser.add_argument(
        "--write", action="store_true", help="with --suggest: add them to the end of the file"
    )


def run(options: argparse.Namespace) -> int:
    """Run every file's examples and return 0 all pass, 1 some fail, 2 bad input, 3 undecided."""
    if options.write and not options.suggest:
        say("error: --write adds the examples that --suggest finds")
        say("help: give both: synllm test SPEC --suggest --write")
        return Exit.BAD_INPUT
    if options.suggest and options.format == "junit":
        say("error: a JUnit report has no place for suggestions")
        say("help: use --format text or json with --suggest")
        return Exit.BAD_INPUT
    from synllm.examples.run import open_inquiry, run_examples, write_suggestions
    from synllm.language.load import load_spec

    runs: list[tuple[ExampleRun, Suggestions | None]] = []
    unread: list[tuple[str, list[Diagnostic]]] = []
    for path in options.specs:
        spec, mistakes = load_spec(path)
        if spec is None:
            show_findings(mistakes)
            unread.append((str(path), mistakes))
            continue
        inquiry = open_inquiry(spec)
        outcome = run_examples(inquiry)
        text, suggestions = write_suggestions(inquiry) if options.suggest else ("", None)
        runs.append((outcome, suggestions))
        if options.format == "text":
            _show_run(outcome, str(path), suggesting=options.suggest)
        if suggestions is not None:
            _deliver(path, text, suggestions, options)
    _show_reports(runs, unread, options)
    return _exit_code(runs, unread)


def _show_run(outcome: ExampleRun, name: str, *, suggesting: bool) -> None:
    """Show the outcome; where suggestions go to standard output, beside it."""
    from synllm.examples.show_text import show_examples, show_unexercised

    stream = sys.stderr if suggesting else sys.stdout
    stream.write(show_examples(outcome, name, width_of(stream)))
    stream.flush()
    if not suggesting:
        sys.stderr.write(show_unexercised(outcome, name, width_of(sys.stderr)))


def _deliver(path: Path, text: str, suggestions: Suggestions, options: argparse.Namespace) -> None:
    """Print the suggested examples or add them to the file, and say what there is none of."""
    from synllm.examples.show_text import show_remarks
    from synllm.examples.written import add_examples

    sys.stderr.write(show_remarks(suggestions, width_of(sys.stderr)))
    count = len(suggestions.examples)
    examples = f"{count} example{'' if count == 1 else 's'}"
    if options.write:
        from synllm.targets.write import write_whole

        if count:
            write_whole(path, add_examples(path.read_bytes().decode(), text))
        say(f"{path}: {examples} added" if count else f"{path}: no examples to add")
        return
    if options.format == "text":
        if len(options.specs) > 1 and text:
            print(f"# {path}")
        sys.stdout.write(text)
    if not count:
        say(f"{path}: no examples to suggest")


def _show_reports(
    runs: list[tuple[ExampleRun, Suggestions | None]],
    unread: list[tuple[str, list[Diagnostic]]],
    options: argparse.Namespace,
) -> None:
    match options.format:
        case "json":
            # pydantic takes a third of a second to load, and only JSON needs it.
            from synllm.examples.show_json import render_json

            sys.stdout.write(render_json(runs))
        case "junit":
            from synllm.examples.show_junit import render_junit

            sys.stdout.write(render_junit([each for each, _ in runs], unread))
        case _:
            from synllm.examples.show_text import show_summary

            if runs:
                say(show_summary([each for each, _ in runs]))


def _exit_code(
    runs: list[tuple[ExampleRun, Suggestions | None]],
    unread: list[tuple[str, list[Diagnostic]]],
) -> int:
    if unread:
        return Exit.BAD_INPUT
    if any(outcome.failed for outcome, _ in runs):
        return Exit.FINDINGS
    left_open = any(
        outcome.undecided or (suggestions is not None and suggestions.undecided)
        for outcome, suggestions in runs
    )
    return Exit.UNDECIDED if left_open else Exit.CLEAN
