"""Examples in the language's own syntax, laid out as the formatter does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from synllm.diagnostics.source import Source
from synllm.language.format import format_source
from synllm.language.words import write_example_word
from synllm.proof.claims import write_number
from synllm.spec.model import Example
from synllm.spec.values import Special, Value

_VERSION = "synspec 1\n\n"
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)


def write_examples(examples: Sequence[Example]) -> str:
    """Return the examples as a run of statements in the canonical layout, ending in a line end."""
    lines = [_write_example(each) for each in examples]
    if not lines:
        return ""
    text, mistakes = format_source(Source("examples", _VERSION + "\n".join(lines) + "\n"))
    assert text is not None, f"examples were written wrongly: {mistakes}"
    return text.removeprefix(_VERSION)


def add_examples(text: str, block: str) -> str:
    """Return a spec's text with a block of examples put at its end, in the text's own line ends."""
    if not block:
        return text
    line_end = "\r\n" if "\r\n" in text else "\n"
    blank = text
    for _ in range(2):
        if not blank.endswith(line_end * 2):
            blank += line_end
    return blank + block.replace("\n", line_end)


def _write_example(example: Example) -> str:
    head = "example ok" if example.breaks is None else f"example breaks {example.breaks}"
    cells = (f"{_write_name(name)}: {_write_value(value)}" for name, value in example.values)
    return f"{head} {{ {', '.join(cells)} }}"


def _write_name(name: str) -> str:
    return name if _NUMBER.fullmatch(name) else write_example_word(name)


def _write_value(value: Value) -> str:
    if isinstance(value, Special):
        return value.value
    return _write_name(value) if isinstance(value, str) else write_number(value)
