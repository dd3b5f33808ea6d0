"""The option --given of a run: read, and what it leaves of the declared figures told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synllm.cli.console import say

if TYPE_CHECKING:
    from synllm.diagnostics.diagnostic import Diagnostic
    from synllm.generate.run_manifest import RunManifest
    from synllm.rowspace.given import Given
    from synllm.spec.model import Spec

OPTION = "--given"


def read_given(text: str | None, spec: Spec) -> tuple[Given | None, list[Diagnostic]]:
    """Return what an option gives, None for an option left out, or the mistakes in it."""
    if text is None:
        return None, []
    from synllm.language.given import read_condition
    from synllm.rowspace.given import lower_given
    from synllm.spec.passes.lower import lower

    condition, mistakes = read_condition(text, OPTION, spec)
    if condition is None:
        return None, mistakes
    return lower_given(text, condition, spec, lower(spec)), []


def say_given(manifest: RunManifest, spec: Spec) -> None:
    """Say which declared figures are not held, and where rows are only near the fit."""
    say(f"every row meets `{manifest.settings.given}`")
    declared = sum(len(block.statistics) for block in spec.statistics)
    others = declared - len(manifest.targets)
    if others:
        figures = "1 declared figure describes" if others == 1 else f"{others:,} figures describe"
        say(f"{figures} other patients too; with {OPTION} such figures are not held")
    if not manifest.given_exact:
        say("note: hardly any patient meets it: the rows are near what the figures say of these")
