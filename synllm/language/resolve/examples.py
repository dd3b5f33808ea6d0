"""Example rows: their cells read as values of their columns."""

from __future__ import annotations

from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.suggest import did_you_mean
from synllm.language.resolve.context import Context
from synllm.language.syntax import Absence, Cell, ExampleNode, Quantity, Word
from synllm.spec.model import Column, Example, Rule
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Value


def resolve_example(node: ExampleNode, rules: list[Rule], context: Context) -> Example | None:
    """Return an example row, or None where a mistake was reported."""
    names = [rule.name for rule in rules]
    if node.breaks is not None and node.breaks.text not in names:
        if not context.unread & {node.breaks.text, "*"}:
            context.found.append(
                report(
                    "unknown-rule",
                    f"there is no rule `{node.breaks.text}`",
                    node.breaks.span,
                    "not a rule",
                    fix=did_you_mean(node.breaks.text, names),
                )
            )
        return None
    values: list[tuple[str, Value]] = []
    fine = True
    for name, cell in node.cells:
        word = name if isinstance(name, Word) else Word(name.text, False, name.span)
        column = context.usable_column(word)
        value = None if column is None else _value(column, cell, context)
        if column is None or value is None:
            fine = False
            continue
        if column.name in dict(values):
            fine = False
            context.found.append(
                report(
                    "duplicate-label",
                    f"the example gives `{column.name}` twice",
                    word.span,
                    fix="keep one of the two values",
                )
            )
        values.append((column.name, value))
    if not fine:
        return None
    return Example(node.breaks.text if node.breaks else None, tuple(values), node.span)


def _value(column: Column, cell: Cell, context: Context) -> Value | None:
    if isinstance(cell, Absence):
        return MISSING if cell.text == "missing" else NOT_APPLICABLE
    if isinstance(column.type, CategoryType):
        if cell.text in column.type.labels:
            return cell.text
        context.report_unknown_label(cell, column)
        return None
    assert isinstance(column.type, NumberType)
    if isinstance(cell, Quantity) and column.type.contains(cell.value):
        return cell.value
    context.found.append(
        report(
            "example-out-of-range",
            f"`{cell.text}` can't occur in `{column.name}`",
            cell.span,
            also=[(column.type_span, "declared here")],
            fix="give a value of the declared range, with no more decimals than recorded",
        )
    )
    return None
