"""Whether a row stays valid when one of its cells changes: only what mentions the cell is asked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from synllm.spec.evaluate import (
    cell_belongs,
    evaluate_applicability,
    evaluate_group,
    evaluate_range,
    evaluate_rule,
)
from synllm.spec.model import Column, MissingTogether, Rule, Spec
from synllm.spec.passes.lower import written_columns
from synllm.spec.types import NumberType
from synllm.spec.values import Row, Value, Verdict

_BAD = (Verdict.VIOLATED, Verdict.UNDEFINED)


class Validity:
    """The hard statements of a spec by the written columns that they mention."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._checks: defaultdict[str, list[Callable[[Row], Verdict]]] = defaultdict(list)
        for column in spec.columns:
            if column.derivation is not None:
                assert isinstance(column.type, NumberType)
                self._add(written_columns((column.derivation.formula,), spec), _range(column, spec))
            elif column.applies_when is not None:
                names = (column.name, *written_columns((column.applies_when,), spec))
                self._add(names, _applicability(column, spec))
        for group in spec.groups:
            self._add(group.columns, _group(group))
        for rule in spec.hard_rules:
            conditions = (rule.then,) if rule.when is None else (rule.when, rule.then)
            self._add(written_columns(conditions, spec), _rule(rule, spec))

    def allows(self, row: Row, changed: str, value: Value) -> bool:
        """Return whether a row that was valid before one of its cells changed still is."""
        return cell_belongs(self._spec.by_name[changed], value) and not any(
            check(row) in _BAD for check in self._checks[changed]
        )

    def _add(self, names: Iterable[str], check: Callable[[Row], Verdict]) -> None:
        for name in dict.fromkeys(names):
            self._checks[name].append(check)


def _range(column: Column, spec: Spec) -> Callable[[Row], Verdict]:
    return lambda row: evaluate_range(column, row, spec)


def _applicability(column: Column, spec: Spec) -> Callable[[Row], Verdict]:
    return lambda row: evaluate_applicability(column, row, spec)


def _group(group: MissingTogether) -> Callable[[Row], Verdict]:
    return lambda row: evaluate_group(group, row)


def _rule(rule: Rule, spec: Spec) -> Callable[[Row], Verdict]:
    return lambda row: evaluate_rule(rule, row, spec)
