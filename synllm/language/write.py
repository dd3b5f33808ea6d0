"""Syntax nodes → canonical text on one line: one spelling for each thing that can be said."""

from __future__ import annotations

from typing import assert_never

from synllm.language import syntax as s

_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
_COUNTS = {"exactly": "exactly", "at_most": "at most", "at_least": "at least"}
_TESTS = {
    "is_label": "is",
    "is_not_label": "is not",
    "is_missing": "is missing",
    "is_not_missing": "is not missing",
    "is_present": "is present",
    "is_not_applicable": "is not applicable",
    "in_set": "in",
    "not_in_set": "not in",
}


def write_word(word: s.Word) -> str:
    """Return a name, label or text, in double quotes where it was written in them."""
    if not word.quoted:
        return word.text
    escaped = word.text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def write_quantity(quantity: s.Quantity) -> str:
    """Return a number in its written digits, followed by its unit if it has one."""
    return quantity.text + _unit(quantity.unit)


def write_cell(cell: s.Cell) -> str:
    """Return a cell's value: a number, a label, `missing` or `not applicable`."""
    match cell:
        case s.Quantity():
            return write_quantity(cell)
        case s.Word():
            return write_word(cell)
        case s.Absence():
            return cell.text
        case _:
            assert_never(cell)


# Expressions --------------------------------------------------------------------------------------


def write_expression(node: s.Node) -> str:
    """Return a number, condition or set; parentheses stand where they were written."""
    match node:
        case s.Word():
            return write_word(node)
        case s.Quantity():
            return write_quantity(node)
        case s.Range():
            return write_range(node)
        case s.Operation():
            return _operation(node)
        case _:
            assert_never(node)


def write_range(node: s.Range) -> str:
    """Return `low..high` or `low..<high`, with the unit of both ends."""
    dots = "..<" if node.high_open else ".."
    return f"{node.low.text}{dots}{node.high.text}{_unit(node.unit)}"


def _operation(node: s.Operation) -> str:
    texts = [write_expression(operand) for operand in node.operands]
    match node.operator:
        case "and" | "or":
            return f" {node.operator} ".join(texts)
        case "iff":
            return " if and only if ".join(texts)
        case "not":
            return f"not {texts[0]}"
        case "minus":
            return f"-{texts[0]}"
        case "group":
            return f"({texts[0]})"
        case "set":
            return _braced(texts)
        case "compare":
            return " ".join(texts)
        case "call":
            return f"{texts[0]}({', '.join(texts[1:])})"
        case operator if operator in _INFIX:
            return f"{texts[0]} {_INFIX[operator]} {texts[1]}"
        case operator if operator in _COUNTS:
            return f"{_COUNTS[operator]} {texts[0]} of ({', '.join(texts[1:])})"
        case operator if operator in _TESTS:
            return " ".join([texts[0], _TESTS[operator], *texts[1:]])
        case operator:
            raise AssertionError(f"no such operator: {operator}")


# Rules --------------------------------------------------------------------------------------------


def write_body(body: s.RuleBody) -> str:
    """Return a rule's statement on one line: `when … then …`, `cases … gives … { … }`, …"""
    texts = [write_expression(expression) for expression in body.expressions]
    match body.kind:
        case "when":
            return f"when {texts[0]} then {texts[1]}"
        case "cases":
            arms = "; ".join(write_arm(arm) for arm in body.arms)
            return f"{write_cases_head(body)} {{ {arms} }}"
        case keyword:
            return f"{keyword} {texts[0]}"


def write_cases_head(body: s.RuleBody) -> str:
    """Return what a decision table reads and gives, without its arms."""
    return f"cases {write_word(body.inputs[0])} gives {write_word(body.inputs[1])}"


def write_arm(arm: s.Arm) -> str:
    """Return one line of a decision table, `test: result`."""
    value = arm.test.value
    text = write_range(value) if isinstance(value, s.Range) else write_cell(value)
    comparator = "" if arm.test.comparator is None else f"{arm.test.comparator} "
    return f"{comparator}{text}: {write_cell(arm.result)}"


# Types and columns --------------------------------------------------------------------------------


