"""Text columns: yes/no, categories, and those that a spec can't express."""

from __future__ import annotations

from collections.abc import Mapping

from synllm.draft import lexicon
from synllm.draft.profile import CategoryGuess, Guess, LeftOut, YesNoGuess, rows_of
from synllm.spec.types import Code

MOST_LABELS = 100
ALWAYS_LABELS = 20
LONGEST_LABEL = 80


def guess_text(counts: Mapping[str, int]) -> Guess:
    """Return the guess for a column of these texts (text → rows)."""
    present = sum(counts.values())
    if all(lexicon.is_missing_mark(text) for text in counts):
        return LeftOut(
            "it holds no value in any row, only " + ", ".join(f'"{text}"' for text in counts)
        )
    answers = [
        text
        for text in counts
        if not lexicon.is_missing_mark(text) and not lexicon.is_missing_word(text)
    ]
    if answers and all(lexicon.is_date(text) for text in answers):
        return LeftOut("it holds dates or times, which the language doesn't have yet")
    if len(answers) > 2 and all(lexicon.has_decimal_comma(text) for text in answers):
        return LeftOut("its numbers have a decimal comma; write them with a point in the file")
    if any(lexicon.has_control_character(text) for text in counts):
        return LeftOut("some cells hold line breaks or other control characters")
    pair = lexicon.YES_NO_PAIRS.get(frozenset(text.casefold() for text in counts))
    if pair is not None and len(counts) == 2:
        yes, no = sorted(counts, key=lambda text: pair.index(text.casefold()))
        return YesNoGuess((Code(yes), counts[yes]), (Code(no), counts[no]))
    distinct = len(counts)
    repeats = distinct < present or distinct <= 4
    few = distinct <= ALWAYS_LABELS or (distinct <= MOST_LABELS and present >= 10 * distinct)
    if repeats and few and max(map(len, counts)) <= LONGEST_LABEL:
        return CategoryGuess(tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0]))))
    return LeftOut(
        f"it holds free text ({distinct:,} different texts in {rows_of(present)}), which the "
        "language doesn't have yet"
    )
