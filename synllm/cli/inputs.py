"""What commands work on: the spec and example rows, read with their findings shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from synllm.cli.console import say, show_findings

if TYPE_CHECKING:
    from synllm.spec.model import Spec


def read_spec(path: Path) -> Spec | None:
    """Return a spec with a table, or None after saying what is wrong with the file."""
    from synllm.language.load import load_spec
    from synllm.proof.allowances import mark_allowed

    spec, diagnostics = load_spec(path)
    if spec is not None:
        diagnostics = mark_allowed(spec, diagnostics)
    show_findings([each for each in diagnostics if each.counts])
    if spec is None:
        return None
    if spec.is_library:
        say(f"error: {path} is a library: it declares types and rules, but no table")
        say("help: name a spec with a `table`, such as one that uses this library")
        return None
    if not spec.generated_columns:
        say(f"error: {path} declares no column that holds data")
        say("help: add columns to its table")
        return None
    return spec


def read_examples(spec: Spec, path: Path | None) -> list[dict[str, str]] | None:
    """Return the rows that prompts may show (none without a file), or None where it's unusable."""
    if path is None:
        return []
    from synllm.validate.example_rows import read_example_rows

    rows, diagnostics = read_example_rows(spec, path)
    show_findings(diagnostics)
    return rows
