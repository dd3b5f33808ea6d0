"""Lark's parse tree → the typed syntax tree, a function for each rule with its own shape."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any, Literal, TypeAlias

from lark import Token, Tree

from synllm.diagnostics.source import Source, Span
from synllm.language import syntax as s

ParseTree: TypeAlias = Tree[Token]


class TreeBuilder:
    """Builds syntax nodes whose spans point into one source."""

    def __init__(self, source: Source) -> None:
        self.source = source

    # Places and words -----------------------------------------------------------------------

    def span(self, tree: ParseTree | Token) -> Span:
        """Return where a tree or token stands."""
        if isinstance(tree, Token):
            assert tree.start_pos is not None and tree.end_pos is not None
            return Span(self.source, tree.start_pos, tree.end_pos)
        return Span(self.source, tree.meta.start_pos, tree.meta.end_pos)

    def word(self, tree: ParseTree | Token) -> s.Word:
        """Return a name, column name, string, unit or description as a word."""
        token = tree
        while not isinstance(token, Token):
            token = token.children[0]
        text = str(token)
        if text.startswith('"'):
            return s.Word(re.sub(r"\\(.)", r"\1", text[1:-1]), True, self.span(token))
        if text.startswith("'"):
            return s.Word(text[1:-1], True, self.span(token))
        return s.Word(text, False, self.span(token))

    def quantity(self, tree: ParseTree | Token, unit: s.Word | None = None) -> s.Quantity:
        """Return a number with its sign."""
        if isinstance(tree, Token):
            return s.Quantity(Fraction(str(tree)), str(tree), unit, self.span(tree))
        negative = any(_data(child) == "minus_sign" for child in tree.children)
        digits = next(child for child in tree.children if isinstance(child, Token))
        value = Fraction(str(digits))
        text = ("-" if negative else "") + str(digits)
        return s.Quantity(-value if negative else value, text, unit, self.span(tree))

    def label(self, tree: ParseTree) -> s.Word | s.Quantity:
        """Return a label, which may be written as a number."""
        return self.quantity(tree) if tree.data == "signed" else self.word(tree)

    def cell(self, tree: ParseTree) -> s.Cell:
        """Return a cell's value: a number, a label, missing or not applicable."""
        if tree.data == "missing":
            return s.Absence("missing", self.span(tree))
        if tree.data == "not_applicable":
            return s.Absence("not applicable", self.span(tree))
        return self.label(tree)

    def unit_of(self, tree: ParseTree) -> s.Word | None:
        """Return the unit among a tree's children, if there is one."""
        child = _find(tree, "unit")
        return None if child is None else self.word(child)

    def optional_word(self, tree: ParseTree, name: str) -> s.Word | None:
        """Return the word under the named child, if there is one."""
        child = _find(tree, name)
        return None if child is None else self.word(child)

    # Statements -----------------------------------------------------------------------------

    def file(self, tree: ParseTree, unread: frozenset[str]) -> s.SyntaxTree:
        """Return the whole file."""
        version = _find(tree, "version")
        return s.SyntaxTree(
            self.source,
            None if version is None else self.quantity(_tokens(version)[0]),
            self.allowances(tree),
            tuple(
                self.statement(child)
                for child in _trees(tree)
                if child.data not in ("version", "allowance")
            ),
            unread,
        )

    def allowances(self, tree: ParseTree) -> tuple[s.AllowNode, ...]:
        """Return the exceptions to findings among a tree's children."""
        return tuple(self.allowance(child) for child in _trees(tree) if child.data == "allowance")

    def allowance(self, tree: ParseTree) -> s.AllowNode:
        """Return an exception; its token holds the keyword, a gap and the finding's name."""
        token, reason = tree.children
        name = re.split(r"\s", str(token))[-1]
        end = self.span(token).end
        finding = s.Word(name, False, Span(self.source, end - len(name), end))
        return s.AllowNode(finding, self.word(reason), self.span(tree))

    def statement(self, tree: ParseTree) -> s.StatementNode:
        """Return one top-level statement."""
        span = self.span(tree)
        match tree.data:
            case "use":
                return s.UseNode(self.word(tree), span)
            case "molar_mass":
                name, mass = tree.children
                return s.MolarMassNode(self.word(name), self.quantity(mass), span)
            case "type_definition":
                return s.TypeDefinition(
                    self.word(tree.children[0]),
                    self.type(_trees(tree)[1]),
                    self.optional_word(tree, "description"),
                    span,
                )
            case "table":
                items = _trees(tree)[1:]
                return s.TableNode(
                    self.word(tree.children[0]),
                    self.optional_word(tree, "description"),
                    tuple(self.table_item(item) for item in items if item.data != "description"),
                    span,
                )
            case "statistics":
                return self.statistics(tree)
            case "rule" | "soft_rule":
                return self.rule(tree)
            case "derived":
                return self.derived(tree)
            case "example_ok" | "example_breaks":
                cells = _find(tree, "cells")
                assert cells is not None
                return s.ExampleNode(
                    self.word(tree.children[0]) if tree.data == "example_breaks" else None,
                    tuple(
                        (self.label(_trees(each)[0]), self.cell(_trees(each)[1]))
                        for each in _trees(cells)
                    ),
                    span,
                )
            case other:
                raise AssertionError(f"no such statement: {other}")

    # Table ----------------------------------------------------------------------------------

    def table_item(self, tree: ParseTree) -> s.TableItem:
        """Return a column, a missing-together statement or a property of the table."""
        span = self.span(tree)
        match tree.data:
            case "together":
                return s.TogetherNode(tuple(self.word(child) for child in tree.children), span)
            case "table_source":
                return s.TableProperty("source", self.word(tree), span)
            case "table_target":
                return s.TableProperty("target", self.word(tree), span)
            case "column":
                return s.ColumnNode(
                    self.word(tree.children[0]),
                    self.type(_trees(tree)[1]),
                    self.optional_word(tree, "description"),
                    tuple(
                        self.modifier(child)
                        for child in _trees(tree)
                        if child.data in ("may_be_missing", "applies_when", "allowance")
                    ),
                    span,
                )
            case other:
                raise AssertionError(f"no such table item: {other}")

    def modifier(self, tree: ParseTree) -> s.MissingModifier | s.AppliesModifier | s.AllowNode:
        """Return `may be missing`, `applies when` or `allow`."""
        span = self.span(tree)
        if tree.data == "allowance":
            return self.allowance(tree)
        if tree.data == "applies_when":
            condition, *code = tree.children
            return s.AppliesModifier(
                self.expression(condition), self.label(_trees(tree)[1]) if code else None, span
            )
        parts = _trees(tree)
        if parts and parts[0].data != "missing_codes" and parts[0].data != "missing_code":
            return s.MissingModifier(((self.label(parts[0]), None),), False, span)
        codes = _trees(parts[0]) if parts and parts[0].data == "missing_codes" else parts
        return s.MissingModifier(
            tuple(
                (
                    self.label(_trees(code)[0]),
                    self.word(_trees(code)[1]) if len(code.children) > 1 else None,
                )
                for code in codes
            ),
            bool(codes),
            span,
        )

    def type(self, tree: ParseTree) -> s.TypeNode:
        """Return a column type."""
        kind = str(tree.data).removesuffix("_type").replace("yes_no", "yes/no")
        tokens = _tokens(tree)
        domain = next((c for c in _trees(tree) if str(c.data).endswith("_domain")), None)
        return s.TypeNode(
            kind,
            self.span(tree),
            decimals=self.quantity(tokens[0]) if kind == "decimal" else None,
            domain=None if domain is None else self.domain(domain),
            unit=self.unit_of(tree),
            substance=self.optional_word(tree, "substance"),
            labels=tuple(
                s.CodedLabel(
                    self.label(_trees(child)[0]),
                    self.label(_trees(child)[1]) if len(child.children) > 1 else None,
                )
                for child in _trees(tree)
                if child.data == "coded_label"
            ),
            codes=tuple(self.label(code) for code in _trees(tree)) if kind == "yes/no" else (),
            name=self.word(tokens[0]) if kind == "named" else None,
        )

    def domain(self, tree: ParseTree) -> s.Domain:
        """Return a range or list of numbers."""
        numbers = tuple(self.quantity(child) for child in tree.children)
        if tree.data == "range_domain":
            return s.Domain(numbers[0], numbers[1], (), self.span(tree))
        return s.Domain(None, None, numbers, self.span(tree))

    def derived(self, tree: ParseTree) -> s.DerivedNode:
        """Return a computed column."""
        name, kind, *rest = _trees(tree)
        rounding = _find(tree, "rounding")
        formula = [
            each for each in rest if each.data not in ("description", "rounding", "allowance")
        ]
        return s.DerivedNode(
            self.word(name),
            self.type(kind),
            self.optional_word(tree, "description"),
            self.expression(formula[0]),
            None if rounding is None else " ".join(str(token) for token in _tokens(rounding)),
            self.allowances(tree),
            self.span(tree),
        )

    # Statistics -----------------------------------------------------------------------------

    def statistics(self, tree: ParseTree) -> s.StatisticsNode:
        """Return a block of figures."""
        size = _find(tree, "sample_size")
        return s.StatisticsNode(
            self.optional_word(tree, "from"),
            None if size is None else self.quantity(_tokens(size)[0]),
            tuple(
                self.column_line(line) if line.data == "column_line" else self.pair_line(line)
                for line in _trees(tree)
                if line.data in ("column_line", "pair_line")
            ),
            self.span(tree),
        )

    def column_line(self, tree: ParseTree) -> s.ColumnLine:
        """Return one column's figures."""
        where = _find(tree, "where")
        return s.ColumnLine(
            self.word(tree.children[0]),
            self.optional_word(tree, "by"),
            None if where is None else self.expression(where.children[0]),
            tuple(
                self.figure(child) for child in _trees(tree) if str(child.data).endswith("_figure")
            ),
            self.span(tree),
        )

    def pair_line(self, tree: ParseTree) -> s.PairLine:
        """Return a correlation or odds ratio."""
        kind, left, right, value, *_ = _trees(tree)
        tolerance, percent = self.tolerance(tree)
        where = _find(tree, "where")
        return s.PairLine(
            " ".join(str(token) for token in _tokens(kind)),
            self.word(left),
            self.word(right),
            self.quantity(value),
            tolerance,
            percent,
            None if where is None else self.expression(where.children[0]),
            self.span(tree),
        )

    def figure(self, tree: ParseTree) -> s.FigureNode:
        """Return one figure, or several under one keyword."""
        kind = str(tree.data).removesuffix("_figure")
        parts = [each for each in _trees(tree) if each.data not in ("tolerance", "of_all")]
        value: s.Quantity | tuple[s.KeyedFigure, ...] | None = None
        at, word = None, None
        match kind:
            case "number":
                kind = str(_tokens(parts[0])[0])
                value = self.amount(parts[1])
            case "missing":
                value = self.amount(parts[0])
            case "quantiles" | "shares":
                value = tuple(self.keyed(part) for part in parts)
            case "point":
                at, value = self.quantity(parts[0]), self.quantity(_tokens(parts[1])[0])
            case "shape":
                kind, word = "looks", self.word(parts[0])
        tolerance, percent = self.tolerance(tree)
        return s.FigureNode(
            kind,
            value,
            at,
            word,
            _find(tree, "of_all") is not None,
            tolerance,
            percent,
            self.span(tree),
        )

    def amount(self, tree: ParseTree) -> s.Quantity | tuple[s.KeyedFigure, ...]:
        """Return a number or share, or a braced list of them by label."""
        if tree.data == "amounts":
            return tuple(self.keyed(part) for part in _trees(tree))
        return self.quantity(tree if tree.data == "signed" else _tokens(tree)[0])

    def keyed(self, tree: ParseTree) -> s.KeyedFigure:
        """Return one entry of a braced list."""
        key, value = _trees(tree)
        if key.data == "share":
            return s.KeyedFigure(
                self.quantity(_tokens(key)[0]), self.quantity(value), self.span(tree)
            )
        content: s.Quantity | tuple[s.KeyedFigure, ...]
        if value.data == "share_map":
            content = tuple(self.keyed(each) for each in _trees(value))
        else:
            content = self.quantity(value if value.data == "signed" else _tokens(value)[0])
        return s.KeyedFigure(self.label(key), content, self.span(tree))

    def tolerance(self, tree: ParseTree) -> tuple[s.Quantity | None, bool]:
        """Return the number after `within`, and whether it is in percent."""
        child = _find(tree, "tolerance")
        if child is None:
            return None, False
        return self.quantity(_tokens(child)[0]), _find(child, "percent") is not None

    # Rules ----------------------------------------------------------------------------------

    def rule(self, tree: ParseTree) -> s.RuleNode:
        """Return a hard or soft rule."""
        body = next(each for each in _trees(tree) if str(each.data).endswith("_body"))
        share = _find(tree, "share")
        return s.RuleNode(
            self.word(tree.children[0]),
            self.optional_word(tree, "description"),
            None if share is None else self.quantity(_tokens(share)[0]),
            self.body(body),
            tuple(
                self.note(each)
                for each in _trees(tree)
                if each.data in ("cites", "because", "allowance")
            ),
            self.span(tree),
        )

    def note(self, tree: ParseTree) -> s.NoteNode | s.AllowNode:
        """Return what stands behind a rule's statement."""
        if tree.data == "allowance":
            return self.allowance(tree)
        keyword: Literal["cites", "because"] = "cites" if tree.data == "cites" else "because"
        return s.NoteNode(keyword, self.word(tree), self.span(tree))

    def body(self, tree: ParseTree) -> s.RuleBody:
        """Return what a rule says."""
        kind = str(tree.data).removesuffix("_body")
        if kind != "cases":
            expressions = tuple(self.expression(child) for child in tree.children)
            return s.RuleBody(kind, expressions, (), (), self.span(tree))
        names = tuple(self.word(child) for child in tree.children[:2])
        arms = tuple(self.arm(arm) for arm in _trees(tree) if arm.data == "arm")
        return s.RuleBody(kind, (), names, arms, self.span(tree))

    def arm(self, tree: ParseTree) -> s.Arm:
        """Return one line of a decision table."""
        test, result = _trees(tree)
        comparator: str | None = None
        value: s.Cell | s.Range
        if test.data == "comparison_test":
            comparator = str(_tokens(_trees(test)[0])[0])
            value = self.quantity(_trees(test)[1], self.unit_of(test))
        elif test.data == "range":
            value = self.range(test)
        else:
            value = self.cell(test)
        return s.Arm(
            s.TestNode(comparator, value, self.span(test)), self.cell(result), self.span(tree)
        )

    # Expressions ----------------------------------------------------------------------------

    def expression(self, tree: Any) -> s.Node:
        """Return an expression."""
        match tree.data:
            case "quantity":
                digits = str(tree.children[0])
                return s.Quantity(Fraction(digits), digits, self.unit_of(tree), self.span(tree))
            case "column_name" | "name" | "string":
                return self.word(tree)
            case "range":
                return self.range(tree)
            case "signed":
                return self.quantity(tree)
            case "set_number":
                number = self.quantity(tree.children[0])
                return s.Quantity(number.value, number.text, self.unit_of(tree), self.span(tree))
            case "comparator" | "function" | "count":
                return s.Word(str(tree.children[0]), False, self.span(tree))
            case "set_list":
                return s.Operation(
                    "set", tuple(self.expression(child) for child in tree.children), self.span(tree)
                )
            case operator:
                return s.Operation(
                    str(operator).rstrip("_"),
                    tuple(self.expression(child) for child in tree.children),
                    self.span(tree),
                )

    def range(self, tree: ParseTree) -> s.Range:
        """Return a range inside a condition or decision table."""
        numbers = [self.quantity(child) for child in _trees(tree) if child.data == "signed"]
        return s.Range(
            numbers[0],
            numbers[1],
            _find(tree, "open_end") is not None,
            self.unit_of(tree),
            self.span(tree),
        )


def _data(tree: ParseTree | Token) -> str:
    return "" if isinstance(tree, Token) else str(tree.data)


def _trees(tree: ParseTree) -> list[ParseTree]:
    return [child for child in tree.children if isinstance(child, Tree)]


def _tokens(tree: ParseTree) -> list[Token]:
    return [child for child in tree.children if isinstance(child, Token)]


def _find(tree: ParseTree, name: str) -> ParseTree | None:
    return next((child for child in _trees(tree) if child.data == name), None)
