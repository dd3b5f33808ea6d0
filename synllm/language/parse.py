"""Text → syntax tree, with every syntax mistake of a file reported in one pass.

A statement (or, inside a table or statistics block, a line) with a mistake is blanked out and the
rest parsed again, so that offsets stay true and one mistake does not hide the next.
"""

from __future__ import annotations

import re

from lark import Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Source, Span
from synllm.language.build import ParseTree, TreeBuilder
from synllm.language.comments import find_comments, hide_comments
from synllm.language.grammar import load_parser
from synllm.language.mistakes.explain import explain_mistake, report_unclosed
from synllm.language.syntax import SyntaxTree

MOST_MISTAKES = 20
_DEEPEST = 100
_LONGEST_DEFINITION = 300

_STATEMENT = re.compile(
    r"^[ \t]*(?:use|molar|type|table|statistics|rule|usually|derived|example)\b(?![ \t]*[:,])", re.M
)
_ITEM = re.compile(
    r'^[ \t]*(?:(?:[^\W\d]\w*|"(?:[^"\\\n]|\\.)*")[ \t]*'
    r"(?::|,|(?:integer|decimal|yes|one|ordered|identifier)\b)|source\b|target\b)",
    re.M,
)
_NAME = r'([^\W\d]\w*|"(?:[^"\\\n]|\\.)*")'
_PIECE = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|,(?=[ \t]*(?:#[^\n]*)?\n)|.|\n')
_BRACE = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|[{}]')
_DEFINITION = re.compile(rf"\s*(?:rule|usually|type|derived|table)\s+{_NAME}|\s*{_NAME}\s*:")


def parse(source: Source) -> tuple[SyntaxTree, list[Diagnostic]]:
    """Return the tree of all that could be read, and a diagnostic for each syntax mistake."""
    text = source.text
    diagnostics: list[Diagnostic] = []
    unread: set[str] = set()
    parser = load_parser()
    while True:
        try:
            tree: ParseTree = parser.parse(text)
        except UnexpectedInput as error:
            offset = _offset(error, text)
            # Offsets stay true, and a `}` put in below never ends up inside a comment.
            text = hide_comments(text, find_comments(text))
            if len(diagnostics) >= MOST_MISTAKES:
                return SyntaxTree(source, None, (), (), frozenset({"*"})), diagnostics
            closed = _close_brace(error, source, text, offset)
            if closed is not None:
                text, diagnostic = closed
                diagnostics.append(diagnostic)
                continue
            mistake = explain_mistake(error, source, offset)
            diagnostics.append(mistake)
            if mistake.finding == "comma-at-line-end" and mistake.primary is not None:
                without = _without_line_end_commas(text, mistake.primary.span.start)
                if without != text:
                    text = without
                    continue
            offset = _blamed(mistake, text, offset)
        else:
            deep = _too_deep(tree)
            if deep is None:
                return TreeBuilder(source).file(tree, frozenset(unread)), diagnostics
            offset = deep
            diagnostics.append(_report_depth(source, offset))
        start, end = _damaged(source.text, text, offset)
        unread.update(_defined_in(source.text[start:end]))
        if not text[start:end].strip():
            return SyntaxTree(source, None, (), (), frozenset({"*"})), diagnostics
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:end]) + text[end:]


def _too_deep(tree: ParseTree) -> int | None:
    """Return where a tree is deeper than later steps, which recurse, can follow."""
    level = [tree]
    for _ in range(_DEEPEST):
        level = [child for each in level for child in each.children if isinstance(child, Tree)]
        if not level:
            return None
    return int(level[0].meta.start_pos)


def _report_depth(source: Source, offset: int) -> Diagnostic:
    return report(
        "nested-too-deeply",
        f"this is nested more than {_DEEPEST} deep",
        Span(source, offset, offset + 1),
        "too deep from here on",
        fix="split it into several rules, or name parts of it as `derived` columns",
    )


def _offset(error: UnexpectedInput, text: str) -> int:
    if isinstance(error, UnexpectedToken) and error.token.type != "$END":
        return int(error.token.start_pos or 0)
    if isinstance(error, UnexpectedCharacters):
        return int(error.pos_in_stream or 0)
    return len(text.rstrip())


def _blamed(mistake: Diagnostic, text: str, offset: int) -> int:
    """Return where the mistake is: before the place where reading stopped, if it says so."""
    if mistake.primary is None:
        return offset
    start = mistake.primary.span.start
    return start if text[start : start + 1].strip() else offset


