"""Text made safe for Markdown as GitHub and GitLab show it (CommonMark with tables)."""

from __future__ import annotations

import re

from synllm.diagnostics.terminal_text import make_visible

_CODE = re.compile(r"`([^`]+)`")
_MARKS = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&-])")
_MENTIONS = re.compile(r"([@#])(?=\w)")


def escape_prose(text: str) -> str:
    """Return a sentence in which only what stands between backticks is marked up, as code.

    Nothing else in it becomes a link, a mention, HTML or a list; line breaks become spaces.
    """
    parts = _CODE.split(" ".join(text.split()))
    return "".join(code(part) if index % 2 else _escape(part) for index, part in enumerate(parts))


def cell(markdown: str) -> str:
    """Return Markdown for a cell of a table, which `|` would end even inside code."""
    return re.sub(r"(?<!\\)\|", r"\\|", markdown)


def code(text: str) -> str:
    """Return a short text as code, whatever it holds."""
    visible = make_visible(" ".join(text.split()))
    fence = "`" * (_longest_run(visible) + 1)
    pad = " " if visible.startswith("`") or visible.endswith("`") or not visible else ""
    return f"{fence}{pad}{visible}{pad}{fence}"


def code_block(text: str, language: str = "text") -> str:
    """Return lines as a block of code, whatever they hold."""
    visible = "\n".join(map(make_visible, text.rstrip("\n").split("\n")))
    fence = "`" * max(3, _longest_run(visible) + 1)
    return f"{fence}{language}\n{visible}\n{fence}"


def _escape(text: str) -> str:
    escaped = _MARKS.sub(r"\\\1", make_visible(text))
    # A mention is found after the escapes are gone; an empty comment breaks it.
    return _MENTIONS.sub(r"\1<!-- -->", escaped)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall(r"`+", text)), default=0)
