"""`allow FINDING because "…"`: which findings the author accepts, where, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.diagnostic import Severity, report
from synllm.diagnostics.source import Span
from synllm.diagnostics.suggest import did_you_mean
from synllm.language.resolve.context import Context
from synllm.language.resolve.libraries import Library
from synllm.language.syntax import (
    AllowNode,
    ColumnNode,
    DerivedNode,
    RuleNode,
    SyntaxTree,
    TableNode,
)
from synllm.spec.model import Allowance


def resolve_allowances(
    tree: SyntaxTree, libraries: Sequence[Library], context: Context
) -> tuple[Allowance, ...]:
    """Return a file's exceptions in written order, then those written in its libraries."""
    own = [_resolve(node, scope, context) for node, scope in _written_in(tree)]
    inherited = [
        allowance
        for library in libraries
        for allowance in library.spec.allowances
        if allowance.span.source is library.tree.source
    ]
    return (*(each for each in own if each is not None), *inherited)


def _written_in(tree: SyntaxTree) -> Iterator[tuple[AllowNode, Span | None]]:
    """Yield the exceptions with the column or rule that they stand in."""
    for node in tree.allowances:
        yield node, None
    for statement in tree.statements:
        match statement:
            case TableNode(items=items):
                for item in items:
                    if isinstance(item, ColumnNode):
                        yield from _inside(item.modifiers, item.span)
            case RuleNode(notes=notes, span=span):
                yield from _inside(notes, span)
            case DerivedNode(allowances=allowances, span=span):
                yield from _inside(allowances, span)
            case _:
                pass


def _inside(parts: Sequence[object], scope: Span) -> Iterator[tuple[AllowNode, Span]]:
    for part in parts:
        if isinstance(part, AllowNode):
            yield part, scope


def _resolve(node: AllowNode, scope: Span | None, context: Context) -> Allowance | None:
    name = node.finding.text
    severity = FINDINGS.get(name)
    if severity is None:
        context.found.append(
            report(
                "unknown-finding",
                f"no finding is called `{name}`",
                node.finding.span,
                "not a finding",
                fix=did_you_mean(name, FINDINGS) or "`synllm explain` lists them all",
            )
        )
        return None
    if severity == Severity.ERROR or name == "unneeded-allow":
        context.found.append(
            report(
                "not-allowable",
                f"`{name}` can't be allowed: {_why_not(name)}",
                node.finding.span,
                fix=f"mend what it is about; `synllm explain {name}` says how"
                if severity == Severity.ERROR
                else "remove the `allow` that it is about",
            )
        )
        return None
    if not node.reason.text.strip():
        context.found.append(
            report(
                "incomplete-allow",
                "the reason says nothing",
                node.reason.span,
                fix=f'say why `{name}` is fine here: because "…"',
            )
        )
        return None
    return Allowance(name, node.reason.text, node.span, scope)


def _why_not(name: str) -> str:
    if name == "unneeded-allow":
        return "it is about `allow` itself"
    return "it is an error, with which no table can be right"
