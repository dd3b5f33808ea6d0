"""Imported libraries: their types by name, their rules for the columns that use those types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from synllm.diagnostics.diagnostic import report
from synllm.language.resolve.context import Context
from synllm.language.resolve.rules import resolve_rule
from synllm.language.syntax import Node, Operation, RuleNode, SyntaxTree, Word
from synllm.spec.expressions import columns_of
from synllm.spec.model import Rule, Spec

_SUBJECT_FIRST = (
    "is_label",
    "is_not_label",
    "is_missing",
    "is_not_missing",
    "is_present",
    "is_not_applicable",
    "in_set",
    "not_in_set",
)


@dataclass(frozen=True, slots=True)
class Library:
    """An imported file: its tree, and what it says on its own."""

    tree: SyntaxTree
    spec: Spec


def apply_library_rules(library: Library, context: Context) -> list[Rule]:
    """Return the library's rules as they bear on this table's columns.

    A rule speaks of named types. It applies where the table has a column of each; a rule about one
    type applies to every column of that type.
    """
    columns_by_type: dict[str, list[str]] = {}
    for column in context.columns.values():
        if column.type_name is not None:
            columns_by_type.setdefault(column.type_name, []).append(column.name)
    rules: list[Rule] = []
    nodes = {node.name.text: node for node in library.tree.statements if isinstance(node, RuleNode)}
    for rule in library.spec.rules:
        node = nodes[rule.name]
        types = [*columns_of(rule.then), *(columns_of(rule.when) if rule.when else ())]
        bound = {name: columns_by_type.get(name, []) for name in dict.fromkeys(types)}
        if not all(bound.values()):
            continue
        if len(bound) > 1 and any(len(columns) > 1 for columns in bound.values()):
            context.found.append(
                report(
                    "ambiguous-library-rule",
                    f"rule `{rule.name}` could speak of several columns and is left out",
                    rule.name_span,
                    "from a library",
                    also=[
                        (context.columns[name].name_span, f"a `{kind}`")
                        for kind, names in bound.items()
                        if len(names) > 1
                        for name in names
                    ],
                    fix="write the rule for the columns that it is meant for",
                )
            )
            continue
        rules.extend(_instances(rule, node, bound, context))
    return rules


def _instances(
    rule: Rule, node: RuleNode, bound: Mapping[str, list[str]], context: Context
) -> list[Rule]:
    if len(bound) == 1:
        ((kind, names),) = bound.items()
        choices = [{kind: name} for name in names]
    else:
        choices = [{kind: names[0] for kind, names in bound.items()}]
    instances: list[Rule] = []
    for choice in choices:
        name = rule.name if len(choices) == 1 else f"{rule.name}_{next(iter(choice.values()))}"
        resolved = resolve_rule(rename_columns(node, choice), context)
        if resolved is not None:
            instances.append(replace(resolved, name=name))
    return instances


def rename_columns(node: RuleNode, names: Mapping[str, str]) -> RuleNode:
    """Return the rule with columns renamed, spans kept."""
    body = node.body
    arms = body.arms
    return replace(
        node,
        body=replace(
            body,
            expressions=tuple(_rename(each, names) for each in body.expressions),
            inputs=tuple(_renamed_word(word, names) for word in body.inputs),
            arms=arms,
        ),
    )


def _rename(node: Node, names: Mapping[str, str]) -> Node:
    match node:
        case Word():
            return _renamed_word(node, names)
        case Operation(operator=operator, operands=(subject, *rest)) if operator in _SUBJECT_FIRST:
            return replace(node, operands=(_rename(subject, names), *rest))
        case Operation(
            operator="call" | "exactly" | "at_most" | "at_least", operands=(word, *rest)
        ):
            return replace(node, operands=(word, *(_rename(each, names) for each in rest)))
        case Operation():
            return replace(node, operands=tuple(_rename(each, names) for each in node.operands))
        case _:
            return node


def _renamed_word(word: Word, names: Mapping[str, str]) -> Word:
    renamed = names.get(word.text)
    if renamed is None:
        return word
    return Word(renamed, word.quoted or not renamed.isidentifier(), word.span)
