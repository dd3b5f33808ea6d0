"""Which columns follow from which others, as the spec's statements put it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from synllm.spec.expressions import ColumnValue, Compare, Condition, Expression, Is, walk
from synllm.spec.model import Spec
from synllm.spec.passes.lower import written_columns


def find_operands(spec: Spec) -> Mapping[str, frozenset[str]]:
    """Return for each column that follows from others those that it follows from.

    A column follows from what a hard rule sets it equal to, from what a decision table reads where
    the table gives it, and from what its own `applies when` mentions. Circles are left in.
    """
    found: dict[str, set[str]] = {}
    for name, operands in _pairs(spec):
        found.setdefault(name, set()).update(each for each in operands if each != name)
    return {name: frozenset(operands) for name, operands in found.items() if operands}


def _pairs(spec: Spec) -> Iterator[tuple[str, tuple[str, ...]]]:
    for column in spec.generated_columns:
        if column.applies_when is not None:
            yield column.name, written_columns((column.applies_when,), spec)
    for rule in spec.hard_rules:
        conclusion: Condition = rule.then
        for node in walk(conclusion):
            if isinstance(node, Compare) and node.operator == "=":
                yield from _equation(node.left, node.right, spec)
                yield from _equation(node.right, node.left, spec)
        if rule.when is None:
            continue
        read = written_columns((rule.when,), spec)
        if set(read) <= set(written_columns((conclusion,), spec)):
            for node in walk(conclusion):
                if isinstance(node, Is) and node.column not in read:
                    yield node.column, read


def _equation(
    side: Expression, other: Expression, spec: Spec
) -> Iterator[tuple[str, tuple[str, ...]]]:
    if isinstance(side, ColumnValue) and spec.by_name[side.column].derivation is None:
        operands = written_columns((other,), spec)
        if side.column not in operands:
            yield side.column, operands
