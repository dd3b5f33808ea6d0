"""Names, labels, codes and prose as a spec writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from textwrap import wrap

from synllm.draft.lexicon import without_control_characters
from synllm.language.fold import WIDTH, fold
from synllm.language.words import name_word, quoted
from synllm.spec.types import Code


def code_word(code: Code) -> str:
    """Return a file's code: a number where it reads as one, else quoted."""
    return code.text if code.numeric else quoted(code.text)


def table_word(file_stem: str) -> str:
    """Return a table's name made from a file's: lower case words with underscores between."""
    words = re.findall(r"\w+", file_stem.casefold())
    return name_word("_".join(words) or "table_1")


def comment(text: str, indent: str = "") -> list[str]:
    """Return a sentence as comment lines no wider than the formatter's."""
    clean = without_control_characters(text)
    return [f"{indent}# {line}" for line in wrap(clean, WIDTH - len(indent) - 2)]


def comment_out(chunks: Sequence[str]) -> list[str]:
    """Return a line of a block, folded where it is long, as comments to be taken as they stand."""
    mark = "  # "
    return [mark + line[len(mark) :] for line in fold(chunks, len(mark), gap="  ")]
