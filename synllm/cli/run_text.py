"""What a finished run says of itself, whoever wrote its rows."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from synllm.cli.console import say

if TYPE_CHECKING:
    from synllm.generate.models import LoadedModel
    from synllm.generate.run_manifest import RunManifest

DEFAULT_PROMPT = "clin-rule"


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


def say_about_model(model: LoadedModel, options: argparse.Namespace) -> None:
    """Say what users should know of a model before its rows."""
    if not model.trained:
        say(f"note: {model.name} is untrained: its rows are valid, and know nothing else")
    if model.reads_cards and (options.prompt != DEFAULT_PROMPT or options.examples is not None):
        say(
            f"note: {model.name} is told the figures alone, on a card; --prompt and --examples are "
            "for other models"
        )