def _without_line_end_commas(text: str, first: int) -> str:
    """Return the text without commas between a table's lines, from the one at `first` on."""
    kept, first = text[:first] + " ", first + 1
    depth = 0
    for match in re.finditer(
        r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|,(?=[ \t]*(?:#[^\n]*)?\n)|.|\n', text[first:]
    ):
        piece = match.group()
        depth += {"{": 1, "}": -1}.get(piece, 0)
        if depth < 0:
            return kept + text[first + match.start() :]
        kept += " " * len(piece) if piece.startswith(",") and depth == 0 else piece
    return kept


def _close_brace(
    error: UnexpectedInput, source: Source, text: str, offset: int
) -> tuple[str, Diagnostic] | None:
    """Return the text with a forgotten `}` put in, where the next statement shows that it is."""
    if isinstance(error, UnexpectedCharacters) or not isinstance(
        error, UnexpectedToken | UnexpectedEOF
    ):
        return None
    at_end = not isinstance(error, UnexpectedToken) or error.token.type == "$END"
    parser_state = getattr(error, "interactive_parser", None)
    accepts = set() if parser_state is None else parser_state.accepts()
    line_start = text.rfind("\n", 0, offset) + 1
    next_statement = _STATEMENT.match(text, line_start)
    # A statement's first word may have been read as the name of one more column.
    as_column = (
        next_statement is not None
        and "COLON" in accepts
        and not text[next_statement.end() : offset].strip()
    )
    if as_column:
        offset = line_start
    elif "RBRACE" not in accepts:
        return None
    if not at_end and (next_statement is None or line_start != offset or line_start == 0):
        return None
    opening = _open_brace(text[:offset])
    if opening is None:
        return None
    diagnostic = report_unclosed(source, opening, Span(source, offset, offset + 1))
    if at_end:
        return text + "}", diagnostic
    return text[: line_start - 1] + "}" + text[line_start:], diagnostic


def _open_brace(text: str) -> int | None:
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match.group() == "{":
            opened.append(match.start())
        elif match.group() == "}" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _damaged(original: str, text: str, offset: int) -> tuple[int, int]:
    """Return the stretch to give up: the line's item in a block, else the whole statement."""
    starts = _statement_starts(original)
    start = max((each for each in starts if each <= offset), default=0)
    end = min((each for each in starts if each > offset), default=len(original))
    head = re.match(r"[ \t]*(table|statistics)\b[^{]*\{", original[start:end])
    body = start + head.end() if head else end
    if offset < body:
        return start, end
    line = original.rfind("\n", 0, offset) + 1
    if head and head.group(1) == "table":
        items = [match.start() for match in _ITEM.finditer(original, body, end)]
        line = max((each for each in items if each <= offset), default=line)
        stop = min((each for each in items if each > offset), default=end)
    else:
        stop = original.find("\n", offset)
        stop = end if stop < 0 else min(stop, end)
    line = max(line, body)
    closing = re.search(r"^[ \t]*\}[ \t]*$", original[line:stop], re.M)
    if closing and line + closing.start() > line:
        stop = line + closing.start()
    if not text[line:stop].strip():
        return start, end
    return line, stop


def _statement_starts(text: str) -> list[int]:
    """Return where a statement's keyword stands at the margin or outside all braces."""
    starts: list[int] = []
    braces = _BRACE.finditer(text)
    brace = next(braces, None)
    opened = 0
    for match in _STATEMENT.finditer(text):
        while brace is not None and brace.start() < match.start():
            opened = max(0, opened + {"{": 1, "}": -1}.get(brace.group(), 0))
            brace = next(braces, None)
        if opened == 0 or not match.group().startswith((" ", "\t")):
            starts.append(match.start())
    return starts


def _defined_in(text: str) -> set[str]:
    """Return the name that damaged text was to define, which is looked for at its beginning."""
    text = text.lstrip()[:_LONGEST_DEFINITION]
    match = _DEFINITION.match(text)
    if match is None:
        # A name that is none, such as two words without quotes, up to its colon.
        unnamed = re.match(r"\s*([^:\n{}]+?)\W*:", text) or re.match(rf"\s*{_NAME}", text)
        return {unnamed.group(1)} if unnamed else set()
    name = match.group(1) or match.group(2)
    # Without its table nothing else in a file can be looked up.
    whole_table = re.match(r"\s*table\b(?!\s*:)", text) is not None
    return {"*"} if whole_table else {name.strip('"')}
