"""The data dictionary: a spec for readers who will never open the .synspec file."""

from __future__ import annotations

from synllm.spec.model import Column, Rule, Spec
from synllm.spec.types import NumberType
from synllm.targets.markdown import markdown_table
from synllm.targets.wording import (
    end_sentence,
    word_absences,
    word_block,
    word_group,
    word_percent,
    word_statistics,
    word_unit,
    word_values,
)


def data_dictionary(spec: Spec) -> str:
    """Return the columns, statistics and rules of a spec as one Markdown document."""
    lines = [f"# {spec.title or spec.name}", ""]
    if spec.source_note:
        lines += [f"Source: {spec.source_note}", ""]
    lines += ["## Columns", ""]
    header = ["column", "meaning", "values", "unit", "missing, not applicable"]
    lines += [*markdown_table(header, [_column_row(column, spec) for column in spec.columns]), ""]
    if spec.groups:
        lines += [*(f"- {word_group(group)}" for group in spec.groups), ""]
    if spec.rules:
        lines += ["## Rules", ""]
        for rule in spec.rules:
            lines += _rule_lines(rule)
    for block in spec.statistics:
        lines += [f"## Statistics: {word_block(block)}", ""]
        for heading, figures in word_statistics(block, spec):
            lines += [f"{heading[0].upper()}{heading[1:]}:", ""]
            lines += [*(f"- {figure}" for figure in figures), ""]
    return "\n".join(lines)


def _column_row(column: Column, spec: Spec) -> list[str]:
    meaning = column.description
    if column.derivation is not None:
        formula = f"computed: {column.derivation.text} rounded {column.derivation.rounding}"
        meaning = f"{meaning} ({formula})" if meaning else formula
    if column.name == spec.target:
        meaning = f"{meaning} (target)" if meaning else "target"
    unit = column.type.unit if isinstance(column.type, NumberType) else None
    return [
        column.name,
        meaning,
        word_values(column, with_unit=False),
        word_unit(unit) if unit else "",
        "; ".join(word_absences(column)),
    ]


def _rule_lines(rule: Rule) -> list[str]:
    """Return a rule as a list item: sentence, text, grounds."""
    share = "" if rule.share is None else f" In at least {word_percent(rule.share)} of cases."
    lines = [f"- **{rule.name}**: {end_sentence(rule.sentence)}{share}", ""]
    lines += [f"      {line}" for line in rule.text.splitlines()]
    lines += ["", *(f"  Cites: {cite}" for cite in rule.cites)]
    if rule.because:
        lines.append(f"  Because: {rule.because}")
    return lines if lines[-1] == "" else [*lines, ""]
