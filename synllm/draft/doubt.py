"""Codes that are read as values but may stand for a missing one: to be asked, never assumed."""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from synllm.draft import lexicon
from synllm.draft.profile import CategoryGuess, NumberGuess, percent, rows_of, shortest
from synllm.spec.types import Code


def doubtful_numbers(name: str, guess: NumberGuess) -> tuple[tuple[Code, ...], str]:
    """Return the numbers that may be missing codes, such as -9 or a zero weight, and the reason."""
    rows = dict(guess.values)
    unit: int = 10**guess.decimals
    sentinels = {number * unit for number in lexicon.SENTINELS} & rows.keys()
    usual = [value for value in rows if value not in sentinels]
    if not usual:
        return (), ""
    suspects = [value for value in sorted(sentinels) if _is_far_out(value, usual, unit)]
    others = [value for value in rows if value not in suspects]
    if len(others) > 1 and others[0] == 0 and _is_doubtful_zero(name, others[1:]):
        suspects.append(others.pop(0))
    if not suspects:
        return (), ""
    total = sum(rows.values())
    codes = tuple(Code(shortest(value, guess.decimals), True) for value in suspects)
    counted = ", ".join(
        f"{code.text} in {rows_of(rows[value])} ({percent(rows[value], total)})"
        for code, value in zip(codes, suspects, strict=True)
    )
    low, high = shortest(others[0], guess.decimals), shortest(others[-1], guess.decimals)
    return codes, f"{counted}; the other values lie in {low}..{high}"


def doubtful_labels(rows: int, guess: CategoryGuess) -> tuple[tuple[Code, ...], str]:
    """Return the labels that may be missing codes, such as `Unknown`, and the reason."""
    suspects = [
        (label, count)
        for label, count in guess.labels
        if lexicon.is_missing_mark(label) or lexicon.is_missing_word(label)
    ]
    return tuple(Code(label) for label, _ in suspects), ", ".join(
        f'"{label}" in {rows_of(count)} ({percent(count, rows)})' for label, count in suspects
    )


def _is_far_out(value: int, usual: list[int], unit: int) -> bool:
    """Return whether a usual missing code stands far outside all other values (all scaled)."""
    if value < 0:
        return usual[0] >= 0 and (value <= -7 * unit or usual[-1] >= 10 * unit)
    return value - usual[-1] > max(usual[-1] - usual[0], 10 * unit)


def _is_doubtful_zero(name: str, positive: list[int]) -> bool:
    """Return whether zeros are impossible by the column's name, or stand apart from the rest."""
    if lexicon.is_never_zero_name(name):
        return True
    if len(positive) < 20:
        return False
    steps = [high - low for low, high in pairwise(positive)]
    stands_apart = positive[0] > 5 * median(steps) and positive[0] * 10 >= median(positive)
    return bool(stands_apart)
