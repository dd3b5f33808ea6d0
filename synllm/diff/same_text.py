"""Statements that mean the same because they say the same, seen without asking about any row."""

from __future__ import annotations

from collections.abc import Iterable

from synllm.spec.expressions import Expression, columns_of
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.types import CategoryType, NumberType


def same_rule(old: Rule, new: Rule, old_spec: Spec, new_spec: Spec) -> bool:
    """Return whether two rules state the same conditions on columns that read the same."""
    if (old.when, old.then) != (new.when, new.then):
        return False
    conditions = (new.then,) if new.when is None else (new.when, new.then)
    return same_columns(conditions, old_spec, new_spec)


def same_columns(expressions: Iterable[Expression], old: Spec, new: Spec) -> bool:
    """Return whether every column in the expressions has the same meaning in both versions.

    Ranges and decimals may differ: conditions are about exact numbers. Units and lists of values
    may not.
    """
    return all(
        _reads_the_same(name, old, new)
        for expression in expressions
        for name in columns_of(expression)
    )


def same_computation(old: Column, new: Column, old_spec: Spec, new_spec: Spec) -> bool:
    """Return whether two derived columns are computed in the same way from the same columns."""
    if old.derivation is None or new.derivation is None or old.derivation != new.derivation:
        return False
    assert isinstance(old.type, NumberType) and isinstance(new.type, NumberType)
    if (old.type.decimals, old.type.unit) != (new.type.decimals, new.type.unit):
        return False
    return same_columns((new.derivation.formula,), old_spec, new_spec)


def _reads_the_same(name: str, old_spec: Spec, new_spec: Spec) -> bool:
    old, new = old_spec.by_name.get(name), new_spec.by_name.get(name)
    if old is None or new is None:
        return False
    if old.derivation is not None or new.derivation is not None:
        return same_computation(old, new, old_spec, new_spec)
    match old.type, new.type:
        case NumberType(unit=before), NumberType(unit=after):
            return before is None or after is None or before == after
        case CategoryType(labels=before), CategoryType(labels=after):
            return before == after
        case _:
            return False
