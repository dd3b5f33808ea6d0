"""synllm compile: turn a spec into prompts, schemas and a row grammar."""

from __future__ import annotations

import argparse
from pathlib import Path

from synllm.cli.console import say, show_findings
from synllm.cli.exits import Exit
from synllm.cli.inputs import read_examples, read_spec
from synllm.diagnostics.diagnostic import has_errors

PHASES = ("syntax", "spec", "core", "schema", "regex", "prompt")


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("spec", type=Path, metavar="SPEC")
    parser.add_argument("-o", "--output", type=Path, metavar="DIR", help="the folder to write")
    parser.add_argument(
        "--examples", type=Path, metavar="FILE", help="a table whose first 20 rows the prompts show"
    )
    parser.add_argument("--emit", choices=PHASES, help="print one phase's value instead")


def run(options: argparse.Namespace) -> int:
    """Write all targets of a spec, and say what each prompt discloses and what is guaranteed."""
    from synllm.compiler import compile_spec, emit
    from synllm.targets.write import write_targets

    if options.output is None and options.emit is None:
        say("error: nowhere to write to")
        say("help: give a folder with -o DIR, or one phase to print with --emit")
        return Exit.BAD_INPUT
    spec = read_spec(options.spec)
    if spec is None:
        return Exit.BAD_INPUT
    if options.emit is not None:
        print(emit(spec, options.emit))
        return Exit.CLEAN
    examples = read_examples(spec, options.examples)
    if examples is None:
        return Exit.BAD_INPUT
    compiled = compile_spec(spec, examples)
    show_findings(compiled.diagnostics)
    paths = write_targets(compiled, options.output)
    print(compiled.matrix.render_markdown())
    print("What is guaranteed of a generated row:")
    for way, number in compiled.guarantees.count().items():
        print(f"  {number:>4} {way}")
    print(f"  the whole table is in {options.output / 'guarantees.md'}")
    say(f"wrote {len(paths)} files to {options.output}")
    return Exit.FINDINGS if has_errors(compiled.diagnostics) else Exit.CLEAN
