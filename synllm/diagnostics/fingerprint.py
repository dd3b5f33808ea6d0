"""An identity for each finding that outlives changes of layout, so that programs can follow it.

A fingerprint is computed from the finding's name, its file, the rule or column that it lies in and
what is said there; never from lines, spaces, comments, or from the rule's sentence and notes.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import PurePosixPath

from synllm.diagnostics.checked import shown_path
from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.source import Source, Span

_GAP = r"(?:\s|#[^\n]*\n)"
_TEXT = r'"(?:[^"\\\n]|\\.)*"'
_PIECE = re.compile(
    rf"(?P<note>\b(?:(?:allow{_GAP}+[\w-]+{_GAP}+)?because|cites){_GAP}*{_TEXT})"
    rf"|(?P<comment>#[^\n]*)|{_TEXT}|'[^'\n]*'|\d+(?:\.\d+)?|\w+|[^\s,;]"
)
_STATEMENTS = frozenset(
    {"rule", "usually", "derived", "table", "type", "statistics", "example", "use", "molar"}
)
_WHOLE = frozenset({"rule", "usually", "derived", "example"})
"""Statements that say one thing; tables, types and statistics say many."""


@dataclass(frozen=True, slots=True)
class _Words:
    """A source's words and signs, each with its offset and the number of braces around it."""

    texts: tuple[str, ...]
    starts: tuple[int, ...]
    depths: tuple[int, ...]
    statements: tuple[int, ...]
    """The indices of the words that start a statement."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The statement around a place: `rule adults`, `table cohort`; in a table also the column."""

    keyword: str = ""
    name: str = ""
    column: str = ""

    def __str__(self) -> str:
        if self.column:
            return f"column {self.column}"
        return f"{self.keyword} {self.name}".strip()


def fingerprints(findings: Sequence[Diagnostic]) -> list[str]:
    """Return a fingerprint for each finding of one run, in their order; no two are equal.

    Findings that say the same about the same thing are numbered from the top of the file.
    """
    keys = [_key(finding) for finding in findings]
    seen: Counter[str] = Counter()
    numbers: dict[int, int] = {}
    for index in sorted(range(len(findings)), key=lambda each: _place(findings[each])):
        seen[keys[index]] += 1
        numbers[index] = seen[keys[index]]
    return [f"{key}:{numbers[index]}" for index, key in enumerate(keys)]


def subject_of(finding: Diagnostic) -> Subject:
    """Return what a finding is about, as far as the words around its first place tell."""
    return Subject() if finding.primary is None else _subject(finding.primary.span)


def _key(finding: Diagnostic) -> str:
    parts = [finding.finding]
    if finding.primary is None:
        parts.append(finding.headline)
    else:
        span = finding.primary.span
        parts += [_file(span.source), repr(_subject(span)), *_statement(span), "", *_said(span)]
    others = {f"{_file(each.span.source)} {_subject(each.span)!r}" for each in finding.secondary}
    return sha256("\n".join([*parts, "", *sorted(others)]).encode(errors="replace")).hexdigest()[
        :32
    ]


def _place(finding: Diagnostic) -> tuple[str, int, int, tuple[int, ...]]:
    if finding.primary is None:
        return "", 0, 0, ()
    span = finding.primary.span
    return span.source.name, span.start, span.end, tuple(e.span.start for e in finding.secondary)


def _file(source: Source) -> str:
    """Return a path that is the same on every machine, also for an installed library."""
    path = PurePosixPath(shown_path(source.name))
    return "/".join(path.parts[-2:]) if path.is_absolute() else str(path)


def _said(span: Span) -> list[str]:
    """Return the words in a place; those of a note where it holds nothing else."""
    words = _words(span.source)
    first, end = bisect_left(words.starts, span.start), bisect_left(words.starts, span.end)
    return list(words.texts[first:end]) or span.text.split()


def _subject(span: Span) -> Subject:
    words = _words(span.source)
    here = bisect_right(words.starts, span.start) - 1
    at = bisect_right(words.statements, here) - 1
    if at < 0:
        return Subject()
    head = words.statements[at]
    keyword = words.texts[head]
    name = words.texts[head + 1] if head + 1 < len(words.texts) else ""
    column = ""
    if keyword == "table":
        for index in range(here, head, -1):
            if words.depths[index] == 1 and words.texts[index + 1 : index + 2] == (":",):
                column = words.texts[index]
                break
    return Subject(keyword, name.strip('"'), column.strip('"'))


def _statement(span: Span) -> tuple[str, ...]:
    """Return all words of the statement around a place, its name and sentence left out."""
    words = _words(span.source)
    here = bisect_right(words.starts, span.start) - 1
    at = bisect_right(words.statements, here) - 1
    if at < 0 or words.texts[words.statements[at]] not in _WHOLE:
        return ()
    start = words.statements[at] + 2
    following = words.statements[at + 1 : at + 2]
    end = following[0] if following else len(words.texts)
    if words.texts[start : start + 1] and words.texts[start].startswith('"'):
        start += 1
    return words.texts[start:end]


@lru_cache(maxsize=64)
def _words(source: Source) -> _Words:
    texts: list[str] = []
    starts: list[int] = []
    depths: list[int] = []
    statements: list[int] = []
    depth = 0
    for match in _PIECE.finditer(source.text):
        if match.lastgroup is not None:
            continue
        text = match.group()
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text)
        if depth == 0 and text in _STATEMENTS:
            statements.append(len(texts))
        depth = max(0, depth - (text == "}"))
        texts.append(text)
        starts.append(match.start())
        depths.append(depth)
        depth += text == "{"
    return _Words(tuple(texts), tuple(starts), tuple(depths), tuple(statements))
