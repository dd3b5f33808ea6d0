"""Syntax tree → the pieces of the formatted file: lines, indents, alignment and blank lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias, assert_never

from synllm.language import syntax as s
from synllm.language.comments import BlankLine, Comment, Piece, has_blank_line
from synllm.language.fold import WIDTH, fold
from synllm.language.layout_rules import lay_out_rule
from synllm.language.write import (
    write_allowance,
    write_cell,
    write_expression,
    write_figure,
    write_modifier,
    write_pair,
    write_subject,
    write_table_item,
    write_type,
    write_word,
)

_INDENT = 2
_WIDEST_NAME = 28
_WIDEST_TYPE = 44

_Brief: TypeAlias = s.UseNode | s.MolarMassNode | s.TypeDefinition | s.DerivedNode | s.ExampleNode
_MAY_STAND_TOGETHER = (s.UseNode, s.MolarMassNode, s.TypeDefinition, s.ExampleNode)


def lay_out(tree: s.SyntaxTree, text: str, comments: Sequence[Comment]) -> tuple[Piece, ...]:
    """Return the file's pieces in order.

    `text` is the tree's source with its comments hidden; `comments` decide which pieces can share
    a line, never where they go.
    """
    pieces = [] if tree.version is None else [_version(tree.version, text)]
    pieces += [
        _piece(node, fold([write_allowance(node)], 0), "kept" if index else "one")
        for index, node in enumerate(tree.allowances)
    ]
    for run in _runs(tree):
        width = max(len(_example_head(each)) for each in run)
        for index, statement in enumerate(run):
            match statement:
                case s.TableNode():
                    pieces += _table(statement, text)
                case s.StatisticsNode():
                    pieces += _statistics(statement, text)
                case s.RuleNode():
                    pieces += lay_out_rule(statement, text, comments)
                case _:
                    before: BlankLine = "none" if index else "one"
                    pieces.append(_piece(statement, _brief(statement, width), before))
    return tuple(pieces)


def _version(version: s.Quantity, text: str) -> Piece:
    start = len(text) - len(text.lstrip())
    return Piece(start, version.span.end, (f"synspec {version.text}",), "one")


def _runs(tree: s.SyntaxTree) -> Iterator[list[s.StatementNode]]:
    """Yield the statements that stand together: short ones of a kind, written without a blank line
    between them; every other one alone.
    """
    run: list[s.StatementNode] = []
    for statement in tree.statements:
        if run and not _stand_together(run[-1], statement, tree.source.text):
            yield run
            run = []
        run.append(statement)
    if run:
        yield run


def _stand_together(first: s.StatementNode, second: s.StatementNode, text: str) -> bool:
    return (
        isinstance(first, _MAY_STAND_TOGETHER)
        and isinstance(second, _MAY_STAND_TOGETHER)
        and type(first) is type(second)
        and len(_brief(first)) == len(_brief(second)) == 1
        and not has_blank_line(text[first.span.end : second.span.start])
    )


def _brief(node: _Brief, width: int = 0) -> tuple[str, ...]:
    """Return the lines of a statement without parts of its own; `width` is an example's head's."""
    match node:
        case s.UseNode():
            return fold([f"use {write_word(node.path)}"], 0)
        case s.MolarMassNode():
            return fold([f"molar mass {write_word(node.substance)} {node.mass.text}"], 0)
        case s.TypeDefinition():
            name = write_word(node.name)
            return fold([f"type {name} = {write_type(node.type)}", *_texts(node.description)], 0)
        case s.DerivedNode():
            chunks = [f"derived {write_word(node.name)} : {write_type(node.type)}"]
            chunks += [*_texts(node.description), f"= {write_expression(node.formula)}"]
            chunks += [f"rounded {node.rounding}"] if node.rounding else []
            return fold([*chunks, *map(write_allowance, node.allowances)], 0)
        case s.ExampleNode():
            return _example(node, width)
        case _:
            assert_never(node)


def _texts(word: s.Word | None) -> tuple[str, ...]:
    return () if word is None else (write_word(word),)


def _example_head(node: s.StatementNode) -> str:
    if not isinstance(node, s.ExampleNode):
        return ""
    return "example ok" if node.breaks is None else f"example breaks {write_word(node.breaks)}"


def _example(node: s.ExampleNode, width: int) -> tuple[str, ...]:
    """Return an example on one line, its cells at a column if they fit there, or as a block."""
    head = _example_head(node)
    cells = [f"{write_cell(key)}: {write_cell(cell)}" for key, cell in node.cells]
    if not cells:
        return (f"{head.ljust(width)} {{}}",)
    for padded in (head.ljust(width), head):
        line = f"{padded} {{ {', '.join(cells)} }}"
        if len(line) <= WIDTH:
            return (line,)
    chunks = [f"{cell}," for cell in cells[:-1]] + cells[-1:]
    return (f"{head} {{", *fold(chunks, _INDENT, hang=0), "}")


def _piece(
    node: s.StatementNode | s.TableItem | s.StatisticsLine | s.AllowNode,
    lines: tuple[str, ...],
    before: BlankLine,
    indent: int = 0,
) -> Piece:
    return Piece(node.span.start, node.span.end, lines, before, indent)


# Blocks -------------------------------------------------------------------------------------------


def _table(node: s.TableNode, text: str) -> list[Piece]:
    header = [f"table {write_word(node.name)}", *_texts(node.title)]
    columns = [item for item in node.items if isinstance(item, s.ColumnNode)]
    name_width = _widest([write_word(each.name) for each in columns], _WIDEST_NAME)
    type_width = _type_width(columns, name_width)
    items = [
        (
            item,
            _column(item, name_width, type_width)
            if isinstance(item, s.ColumnNode)
            else fold([write_table_item(item)], _INDENT),
        )
        for item in node.items
    ]
    return _block(node, header, items, (node.title or node.name).span.end, text)


def _type_width(columns: Sequence[s.ColumnNode], name_width: int) -> int:
    """Return the greatest width of a type at which aligning descriptions costs no line a break."""
    types = [
        (len(write_type(each.type)), 0 if each.description is None else len(each.description.text))
        for each in columns
        if each.description or each.modifiers
    ]
    room = WIDTH - _INDENT - name_width - len(" : ") - len('  ""')

    def fits(width: int) -> bool:
        return all(
            width + text <= room or kind + text > room for kind, text in types if kind <= width
        )

    return max((kind for kind, _ in types if kind <= _WIDEST_TYPE and fits(kind)), default=0)


def _column(node: s.ColumnNode, name_width: int, type_width: int) -> tuple[str, ...]:
    """Return a column's lines, its parts aligned with its neighbours' unless that costs a line."""
    name = write_word(node.name).ljust(name_width)
    kind = write_type(node.type)
    parts = [*_texts(node.description), *(write_modifier(each) for each in node.modifiers)]
    if not parts:
        return fold([f"{name} : {kind}"], _INDENT)
    aligned, compact = (
        fold([f"{name} : {text}", *parts], _INDENT, "  ") for text in (kind.ljust(type_width), kind)
    )
    return aligned if len(aligned) <= len(compact) else compact


def _statistics(node: s.StatisticsNode, text: str) -> list[Piece]:
    header = ["statistics"]
    end = node.span.start
    if node.source is not None:
        header.append(f"from {write_word(node.source)}")
        end = node.source.span.end
    if node.n is not None:
        header.append(f"n {node.n.text}")
    names = [
        write_word(line.column)
        for line in node.lines
        if isinstance(line, s.ColumnLine) and line.by is None and line.where is None
    ]
    width = _widest(names, _WIDEST_NAME)
    items = [(line, _statistics_line(line, width)) for line in node.lines]
    return _block(node, header, items, end, text)


def _statistics_line(line: s.StatisticsLine, width: int) -> tuple[str, ...]:
    if isinstance(line, s.PairLine):
        return fold([write_pair(line)], _INDENT)
    subject = write_subject(line)
    figures = [write_figure(figure) for figure in line.figures]
    first, *rest = [f"{figure}," for figure in figures[:-1]] + figures[-1:]
    aligned, compact = (
        fold([f"{text}  {first}", *rest], _INDENT) for text in (subject.ljust(width), subject)
    )
    return aligned if len(aligned) <= len(compact) else compact


def _widest(texts: Sequence[str], limit: int) -> int:
    """Return the width to which texts are padded, counting none that is wider than the limit."""
    return max((len(text) for text in texts if len(text) <= limit), default=0)


def _block(
    node: s.TableNode | s.StatisticsNode,
    header: Sequence[str],
    items: Sequence[tuple[s.TableItem | s.StatisticsLine, tuple[str, ...]]],
    header_end: int,
    text: str,
) -> list[Piece]:
    """Return a block's header, items and closing brace; its `{` is the first after `header_end`."""
    brace = text.index("{", header_end)
    opening = fold([*header[:-1], f"{header[-1]} {{"], 0)
    return [
        Piece(node.span.start, brace + 1, opening, "one"),
        *(
            _piece(item, lines, "kept" if index else "none", _INDENT)
            for index, (item, lines) in enumerate(items)
        ),
        Piece(
            node.span.end - 1,
            node.span.end,
            ("}",),
            "kept" if items else "none",
            _INDENT,
            loose=False,
        ),
    ]
