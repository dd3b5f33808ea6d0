"""From a table to its profile: every column guessed, and those that are missing together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.draft.guess import guess_column
from synllm.draft.guess_number import numbers_among
from synllm.draft.lexicon import is_missing_mark, without_control_characters
from synllm.draft.profile import (
    CategoryGuess,
    ColumnProfile,
    IdentifierGuess,
    LeftOut,
    NumberGuess,
    TableProfile,
    YesNoGuess,
)
from synllm.draft.read import ColumnText, read_columns

Progress = Callable[[int, int], None]


def profile_table(
    table: Path | pd.DataFrame, progress: Progress | None = None
) -> tuple[TableProfile | None, list[Diagnostic]]:
    """Return what a table's cells say about its columns, or why nothing can be said.

    `progress` is called with the number of columns profiled so far and the number of all.
    """
    columns, diagnostics = read_columns(table)
    if columns is None:
        return None, diagnostics
    counts = [column.counts() for column in columns]
    marks = frozenset(mark for each in counts for mark in _marks_among_numbers(each))
    profiles = []
    for column, counted in zip(columns, counts, strict=True):
        profiles.append(guess_column(column.name, counted, marks))
        if progress is not None:
            progress(len(profiles), len(columns))
    file = without_control_characters(table.name) if isinstance(table, Path) else "the table"
    if all(isinstance(profile.guess, LeftOut | IdentifierGuess) for profile in profiles):
        return None, [*diagnostics, _nothing(file, profiles)]
    rows = max(len(column.indices) for column in columns)
    groups = _missing_together(columns, profiles)
    return TableProfile(file, rows, tuple(profiles), groups), diagnostics


def _marks_among_numbers(counts: dict[str, int]) -> set[str]:
    """Return the marks, such as NA, that a number column shows to be missing codes."""
    marks = {text for text in counts if text and is_missing_mark(text)}
    return marks if marks and numbers_among(counts) is not None else set()


def _missing_together(
    columns: Sequence[ColumnText], profiles: Sequence[ColumnProfile]
) -> tuple[tuple[str, ...], ...]:
    """Return the groups of columns whose missing cells, at least two, are in the same rows."""
    groups: dict[bytes, list[str]] = {}
    for column, profile in zip(columns, profiles, strict=True):
        if profile.missing_rows < 2 or not isinstance(
            profile.guess, NumberGuess | CategoryGuess | YesNoGuess
        ):
            continue
        texts = frozenset(code.text for code, _ in profile.missing)
        groups.setdefault(column.holds(texts).tobytes(), []).append(profile.name)
    return tuple(tuple(names) for names in groups.values() if len(names) > 1)


def _nothing(file: str, profiles: Sequence[ColumnProfile]) -> Diagnostic:
    reasons = "; ".join(
        f"`{without_control_characters(each.name)}`: "
        + (each.guess.reason if isinstance(each.guess, LeftOut) else "it is a key")
        for each in profiles[:5]
    )
    return report(
        "nothing-to-draft",
        f"none of the columns of {file} can be described in a spec",
        fix="a spec needs a column of numbers, categories or yes/no answers; here are only "
        + reasons,
    )
