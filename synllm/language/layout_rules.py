"""Rules → pieces: the name, then the statement on one line or broken at its joints, then notes."""

from __future__ import annotations

from collections.abc import Sequence

from synllm.language import syntax as s
from synllm.language.comments import Comment, Piece, divide
from synllm.language.fold import WIDTH, fold
from synllm.language.write import (
    write_allowance,
    write_arm,
    write_body,
    write_cases_head,
    write_expression,
    write_word,
)

_INDENT = 2


def lay_out_rule(node: s.RuleNode, text: str, comments: Sequence[Comment]) -> list[Piece]:
    """Return the rule's first line, its body in one piece or several, and its notes."""
    keyword = "rule" if node.share is None else "usually"
    header = [f"{keyword} {write_word(node.name)}"]
    if node.sentence is not None:
        header.append(write_word(node.sentence))
    if node.share is not None:
        header.append(f"in at least {node.share.text}% of cases")
    start = node.span.start
    end = start + len(text[start : node.body.span.start].rstrip())
    return [
        Piece(start, end, fold(header, 0), "one"),
        *_body(node.body, text, comments),
        *(_note(note) for note in node.notes),
    ]


def _note(note: s.NoteNode | s.AllowNode) -> Piece:
    if isinstance(note, s.AllowNode):
        text = write_allowance(note)
    else:
        text = f"{note.keyword} {write_word(note.text)}"
    return _part(note.span.start, note.span.end, fold([text], _INDENT))


def _body(body: s.RuleBody, text: str, comments: Sequence[Comment]) -> list[Piece]:
    """Return a rule's statement as one piece where it fits a line and no comment divides it."""
    pieces = _cases(body, text) if body.kind == "cases" else _clauses(body, text)
    line = " " * _INDENT + write_body(body)
    if len(line) > WIDTH or divide(comments, pieces):
        return pieces
    return [_part(body.span.start, body.span.end, (line,))]


def _part(start: int, end: int, lines: tuple[str, ...], indent: int = _INDENT) -> Piece:
    return Piece(start, end, lines, "none", indent, loose=False)


def _clauses(body: s.RuleBody, text: str) -> list[Piece]:
    keywords = ("when", "then") if body.kind == "when" else (body.kind,)
    pieces: list[Piece] = []
    start = body.span.start
    for keyword, expression in zip(keywords, body.expressions, strict=True):
        end = expression.span.end
        pieces.append(_part(start, end, _clause(keyword, expression)))
        rest = text[end : body.span.end]
        start = end + len(rest) - len(rest.lstrip())
    return pieces


def _clause(keyword: str, expression: s.Node) -> tuple[str, ...]:
    """Return a keyword and its condition, with one operand of `and`, `or` … a line if need be."""
    line = " " * _INDENT + f"{keyword} {write_expression(expression)}"
    operator = expression.operator if isinstance(expression, s.Operation) else ""
    if len(line) <= WIDTH or operator not in ("and", "or", "iff"):
        return fold([line.lstrip()], _INDENT)
    assert isinstance(expression, s.Operation)
    joint = "if and only if" if operator == "iff" else operator
    first, *rest = [write_expression(operand) for operand in expression.operands]
    lines = list(fold([f"{keyword} {first}"], _INDENT))
    for operand in rest:
        lines += fold([f"{joint} {operand}"], 2 * _INDENT)
    return tuple(lines)


def _cases(body: s.RuleBody, text: str) -> list[Piece]:
    brace = text.index("{", body.inputs[-1].span.end)
    opening = fold([f"{write_cases_head(body)} {{"], _INDENT)
    closing = " " * _INDENT + "}"
    return [
        _part(body.span.start, brace + 1, opening),
        *(
            _part(arm.span.start, arm.span.end, fold([f"{write_arm(arm)};"], 4), 2 * _INDENT)
            for arm in body.arms
        ),
        _part(body.span.end - 1, body.span.end, (closing,), 2 * _INDENT),
    ]
