"""The `synllm` command: one module a subcommand; each loads what it needs only when it runs."""

from __future__ import annotations

import argparse
import errno
import gc
import os
import sys
from collections.abc import Sequence
from types import ModuleType

from synllm import __version__
from synllm.cli import (
    check_command,
    compile_command,
    coverage_command,
    diff_command,
    explain_command,
    fmt_command,
    model_command,
    new_command,
    run_command,
    show_command,
    test_command,
    validate_command,
    witness_command,
)
from synllm.cli.exits import Exit

COMMANDS: dict[str, ModuleType] = {
    "new": new_command,
    "check": check_command,
    "fmt": fmt_command,
    "compile": compile_command,
    "run": run_command,
    "test": test_command,
    "witness": witness_command,
    "validate": validate_command,
    "coverage": coverage_command,
    "diff": diff_command,
    "show": show_command,
    "model": model_command,
    "explain": explain_command,
}

_EXITS = """\
exit codes:
  0    nothing to report
  1    findings: violations, clashing rules, files to format, rows not delivered
  2    a file or option can't be used as it is
  3    a question stayed undecided within its budget
  4    the machine stands in the way: no space, no model, no rights
  130  interrupted

`synllm COMMAND --help` tells more; `synllm explain` lists every finding.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    # Commands build many small values that live to the end: looking for garbage among them less
    # often makes a first `check` a tenth faster.
    gc.set_threshold(50_000, 20, 100)
    parser = make_parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return Exit.BAD_INPUT
    try:
        return int(COMMANDS[options.command].run(options))
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away; nothing is left to say, and nobody to say it to.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.CLEAN
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        print(f"error: {place}{(error.strerror or str(error)).lower()}", file=sys.stderr)
        print(f"help: {_advise(error)}", file=sys.stderr)
        return Exit.ENVIRONMENT


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; docs and tests read it too."""
    parser = argparse.ArgumentParser(
        prog="synllm",
        description="A compiler from clinical table specifications to synthetic rows.",
        epilog=_EXITS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"synllm {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, module in COMMANDS.items():
        summary = (module.__doc__ or "").partition("\n")[0].partition(": ")[2].rstrip(".")
        command = commands.add_parser(
            name, help=summary, description=summary[0].upper() + summary[1:] + "."
        )
        module.add_options(command)
    return parser


def _advise(error: OSError) -> str:
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT | errno.EFBIG:
            return "free some space, or write to another disk; what is complete was kept"
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return "choose a place that you may write to"
        case errno.EEXIST | errno.ENOTDIR:
            return "a file stands where a folder is needed: choose another place"
        case errno.ENOENT | errno.EISDIR:
            return "check the path"
        case _:
            return "check the path and the disk, and try again"
