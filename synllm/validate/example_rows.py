"""Example rows for prompts: the first rows of a table, as its file writes them."""

from __future__ import annotations

from pathlib import Path

from synllm.diagnostics.diagnostic import Diagnostic, has_errors
from synllm.spec.model import Spec
from synllm.validate.read_table import open_table

MOST_EXAMPLES = 20


def read_example_rows(
    spec: Spec, table: Path, most: int = MOST_EXAMPLES
) -> tuple[list[dict[str, str]] | None, list[Diagnostic]]:
    """Return up to `most` rows from the top of a table, by column, or why it can't be read."""
    opened, diagnostics = open_table(table, spec)
    if opened is None:
        return None, diagnostics
    rows: list[dict[str, str]] = []
    for batch in opened.batches:
        for row in batch.slice(0, most - len(rows)).to_pylist():
            rows.append({name: "" if cell is None else cell for name, cell in row.items()})
        if len(rows) == most:
            break
    if has_errors(opened.problems):
        return None, [*diagnostics, *opened.problems]
    return rows, diagnostics
