"""Number columns: which they are, the decimals recorded, a range or a list."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from synllm.draft import lexicon
from synllm.draft.profile import Guess, IdentifierGuess, LeftOut, NumberGuess, YesNoGuess
from synllm.spec.cells import parse_number
from synllm.spec.types import Code

LARGEST_EXACT = 2**53
MOST_DECIMALS = 12
MOST_LISTED = 20
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?", re.ASCII)
_LEADING_ZERO = re.compile(r"\s*[+-]?0\d")
_DECIMALS_WRITTEN = re.compile(r"\.(\d+)\s*$")


class Recorded(NamedTuple):
    """The number digits / 10**decimals, with as few decimals as it needs."""

    digits: int
    decimals: int


def read_number(text: str) -> Recorded | None:
    """Return the exact number that a cell's text writes, as `parse_number` reads it, or None."""
    if len(text) <= 30 and _PLAIN.fullmatch(text):
        whole, _, tail = text.partition(".")
        tail = tail.rstrip("0")
        return Recorded(int(whole + tail), len(tail))
    number = parse_number(text)
    if number is None:
        return None
    decimals = 0
    while 10**decimals % number.denominator:
        decimals += 1
    return Recorded(int(number * 10**decimals), decimals)


def numbers_among(counts: Mapping[str, int]) -> dict[str, Recorded] | None:
    """Return the numbers in a number column by their text, or None where it is no number column.

    Texts that are no numbers may stand among them if they look like missing codes, or are few.
    """
    numbers: dict[str, Recorded] = {}
    strange: list[str] = []
    for text in counts:
        number = read_number(text)
        if number is not None:
            # 007 is a code: read as a number, it would lose its zeros.
            if _LEADING_ZERO.match(text):
                return None
            numbers[text] = number
        elif not lexicon.is_missing_mark(text) and not lexicon.is_missing_word(text):
            strange.append(text)
    if not numbers:
        return None
    odd_rows = sum(counts[text] for text in strange)
    tolerable = len(strange) <= 5 and len(numbers) >= 10 and odd_rows * 10 <= sum(counts.values())
    return numbers if not strange or tolerable else None


def guess_number(
    counts: Mapping[str, int], numbers: Mapping[str, Recorded], rows: int
) -> tuple[Guess, list[str]]:
    """Return the guess for a number column, with the questions it raises.

    `counts` holds the rows of each of its texts, `numbers` what they read as.
    """
    decimals = _recorded_decimals(numbers)
    by_value: dict[int, int] = {}
    for text, count in counts.items():
        number = numbers[text]
        scaled: int = number.digits * 10 ** (decimals - number.decimals)
        by_value[scaled] = by_value.get(scaled, 0) + count
    values = tuple(sorted(by_value.items()))
    low, high = values[0][0], values[-1][0]
    if max(-low, high) >= LARGEST_EXACT or decimals > MOST_DECIMALS:
        if decimals:
            return LeftOut(f"its numbers have {decimals} decimals; round them in the file"), []
        return LeftOut("its numbers are too long; declare it as `identifier` if it is a key"), []
    if set(by_value) == {0, 1} and decimals == 0:
        return YesNoGuess((Code("1", True), by_value[1]), (Code("0", True), by_value[0])), []
    present = sum(counts.values())
    if decimals == 0 and len(values) == rows == high - low + 1 >= 20:
        return IdentifierGuess(), [
            f"taken for a running key: each whole number from {low} to {high} occurs once"
        ]
    listed = len(values) == 1 or (
        len(values) <= MOST_LISTED
        and present >= max(500, 50 * len(values))
        and high - low + 1 >= 2 * len(values)
    )
    asked = []
    if len(values) == 1:
        asked.append("the same in every row that holds a value")
    elif listed:
        asked.append(
            f"only these {len(values)} values occur; if others can, write a range instead of a list"
        )
    if decimals == 0 and 2 <= len(values) <= 6 and low in (0, 1) and high <= 6:
        asked.append(
            "are these numbers codes? Then write what each stands for, as in: one of {TODO coded "
            f"{low}, …}}, or in ascending order: ordered {{TODO coded {low} < …}}"
        )
    if decimals > 6:
        asked.append(f"is it really recorded with {decimals} decimals, or computed?")
    return NumberGuess(decimals, values, listed), asked


def _recorded_decimals(numbers: Mapping[str, Recorded]) -> int:
    """Return the most decimals that any number needs, or those that all are written with."""
    needed = max(number.decimals for number in numbers.values())
    found = {_written_decimals(text) for text in numbers}
    # A lone final zero is what software adds to whole numbers; two are somebody's habit.
    return max(needed, *found) if len(found) == 1 and min(found) >= 2 else needed


def _written_decimals(text: str) -> int:
    match = _DECIMALS_WRITTEN.search(text)
    return len(match.group(1)) if match else 0
