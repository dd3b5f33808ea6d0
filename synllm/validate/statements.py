"""What a spec states about a row, one statement at a time, by the defining semantics."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeAlias, assert_never

from synllm.spec.core import CoreSpec, Statement, StatementKind
from synllm.spec.evaluate import (
    evaluate_applicability,
    evaluate_group,
    evaluate_range,
    evaluate_rule,
)
from synllm.spec.model import Column, MissingTogether, Rule, Spec
from synllm.spec.values import Row, Verdict
from synllm.validate.draw import draw_cells, draw_expressions

Subject: TypeAlias = Column | MissingTogether | Rule


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement of the core spec beside what the author wrote of it."""

    core: Statement
    subject: Subject


def list_statements(spec: Spec, core: CoreSpec) -> tuple[Stated, ...]:
    """Return the statements of a lowered spec in its order, each with its author's form."""
    groups = {group.name: group for group in spec.groups}
    rules = {rule.name: rule for rule in spec.rules}
    subjects: list[Subject] = []
    for statement in core.statements:
        match statement.kind:
            case StatementKind.APPLICABILITY | StatementKind.DERIVED_RANGE:
                subjects.append(spec.by_name[statement.name])
            case StatementKind.MISSING_TOGETHER:
                subjects.append(groups[statement.name])
            case StatementKind.RULE:
                subjects.append(rules[statement.name])
            case _:
                assert_never(statement.kind)
    return tuple(Stated(*pair) for pair in zip(core.statements, subjects, strict=True))


def evaluate_statement(
    stated: Stated, row: Row, unreadable: Collection[str], spec: Spec
) -> Verdict:
    """Return the verdict on a row; undecided where the statement mentions an unreadable cell."""
    if any(name in unreadable for name in stated.core.columns):
        return Verdict.UNDECIDED
    match stated.core.kind, stated.subject:
        case StatementKind.APPLICABILITY, Column() as column:
            return evaluate_applicability(column, row, spec)
        case StatementKind.DERIVED_RANGE, Column() as column:
            return evaluate_range(column, row, spec)
        case _, MissingTogether() as group:
            return evaluate_group(group, row)
        case _, Rule() as rule:
            return evaluate_rule(rule, row, spec)
        case _:
            raise AssertionError(f"{stated.core.kind} is not stated by {stated.subject}")


def sentence_of(stated: Stated) -> str:
    """Return the statement in the author's sentence, or in one made from its declaration."""
    match stated.core.kind, stated.subject:
        case StatementKind.APPLICABILITY, Column(name=name, applies_text=text):
            return (
                f"{name} applies exactly where {text}" if text else f"{name} applies where it may"
            )
        case StatementKind.DERIVED_RANGE, Column(name=name):
            return f"{name}, computed from other columns, is in its declared range"
        case _, MissingTogether(columns=columns):
            return f"{', '.join(columns)} are all missing or all present"
        case _, Rule(sentence=sentence):
            return sentence
        case _:
            raise AssertionError(f"{stated.core.kind} is not stated by {stated.subject}")


def text_of(stated: Stated) -> str:
    """Return the statement as written in the spec, without name and sentence."""
    match stated.subject:
        case Rule(text=text):
            return text
        case MissingTogether() as group:
            return group.name
        case Column(derivation=None, applies_text=text):
            return f"applies when {text}"
        case Column(derivation=derivation):
            assert derivation is not None
            return derivation.text
        case _:
            assert_never(stated.subject)


def draw_statement(stated: Stated, row: Row, spec: Spec) -> list[str]:
    """Return the statement's text with its sub-expressions' values on a row drawn under it.

    What the text doesn't show (a group's cells, the cell that should apply or not) comes as lines
    of `column: value`.
    """
    match stated.subject:
        case Rule(when=when, then=then):
            drawn = draw_expressions((then,) if when is None else (when, then), row, spec)
            return drawn or draw_cells(stated.core.columns, row, spec)
        case MissingTogether(columns=columns):
            return draw_cells(columns, row, spec)
        case Column(name=name, derivation=None, applies_when=condition):
            assert condition is not None
            cell = draw_cells((name,), row, spec)
            return [*cell, *draw_expressions((condition,), row, spec)]
        case Column(name=name, derivation=derivation):
            assert derivation is not None
            drawn = draw_expressions((derivation.formula,), row, spec)
            return [*draw_cells((name,), row, spec), *drawn]
        case _:
            assert_never(stated.subject)