def write_type(node: s.TypeNode) -> str:
    """Return a column type, e.g. `decimal(1) in 10..98 'kg/m2'`."""
    match node.kind:
        case "integer" | "decimal":
            decimals = "" if node.decimals is None else f"({node.decimals.text})"
            substance = "" if node.substance is None else f" of {write_word(node.substance)}"
            return f"{node.kind}{decimals}{_domain(node.domain)}{_unit(node.unit)}{substance}"
        case "yes/no":
            codes = "/".join(write_cell(code) for code in node.codes)
            return f"yes/no coded {codes}" if codes else "yes/no"
        case "category":
            return "one of " + _braced([_coded_label(each) for each in node.labels])
        case "ordered":
            return "ordered {" + " < ".join(_coded_label(each) for each in node.labels) + "}"
        case "identifier":
            return "identifier"
        case "named":
            assert node.name is not None
            return write_word(node.name) + _domain(node.domain)
        case kind:
            raise AssertionError(f"no such type: {kind}")


def _coded_label(node: s.CodedLabel) -> str:
    return write_cell(node.label) + _code(node.code)


def _code(code: s.CodeNode | None) -> str:
    return "" if code is None else f" coded {write_cell(code)}"


def _domain(domain: s.Domain | None) -> str:
    if domain is None:
        return ""
    if domain.low is None or domain.high is None:
        return " in " + _braced([number.text for number in domain.listed])
    return f" in {domain.low.text}..{domain.high.text}"


def write_allowance(node: s.AllowNode) -> str:
    """Return `allow FINDING because "REASON"`."""
    return f"allow {node.finding.text} because {write_word(node.reason)}"


def write_modifier(modifier: s.MissingModifier | s.AppliesModifier | s.AllowNode) -> str:
    """Return `may be missing …` or `applies when …` with the codes, or `allow …`."""
    if isinstance(modifier, s.AllowNode):
        return write_allowance(modifier)
    if isinstance(modifier, s.AppliesModifier):
        return f"applies when {write_expression(modifier.condition)}{_code(modifier.code)}"
    if not modifier.codes:
        return "may be missing"
    codes = [
        write_cell(code) if reason is None else f"{write_cell(code)}: {write_word(reason)}"
        for code, reason in modifier.codes
    ]
    return "may be missing coded " + (_braced(codes) if modifier.braced else codes[0])


def write_table_item(item: s.TogetherNode | s.TableProperty) -> str:
    """Return a missing-together statement or a property of the table."""
    if isinstance(item, s.TableProperty):
        return f"{item.keyword} {write_word(item.value)}"
    return ", ".join(write_word(name) for name in item.names) + " are missing together"


# Statistics ---------------------------------------------------------------------------------------


def write_subject(line: s.ColumnLine) -> str:
    """Return what a statistics line is about: a column, by group or in a subgroup."""
    by = "" if line.by is None else f" by {write_word(line.by)}"
    return write_word(line.column) + by + _where(line.where)


def write_pair(line: s.PairLine) -> str:
    """Return a correlation or odds ratio."""
    tolerance = _tolerance(line.tolerance, line.tolerance_percent)
    pair = f"{line.kind}({write_word(line.left)}, {write_word(line.right)})"
    return f"{pair} {line.value.text}{tolerance}{_where(line.where)}"


def write_figure(figure: s.FigureNode) -> str:
    """Return one figure of a statistics line, e.g. `mean 43.2 within 0.5`."""
    match figure.kind:
        case "looks":
            assert figure.word is not None
            text = write_word(figure.word)
        case "quantiles":
            assert isinstance(figure.value, tuple)
            text = _braced([f"{_key(each, '%')}: {_amount(each.value)}" for each in figure.value])
        case "point":
            assert figure.at is not None
            text = f"{figure.at.text} at {_amount(figure.value, '%')}"
        case "missing" | "shares":
            text = _amount(figure.value, "%")
        case _:
            text = _amount(figure.value)
    of_all = " of all" if figure.of_all else ""
    tolerance = _tolerance(figure.tolerance, figure.tolerance_percent)
    return f"{figure.kind} {text}{of_all}{tolerance}"


def _amount(value: s.Quantity | tuple[s.KeyedFigure, ...] | None, sign: str = "") -> str:
    if isinstance(value, tuple):
        return _braced([f"{_key(each)}: {_amount(each.value, sign)}" for each in value])
    assert value is not None
    return value.text + sign


def _key(figure: s.KeyedFigure, sign: str = "") -> str:
    return write_cell(figure.key) + sign


def _where(condition: s.Node | None) -> str:
    return "" if condition is None else f" where {write_expression(condition)}"


def _tolerance(tolerance: s.Quantity | None, percent: bool) -> str:
    if tolerance is None:
        return ""
    return f" within {tolerance.text}{'%' if percent else ''}"


def _braced(texts: list[str]) -> str:
    return "{" + ", ".join(texts) + "}"


def _unit(unit: s.Word | None) -> str:
    return "" if unit is None else f" '{unit.text}'"
