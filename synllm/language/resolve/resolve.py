"""Syntax tree → Spec. The order of the steps is the order in which names come into scope."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Span
from synllm.language.resolve.allowances import resolve_allowances
from synllm.language.resolve.context import Context
from synllm.language.resolve.examples import resolve_example
from synllm.language.resolve.libraries import Library, apply_library_rules
from synllm.language.resolve.rules import resolve_rule
from synllm.language.resolve.statistics import resolve_statistics
from synllm.language.resolve.table import (
    declare_columns,
    declare_types_as_columns,
    report_applicability_cycles,
    resolve_applicability,
    resolve_derived,
    resolve_groups,
    resolve_property,
)
from synllm.language.resolve.types import resolve_type
from synllm.language.syntax import (
    ColumnNode,
    DerivedNode,
    ExampleNode,
    MolarMassNode,
    RuleNode,
    StatisticsNode,
    SyntaxTree,
    TableNode,
    TypeDefinition,
)
from synllm.spec.model import Rule, Spec

LANGUAGE_VERSION = 1


def resolve(
    tree: SyntaxTree, libraries: Sequence[Library] = ()
) -> tuple[Spec | None, list[Diagnostic]]:
    """Return the spec that a tree declares, and every mistake of meaning in it.

    The spec is None only where there is nothing to look names up in; otherwise statements with
    mistakes are left out of it. A file without a table is a library.
    """
    context = Context(unread=tree.unread)
    context.is_library = not any(isinstance(node, TableNode) for node in tree.statements)
    _check_version(tree, context)
    _declare_types(tree, libraries, context)
    tables = [node for node in tree.statements if isinstance(node, TableNode)]
    for extra in tables[1:]:
        context.found.append(
            report(
                "several-tables",
                f"`{extra.name.text}` is a second table; a spec describes one",
                extra.name.span,
                also=[(tables[0].name.span, "the first table")],
                fix="put it into a file of its own",
            )
        )
    if not tables and "*" in tree.unread:
        return None, context.found
    table = tables[0] if tables else None
    if table is None:
        definitions = [node for node in tree.statements if isinstance(node, TypeDefinition)]
        declare_types_as_columns(definitions, context)
    else:
        declare_columns(table, context)
        _check_columns(table, context)
    resolve_derived([n for n in tree.statements if isinstance(n, DerivedNode)], context)
    if table is not None:
        resolve_applicability(table, context)
        report_applicability_cycles(context)
    groups = () if table is None else resolve_groups(table, context)
    source_note = None if table is None else resolve_property(table, "source", context)
    target = None if table is None else resolve_property(table, "target", context)
    rules = _resolve_rules(tree, libraries if table is not None else (), context)
    statistics = tuple(
        resolve_statistics(node, context)
        for node in tree.statements
        if isinstance(node, StatisticsNode)
    )
    examples = [
        resolve_example(node, rules, context)
        for node in tree.statements
        if isinstance(node, ExampleNode)
    ]
    spec = Spec(
        name=table.name.text if table else PurePath(tree.source.name).stem,
        title=table.title.text if table and table.title else "",
        columns=tuple(context.columns.values()),
        source_note=source_note,
        target=target,
        groups=groups,
        rules=tuple(rules),
        statistics=statistics,
        examples=tuple(example for example in examples if example is not None),
        allowances=resolve_allowances(tree, libraries, context),
        is_library=table is None,
        source=tree.source,
        imports=tuple(library.tree.source for library in libraries),
    )
    return spec, context.found


def _check_columns(table: TableNode, context: Context) -> None:
    if not context.unread and not any(isinstance(item, ColumnNode) for item in table.items):
        context.found.append(
            report(
                "table-without-columns",
                f"the table `{table.name.text}` has no columns",
                table.name.span,
                fix="add a line for each column, such as `age : integer in 0..120 'a' \"Age\"`",
            )
        )


def _check_version(tree: SyntaxTree, context: Context) -> None:
    if tree.version is None:
        return
    if tree.version.value != LANGUAGE_VERSION:
        context.found.append(
            report(
                "unsupported-version",
                f"this spec is written in version {tree.version.text} of the language",
                tree.version.span,
                fix=f"this synllm reads version {LANGUAGE_VERSION}: write `synspec "
                f"{LANGUAGE_VERSION}`, or use a newer synllm",
            )
        )


def _declare_types(tree: SyntaxTree, libraries: Sequence[Library], context: Context) -> None:
    own = [node for node in tree.statements if isinstance(node, TypeDefinition)]
    imported = [
        node
        for library in libraries
        for node in library.tree.statements
        if isinstance(node, TypeDefinition)
    ]
    spans: dict[str, Span] = {}
    for node in (*imported, *own):
        if node.name.text in context.types:
            context.found.append(
                report(
                    "duplicate-type",
                    f"there are two types `{node.name.text}`",
                    node.name.span,
                    "the second",
                    also=[(spans[node.name.text], "the first")],
                    fix="rename one of them",
                )
            )
            continue
        spans[node.name.text] = node.name.span
        context.types[node.name.text] = (
            node.type,
            node.description.text if node.description else "",
        )
    # In a file with a table a type is checked here, used or not; in a library as a column.
    if any(isinstance(node, TableNode) for node in tree.statements):
        for node in own:
            resolve_type(node.type, context)
    for tree_or_library in (*(library.tree for library in libraries), tree):
        for statement in tree_or_library.statements:
            if isinstance(statement, MolarMassNode):
                _declare_molar_mass(statement, context)


def _declare_molar_mass(node: MolarMassNode, context: Context) -> None:
    substance, mass = node.substance.text, node.mass.value
    if mass <= 0 or context.molar_masses.get(substance, mass) != mass:
        headline = f"the molar mass of {substance} is given twice, and differently"
        context.found.append(
            report(
                "unusable-molar-mass",
                headline if mass > 0 else "no substance has the molar mass 0",
                node.mass.span,
                fix="state it once, in g/mol: `molar mass glucose 180.156`",
            )
        )
        return
    context.molar_masses[substance] = mass


def _resolve_rules(tree: SyntaxTree, libraries: Sequence[Library], context: Context) -> list[Rule]:
    rules: list[Rule] = []
    for library in libraries:
        rules.extend(apply_library_rules(library, context))
    rules.extend(
        rule
        for node in tree.statements
        if isinstance(node, RuleNode) and (rule := resolve_rule(node, context)) is not None
    )
    first: dict[str, Rule] = {}
    unique: list[Rule] = []
    for rule in rules:
        if rule.name in first:
            context.found.append(
                report(
                    "duplicate-rule-name",
                    f"there are two rules `{rule.name}`",
                    rule.name_span,
                    "the second",
                    also=[(first[rule.name].name_span, "the first")],
                    fix="rename one of them: reports tell rules apart by name",
                )
            )
            continue
        first[rule.name] = rule
        unique.append(rule)
    return unique
