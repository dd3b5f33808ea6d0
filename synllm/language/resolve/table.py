"""The table: its columns, when they apply, what is missing together, what is computed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from synllm.diagnostics.diagnostic import report
from synllm.language.resolve.conditions import resolve_condition
from synllm.language.resolve.context import Context
from synllm.language.resolve.terms import Measure, reconcile, resolve_term
from synllm.language.resolve.types import (
    resolve_absent_code,
    resolve_missing,
    resolve_type,
)
from synllm.language.syntax import (
    AllowNode,
    AppliesModifier,
    ColumnNode,
    DerivedNode,
    MissingModifier,
    TableNode,
    TableProperty,
    TogetherNode,
    TypeDefinition,
    Word,
)
from synllm.language.units import parse_unit
from synllm.language.write import write_expression
from synllm.spec.expressions import ColumnValue, columns_of
from synllm.spec.model import Column, Derivation, MissingTogether, RoundingMode
from synllm.spec.types import IdentifierType, NumberType

_ROUNDING: dict[str, RoundingMode] = {"half up": "half up", "down": "down", "up": "up"}


def declare_columns(table: TableNode, context: Context) -> None:
    """Bring the table's columns into scope, without the conditions that may mention others."""
    for item in table.items:
        if isinstance(item, ColumnNode) and _new_name(item.name, context):
            column = _declare(item, context)
            if column is None:
                context.unread |= {item.name.text}
            else:
                context.columns[column.name] = column


def declare_types_as_columns(definitions: list[TypeDefinition], context: Context) -> None:
    """Let a library's named types stand in for columns, so that its rules can be checked alone."""
    for definition in definitions:
        resolved = resolve_type(definition.type, context)
        if resolved is None:
            context.unread |= {definition.name.text}
            continue
        context.columns[definition.name.text] = Column(
            definition.name.text,
            resolved.type,
            definition.description.text if definition.description else "",
            resolved.codes,
            type_name=definition.name.text,
            span=definition.span,
            name_span=definition.name.span,
            type_span=definition.type.span,
        )


def resolve_applicability(table: TableNode, context: Context) -> None:
    """Add each column's condition to it; cycles are reported and broken."""
    for item in table.items:
        if not isinstance(item, ColumnNode) or item.name.text not in context.columns:
            continue
        for modifier in item.modifiers:
            if isinstance(modifier, AppliesModifier):
                condition = resolve_condition(modifier.condition, context)
                column = context.columns[item.name.text]
                if condition is not None and column.span == item.span:
                    context.columns[column.name] = replace(
                        column,
                        applies_when=condition,
                        applies_text=write_expression(modifier.condition),
                        not_applicable_code=resolve_absent_code(modifier),
                    )


def resolve_groups(table: TableNode, context: Context) -> tuple[MissingTogether, ...]:
    """Return the missing-together statements."""
    groups: list[MissingTogether] = []
    for item in table.items:
        if not isinstance(item, TogetherNode):
            continue
        columns = [context.usable_column(word) for word in item.names]
        fine = all(column is not None for column in columns)
        for word, column in zip(item.names, columns, strict=True):
            if column is not None and not column.may_be_missing:
                fine = False
                context.found.append(
                    report(
                        "never-missing-together",
                        f"`{column.name}` is never missing, so it can't be missing with others",
                        word.span,
                        also=[(column.span, "declared without `may be missing`")],
                        fix="add `may be missing` to the column, or take it out of the list",
                    )
                )
        names = tuple(word.text for word in item.names)
        if len(set(names)) < len(names):
            fine = False
            context.found.append(
                report(
                    "duplicate-label",
                    "a column is listed twice in this statement",
                    item.span,
                    fix="name each column once",
                )
            )
        if fine:
            groups.append(MissingTogether(names, item.span))
    return tuple(groups)


def resolve_property(table: TableNode, keyword: str, context: Context) -> str | None:
    """Return the table's source or target, reporting a second one or an unknown column."""
    found = [
        item for item in table.items if isinstance(item, TableProperty) and item.keyword == keyword
    ]
    for extra in found[1:]:
        context.found.append(
            report(
                "repeated-property",
                f"the table's {keyword} is given twice",
                extra.span,
                also=[(found[0].span, "given here first")],
                fix="keep one of them",
            )
        )
    if not found:
        return None
    word = found[0].value
    if keyword == "target" and context.usable_column(word) is None:
        return None
    return word.text


def resolve_derived(nodes: list[DerivedNode], context: Context) -> None:
    """Bring computed columns into scope, in an order in which each follows what it is made of."""
    waiting = [node for node in nodes if _new_name(node.name, context)]
    names = {node.name.text for node in waiting}
    progress = True
    while waiting and progress:
        progress = False
        for node in list(waiting):
            others = {name for name in _words(node) if name in names and name != node.name.text}
            if node.name.text in _words(node) or others & {each.name.text for each in waiting}:
                continue
            waiting.remove(node)
            progress = True
            column = _derive(node, context)
            if column is None:
                context.unread |= {node.name.text}
            else:
                context.columns[column.name] = column
    context.unread |= {node.name.text for node in waiting}
    parents = {node.name.text: _words(node) for node in waiting}
    for node in waiting:
        way = _way_round(node.name.text, lambda name: parents.get(name, ()))
        # A column that only follows from a circle is not in it.
        if way is not None:
            context.found.append(
                report(
                    "derived-cycle",
                    f"`{node.name.text}` is computed from itself",
                    node.span,
                    _describe_way(way),
                    fix="compute it from columns that the file holds",
                )
            )


