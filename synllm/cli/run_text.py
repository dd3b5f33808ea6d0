"""What a finished run says of itself, whoever wrote its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synllm.cli.console import say

if TYPE_CHECKING:
    from synllm.generate.run_manifest import RunManifest


def say_history(manifest: RunManifest, drawn_anew: int) -> None:
    """Say whether the run was resumed, and whether rows had to be written again."""
    if manifest.resumed_at:
        say(f"resumed at {' and '.join(f'{rows:,}' for rows in manifest.resumed_at)} rows")
    if drawn_anew:
        say(f"note: {drawn_anew:,} rows had been damaged on the disk and were drawn anew")


def say_figures(manifest: RunManifest) -> None:
    """Say how the declared figures are met, and what is alarming about the rows."""
    from synllm.cli.targets_text import targets_text

    if manifest.targets:
        say(targets_text(manifest.targets))
    for alarm in manifest.alarms:
        say(f"alarm: {alarm.text}")
