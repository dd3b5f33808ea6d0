"""The whole job: a table in, the text of its first spec out."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.source import Source
from synllm.draft.measure import Progress, profile_table
from synllm.draft.write import write_draft
from synllm.language.format import format_source


def draft_spec(
    table: Path | pd.DataFrame, *, name: str | None = None, progress: Progress | None = None
) -> tuple[str | None, list[Diagnostic]]:
    """Return a first spec of a CSV, JSONL or Parquet file, or why none can be written.

    The text parses and the table validates clean against it. What can only be guessed is asked in
    comments. The table is called `name`, or else after its file.
    """
    profile, diagnostics = profile_table(table, progress)
    if profile is None:
        return None, diagnostics
    stem = table.stem if isinstance(table, Path) else "table_1"
    text, mistakes = format_source(Source(f"{stem}.synspec", write_draft(profile, name or stem)))
    assert text is not None, f"the draft has mistakes: {mistakes}"
    return text, diagnostics