def report_applicability_cycles(context: Context) -> None:
    """Report columns whose applicability depends on itself, and drop their conditions."""
    for name, column in list(context.columns.items()):
        way = _way_round(name, lambda each: _roots(each, context))
        if column.applies_when is not None and way is not None:
            context.found.append(
                report(
                    "applicability-cycle",
                    f"whether `{name}` applies depends on `{name}` itself",
                    column.applies_when.span,
                    _describe_way(way),
                    fix="let it depend on columns that apply to everybody",
                )
            )
            context.columns[name] = replace(column, applies_when=None)


def _declare(node: ColumnNode, context: Context) -> Column | None:
    resolved = resolve_type(node.type, context)
    if resolved is None:
        return None
    modifiers = [each for each in node.modifiers if not isinstance(each, AllowNode)]
    kinds = [type(modifier) for modifier in modifiers]
    for modifier in modifiers:
        if kinds.count(type(modifier)) > 1:
            context.found.append(
                report(
                    "repeated-property",
                    f"`{node.name.text}` says the same thing twice",
                    modifier.span,
                    fix="keep one `may be missing` and one `applies when`",
                )
            )
            return None
    if isinstance(resolved.type, IdentifierType) and modifiers:
        context.found.append(
            report(
                "identifier-in-rule",
                f"`{node.name.text}` is an identifier: every record has one",
                modifiers[0].span,
                fix="remove this, or give the column another type",
            )
        )
        return None
    missing = next((m for m in modifiers if isinstance(m, MissingModifier)), None)
    return Column(
        node.name.text,
        resolved.type,
        node.description.text if node.description else resolved.description,
        resolved.codes,
        resolve_missing(missing, resolved.type, resolved.codes, context) if missing else (),
        type_name=resolved.name,
        span=node.span,
        name_span=node.name.span,
        type_span=node.type.span,
    )


def _derive(node: DerivedNode, context: Context) -> Column | None:
    resolved = resolve_type(node.type, context, derived=True)
    measure = resolve_term(node.formula, context)
    if resolved is None or measure is None:
        return None
    if not isinstance(resolved.type, NumberType):
        context.found.append(
            report(
                "derived-needs-number",
                f"`{node.name.text}` is computed, so it holds numbers",
                node.type.span,
                fix="declare it `integer` or `decimal(N)`",
            )
        )
        return None
    if node.rounding is None:
        context.found.append(
            report(
                "rounding-required",
                f"`{node.name.text}` doesn't say how it is rounded",
                node.span,
                fix="add `rounded half up`, `rounded down` or `rounded up`",
            )
        )
        return None
    unit = parse_unit(resolved.type.unit) if resolved.type.unit else None
    own = Measure(
        ColumnValue(node.name.text, node.name.span),
        unit,
        resolved.type.unit,
        resolved.type.substance,
    )
    pair = reconcile(own, measure, node.formula.span, context)
    if pair is None:
        return None
    return Column(
        node.name.text,
        resolved.type,
        node.description.text if node.description else resolved.description,
        derivation=Derivation(pair[1], _ROUNDING[node.rounding], write_expression(node.formula)),
        type_name=resolved.name,
        span=node.span,
        name_span=node.name.span,
        type_span=node.type.span,
    )


def _new_name(name: Word, context: Context) -> bool:
    earlier = context.columns.get(name.text)
    if earlier is None:
        return True
    context.found.append(
        report(
            "duplicate-column",
            f"there are two columns `{name.text}`",
            name.span,
            "the second",
            also=[(earlier.name_span, "the first")],
            fix="rename or remove one of them",
        )
    )
    return False


def _words(node: DerivedNode) -> set[str]:
    found: set[str] = set()
    waiting = [node.formula]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Word):
            found.add(each.text)
        else:
            waiting.extend(getattr(each, "operands", ()))
    return found


def _roots(name: str, context: Context) -> Iterable[str]:
    """Return the columns that a column's applicability or formula mentions."""
    column = context.columns.get(name)
    if column is None:
        return ()
    roots = [] if column.applies_when is None else list(columns_of(column.applies_when))
    if column.derivation is not None:
        roots.extend(columns_of(column.derivation.formula))
    return roots


def _way_round(start: str, roots_of: Callable[[str], Iterable[str]]) -> tuple[str, ...] | None:
    """Return the columns on a shortest way from a column back to itself; None without one."""
    ways: dict[str, tuple[str, ...]] = {start: ()}
    waiting = deque([start])
    while waiting:
        name = waiting.popleft()
        for root in sorted(roots_of(name)):
            if root == start:
                return ways[name]
            if root not in ways:
                ways[root] = (*ways[name], root)
                waiting.append(root)
    return None


def _describe_way(way: tuple[str, ...]) -> str:
    return "by way of " + ", then ".join(f"`{name}`" for name in way) if way else "directly"
