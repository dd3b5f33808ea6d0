"""Names and labels for random tables, put together from the written word list."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import numpy as np

HELD_OUT = 7
"""Every so many-th word is kept from training and used in evaluation alone."""

ABSENT = ('"Unknown"', '"NA"', "null", '"N/A"')
"""Codes that random tables use for missing cells and for nothing else."""

_SYLLABLES = tuple(a + b for a in "bcdfghklmnprstvz" for b in "aeiou")
_LABEL_SETS = (
    ("Female", "Male"),
    ("F", "M"),
    ("Yes", "No"),
    ("Y", "N"),
    ("yes", "no"),
    ("true", "false"),
    ("Positive", "Negative"),
    ("High", "Low"),
    ("Low", "Normal", "High"),
    ("Mild", "Moderate", "Severe"),
    ("Urban", "Rural"),
    ("Never", "Former", "Current"),
    ("Drug", "Placebo"),
    ("A", "B", "AB", "O"),
    ("C", "CL", "D"),
    ("N", "S", "Y"),
    ("Single", "Married", "Divorced", "Widowed"),
    ("White", "Black", "Asian", "Hispanic", "Other"),
)


@cache
def list_words() -> tuple[str, ...]:
    """Return the distinct words of the word list that can be parts of names."""
    text = files("synllm.generate.embedded").joinpath("vocabulary.txt").read_text(encoding="utf-8")
    found = dict.fromkeys(
        word for word in text.replace("_", " ").replace("-", " ").split() if word.isalpha()
    )
    return tuple(word for word in found if 1 < len(word) < 16)


def draw_names(count: int, random: np.random.Generator, *, held_out: bool) -> list[str]:
    """Return distinct field names; held-out ones have a word in them that training never sees."""
    words = list_words()
    found: dict[str, None] = {}
    while len(found) < count:
        if random.random() < 0.2:
            parts = ["".join(_pick(_SYLLABLES, int(random.integers(1, 4)), random))]
        else:
            size = 1 + int(np.searchsorted((0.5, 0.88), random.random()))
            parts = _pick(words, size, random, held_out=False)
            if held_out:
                parts[-1] = _pick(words, 1, random, held_out=True)[0]
        found[_join(parts, random)] = None
    return list(found)


def draw_labels(count: int, random: np.random.Generator) -> list[str]:
    """Return distinct JSON codes for the labels of one field."""
    style = random.random()
    if count == 2 and style < 0.35:
        return ["1", "0"] if random.random() < 0.8 else ["0", "1"]
    if style < 0.15:
        first = int(random.integers(0, 2))
        return [str(first + each) for each in range(count)]
    fitting = [each for each in _LABEL_SETS if len(each) == count]
    if fitting and style < 0.7:
        labels = list(fitting[random.integers(len(fitting))])
        return [f'"{label}"' for label in random.permutation(labels)]
    found: dict[str, None] = {}
    while len(found) < count:
        parts = _pick(list_words(), 1 + int(random.random() < 0.25), random)
        joint = " _-"[int(np.searchsorted((0.6, 0.85), random.random()))]
        text = joint.join(parts)
        code = f'"{text.capitalize() if random.random() < 0.4 else text}"'
        if code not in ABSENT:
            found[code] = None
    return list(found)


def _pick(
    words: tuple[str, ...],
    count: int,
    random: np.random.Generator,
    *,
    held_out: bool | None = None,
) -> list[str]:
    """Return words, repeated ones among them; only held-out or only other ones where asked."""
    found: list[str] = []
    while len(found) < count:
        place = int(random.integers(len(words)))
        if held_out is None or held_out == (place % HELD_OUT == 0):
            found.append(words[place])
    return found


def _join(parts: list[str], random: np.random.Generator) -> str:
    style = random.random()
    if style < 0.6:
        return "_".join(parts)
    if style < 0.8:
        return "_".join(part.capitalize() for part in parts)
    if style < 0.9:
        return "".join(part.capitalize() for part in parts)
    return parts[0].upper() if len(parts) == 1 and len(parts[0]) < 5 else "_".join(parts)
