"""From the distinct texts of a column to what it is taken for, and what must be asked about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from synllm.draft import lexicon
from synllm.draft.doubt import doubtful_labels, doubtful_numbers
from synllm.draft.guess_number import Recorded, guess_number, numbers_among
from synllm.draft.guess_text import guess_text
from synllm.draft.profile import (
    CategoryGuess,
    ColumnProfile,
    Guess,
    IdentifierGuess,
    LeftOut,
    NumberGuess,
    rows_of,
)
from synllm.spec.cells import code_matches
from synllm.spec.types import EMPTY_CELL, Code

_MANY_KEYS = 20


def guess_column(
    name: str,
    counts: Mapping[str, int],
    marks: frozenset[str] = frozenset(),
    declared: tuple[Code, ...] = (),
) -> ColumnProfile:
    """Return what a column with these cells (text → rows, the empty text included) is taken for.

    `marks` are texts known to be missing codes in this file; `declared` codes are taken as missing
    whatever they look like.
    """
    rows = sum(counts.values())
    present = dict(counts)
    missing: list[tuple[Code, int]] = []

    def set_aside(code: Code) -> None:
        candidates = present if code.numeric else {code.text} & present.keys()
        texts = [text for text in candidates if code_matches(code, text)]
        if texts:
            missing.append((code, sum(present.pop(text) for text in texts)))

    for code in (EMPTY_CELL, *declared, *(Code(mark) for mark in sorted(marks))):
        set_aside(code)
    numbers = numbers_among(present)
    questions: list[str] = []
    if numbers is not None:
        for text in [text for text in present if text not in numbers]:
            if not lexicon.is_missing_mark(text):
                questions.append(
                    f'"{text}" in {rows_of(present[text])} is no number, so it is declared '
                    "missing here: is it?"
                )
            set_aside(Code(text))
    guess, asked = _guess(name, present, numbers, rows)
    missing.sort(key=lambda each: -each[1])
    profile = ColumnProfile(name, rows, guess, tuple(missing), (*questions, *asked))
    return profile if declared else _with_doubt(profile, counts, marks)


def _with_doubt(
    profile: ColumnProfile, counts: Mapping[str, int], marks: frozenset[str]
) -> ColumnProfile:
    match profile.guess:
        case NumberGuess() as guess:
            codes, reason = doubtful_numbers(profile.name, guess)
        case CategoryGuess() as guess:
            codes, reason = doubtful_labels(profile.rows, guess)
        case _:
            return profile
    if not codes:
        return profile
    doubt = guess_column(profile.name, counts, marks, codes)
    if isinstance(doubt.guess, LeftOut):
        return profile
    return replace(profile, doubt=doubt, doubt_reason=reason)


def _guess(
    name: str, counts: Mapping[str, int], numbers: Mapping[str, Recorded] | None, rows: int
) -> tuple[Guess, list[str]]:
    """Return the guess for a column's present texts, with the questions it raises."""
    if not name.strip():
        return LeftOut("its header cell is empty"), []
    if lexicon.has_control_character(name):
        return LeftOut("its name holds a line break or another control character"), []
    if not counts:
        return LeftOut("it holds no value in any row"), []
    if lexicon.is_identifier_name(name):
        if rows > 1 and all(count == 1 for count in counts.values()) and len(counts) == rows:
            return IdentifierGuess(), []
        if len(counts) > _MANY_KEYS and len(counts) * 2 > rows:
            return IdentifierGuess(), [
                f"taken for a key by its name, though only {len(counts):,} of {rows:,} rows differ"
            ]
    if numbers is not None:
        return guess_number(counts, numbers, rows)
    return guess_text(counts), []
