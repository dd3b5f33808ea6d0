"""What `synllm run` says about runs that stopped, go on or are complete."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from synllm.cli.console import say
from synllm.cli.exits import Exit

if TYPE_CHECKING:
    from synllm.generate.journal.errors import JournalError
    from synllm.generate.settings import RunSettings
    from synllm.spec.model import Spec


def say_cannot_begin(error: JournalError) -> Exit:
    """Say why a run can't be started or continued, and return the exit code."""
    say(f"error: {error.what}")
    for change in error.changes:
        say(f"  {change}")
    say(f"help: {error.fix}")
    return Exit.BAD_INPUT


def say_stopped(output: Path, asked: int) -> None:
    """Say what of a run that stopped is kept, if it had begun."""
    from synllm.generate.journal.journal import count_kept, read_run

    if read_run(output) is not None:
        say(
            f"stopped: {count_kept(output):,} of {asked:,} rows are kept; "
            "the same command with --resume goes on from there"
        )


def say_finished(output: Path, spec: Spec, settings: RunSettings) -> Exit | None:
    """Say of a complete table that it is, and return the exit code; None for any other."""
    from synllm.generate.journal.begin import compare_finished, read_finished

    manifest = read_finished(output)
    if manifest is None:
        return None
    changes = compare_finished(manifest, spec, settings)
    if not changes:
        say(f"{output} is complete: nothing is left to resume")
        return Exit.CLEAN
    say(f"error: {output} is complete, but from another run")
    for change in changes:
        say(f"  {change}")
    say("help: choose another name, or leave --resume out and write over it with --force")
    return Exit.BAD_INPUT
