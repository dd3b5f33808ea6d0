"""Where commands write: results to standard output, findings and progress to standard error."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TextIO

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.show_text import render_text


def show_findings(
    diagnostics: Sequence[Diagnostic],
    form: str = "text",
    *,
    stream: TextIO | None = None,
    show_allowed: bool = False,
) -> None:
    """Write findings to standard error, or as JSON to standard output."""
    if form == "json":
        # pydantic takes a third of a second to load, and only JSON needs it.
        from synllm.diagnostics.show_json import render_json

        sys.stdout.write(render_json(diagnostics))
        return
    target = stream or sys.stderr
    target.write(
        render_text(
            diagnostics,
            color=has_color(target),
            width=width_of(target),
            show_allowed=show_allowed,
        )
    )
    target.flush()


def has_color(stream: TextIO) -> bool:
    """Return whether a stream is a terminal that wants colour (https://no-color.org)."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width_of(stream: TextIO) -> int:
    """Return the columns to fill: a terminal's own up to 120, elsewhere 100."""
    return min(shutil.get_terminal_size().columns, 120) if stream.isatty() else 100


def say(text: str) -> None:
    """Write a line about what was done to standard error."""
    print(text, file=sys.stderr, flush=True)
