"""The formatter: a spec's one canonical layout, checked by itself each time it runs."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from synllm.diagnostics.diagnostic import Diagnostic, has_errors
from synllm.diagnostics.source import Source
from synllm.language.comments import find_comments, hide_comments, weave
from synllm.language.layout import lay_out
from synllm.language.parse import parse
from synllm.language.syntax import SyntaxTree

_PLACES = frozenset({"span", "source", "unread"})


def format_source(source: Source) -> tuple[str | None, list[Diagnostic]]:
    """Return the source in its canonical layout, and what parsing it had to report.

    The text is None where the source has a syntax error: a broken file is never touched. Otherwise
    it has the same meaning, every comment beside the same item, and formatting it again returns the
    same text. Raises RuntimeError, a bug, where any of these would not hold.
    """
    tree, diagnostics = parse(source)
    if has_errors(diagnostics):
        return None, diagnostics
    text = _write(tree)
    _check(tree, text)
    return text, diagnostics


def same_meaning(first: Any, second: Any) -> bool:
    """Return whether two syntax nodes say the same, wherever they stand."""
    if type(first) is not type(second):
        return False
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(same_meaning, first, second))
    if is_dataclass(first):
        return all(
            same_meaning(getattr(first, field.name), getattr(second, field.name))
            for field in fields(first)
            if field.name not in _PLACES
        )
    return bool(first == second)


def _write(tree: SyntaxTree) -> str:
    text = tree.source.text
    comments = find_comments(text)
    return weave(text, lay_out(tree, hide_comments(text, comments), comments), comments)


def _check(tree: SyntaxTree, text: str) -> None:
    """Raise RuntimeError unless the formatted text is a faithful, final form of the tree."""
    name = tree.source.name
    written, diagnostics = parse(Source(name, text))
    if has_errors(diagnostics) or not same_meaning(tree, written):
        raise RuntimeError(f"formatting {name} would change what it says; it was left as it is")
    before, after = (
        [comment.text for comment in find_comments(each.source.text)] for each in (tree, written)
    )
    if before != after:
        raise RuntimeError(f"formatting {name} would change its comments; it was left as it is")
    if _write(written) != text:
        raise RuntimeError(f"formatting {name} twice would change it again; it was left as it is")
