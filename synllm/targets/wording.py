"""Columns, statistics and rules in words that a clinician and a language model read alike."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import ceil, floor
from typing import assert_never

from synllm.spec.model import Column, MissingTogether, Rule, Spec
from synllm.spec.statistics import ShapeHint, Statistic, StatisticKind, StatisticsBlock
from synllm.spec.types import CategoryType, IdentifierType, NumberType
from synllm.targets.row_format import json_code, json_text

_UNITS = {
    "a": "years",
    "mo": "months",
    "wk": "weeks",
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "Cel": "°C",
    "mm[Hg]": "mmHg",
    "kg/m2": "kg/m²",
}

_SHAPES = {"normal": "a normal", "lognormal": "a log-normal", "gamma": "a gamma"}

_BETWEEN_COLUMNS = frozenset(
    {StatisticKind.PEARSON, StatisticKind.SPEARMAN, StatisticKind.ODDS_RATIO}
)


def word_unit(unit: str) -> str:
    """Return a UCUM unit as people write it."""
    return _UNITS.get(unit, unit)


def word_values(column: Column, *, with_unit: bool = True) -> str:
    """Return what a column's cells hold, without their absences: type, range or codes, unit."""
    match column.type:
        case IdentifierType():
            return "running number"
        case CategoryType(ordered=ordered):
            codes = ", ".join(_word_code(column, label) for label, _ in column.codes)
            return f"one of {codes}" + (" (in ascending order)" if ordered else "")
        case NumberType(unit=unit) as kind:
            words = [word_type(kind), word_range(kind)]
            values = " ".join(word for word in words if word)
            return f"{values}, in {word_unit(unit)}" if unit and with_unit else values
        case _:
            assert_never(column.type)


def word_type(kind: NumberType) -> str:
    """Return how a number is recorded."""
    match kind.decimals:
        case 0:
            return "whole number"
        case 1:
            return "number with 1 decimal"
        case _:
            return f"number with {kind.decimals} decimals"


def word_range(kind: NumberType) -> str:
    """Return the range or list of a number as recorded values; empty where there is none."""
    if kind.listed:
        return "out of " + ", ".join(kind.written(value) for value in kind.listed)
    if kind.interval is None:
        return ""
    scale = 10**kind.decimals
    low, high = kind.interval.low, kind.interval.high
    if low is not None:
        steps = floor(low * scale) + 1 if kind.interval.low_open else ceil(low * scale)
        low = Fraction(steps, scale)
    if high is not None:
        steps = ceil(high * scale) - 1 if kind.interval.high_open else floor(high * scale)
        high = Fraction(steps, scale)
    if low is None:
        return "" if high is None else f"up to {kind.written(high)}"
    return f"from {kind.written(low)}" + ("" if high is None else f" to {kind.written(high)}")


def word_absences(column: Column) -> list[str]:
    """Return how missing and not applicable are written, each as a phrase."""
    phrases = []
    for missing in column.missing_codes:
        reason = f" ({missing.reason})" if missing.reason else ""
        phrases.append(f"{json_code(missing.code)} where missing{reason}")
    if column.applies_when is not None:
        code = json_code(column.not_applicable_code)
        phrases.append(f"applies only when {column.applies_text}, otherwise {code}")
    return phrases


def word_column(column: Column) -> str:
    """Return all that is known of a column: description, values, unit, codes, absences."""
    facts = "; ".join([word_values(column), *word_absences(column)])
    described = f"{end_sentence(column.description)} " if column.description else ""
    return f"{json_text(column.name)}: {described}{end_sentence(facts)}"


def word_group(group: MissingTogether) -> str:
    """Return a missing-together group as a sentence."""
    names = ", ".join(json_text(name) for name in group.columns)
    return f"{names} are missing together: all of them or none."


def word_rule(rule: Rule) -> str:
    """Return a rule's sentence and text; a soft rule says in how many cases it holds."""
    text = " ".join(line.strip() for line in rule.text.splitlines())
    parts = [part for part in (end_sentence(rule.sentence), end_sentence(text)) if part]
    if rule.share is None:
        return " ".join(parts)
    return f"In at least {word_percent(rule.share)} of cases: {' '.join(parts)}"


def word_percent(share: Fraction) -> str:
    """Return a share of 1 in percent, exactly where a few decimals suffice."""
    return f"{round(float(share * 100), 4):g}%"


def word_derivation(column: Column) -> str:
    """Return how a derived column is computed."""
    assert column.derivation is not None
    rounding = f"rounded {column.derivation.rounding}"
    described = f"{end_sentence(column.description)} " if column.description else ""
    values = end_sentence(word_values(column))
    return (
        f"{json_text(column.name)}: {described}"
        f"Computed as {column.derivation.text}, {rounding}. {values}"
    )


def word_statistics(block: StatisticsBlock, spec: Spec) -> list[tuple[str, list[str]]]:
    """Return a block's statistics as headings with lines: all rows first, then each subgroup.

    The lines go by column; figures about two columns come last.
    """
    subgroups: dict[str, list[Statistic]] = {"": []}
    for each in block.statistics:
        subgroups.setdefault(each.where_text, []).append(each)
    sections = []
    for where, figures in subgroups.items():
        alone = [each for each in figures if each.kind not in _BETWEEN_COLUMNS]
        paired = [each for each in figures if each.kind in _BETWEEN_COLUMNS]
        lines = list(_lines_by_column(alone, () if where else block.shapes, spec))
        lines += [word_statistic(each, spec) for each in paired]
        if lines:
            sections.append((f"where {where}" if where else "all rows", lines))
    return sections


def word_statistic(statistic: Statistic, spec: Spec) -> str:
    """Return one figure as a phrase, without its column unless it is about two."""
    written = statistic.value.text
    at = statistic.at
    names = " and ".join(json_text(name) for name in statistic.columns)
    match statistic.kind:
        case StatisticKind.MEAN | StatisticKind.MEDIAN:
            return f"{statistic.kind.value} {written}"
        case StatisticKind.SD:
            return f"standard deviation {written}"
        case StatisticKind.MIN:
            return f"nothing below {written}"
        case StatisticKind.MAX:
            return f"nothing above {written}"
        case StatisticKind.QUANTILE:
            assert isinstance(at, Fraction)
            if at == Fraction(1, 2):
                return f"median {written}"
            return f"{word_percent(at)} of values at or below {written}"
        case StatisticKind.SHARE:
            code = _word_code(spec.by_name[statistic.columns[0]], str(at))
            return f"{code} {written}" + (" of all rows" if statistic.of_all else "")
        case StatisticKind.MISSING:
            return f"missing in {written} of rows"
        case StatisticKind.POINT:
            kind = spec.by_name[statistic.columns[0]].type
            assert isinstance(at, Fraction) and isinstance(kind, NumberType)
            return f"exactly {kind.written(at)} in {written} of values"
        case StatisticKind.PEARSON | StatisticKind.SPEARMAN:
            return f"{statistic.kind.value.capitalize()} correlation of {names}: {written}"
        case StatisticKind.ODDS_RATIO:
            return f"Odds ratio of {names}: {written}"
        case _:
            assert_never(statistic.kind)


def word_block(block: StatisticsBlock) -> str:
    """Return where a block's figures come from."""
    source = block.source or "no source given"
    return source if block.n is None else f"{source}, {block.n:,} records"


def word_shape(hint: ShapeHint) -> str:
    """Return a shape hint as a phrase."""
    return f"roughly {_SHAPES.get(hint.shape, hint.shape)} distribution"


def _lines_by_column(
    statistics: list[Statistic], shapes: tuple[ShapeHint, ...], spec: Spec
) -> Iterator[str]:
    for column in spec.columns:
        phrases = [
            word_statistic(each, spec) for each in statistics if each.columns == (column.name,)
        ]
        phrases += [word_shape(hint) for hint in shapes if hint.column == column.name]
        if phrases:
            # Said once for a list of quantiles, "of values" needs no repeating.
            head, said, rest = ", ".join(phrases).partition(" of values at or below ")
            rest = rest.replace(" of values at or below ", " at or below ")
            yield f"{json_text(column.name)}: {head}{said}{rest}"


def _word_code(column: Column, label: str) -> str:
    """Return a label's code as rows hold it, with the label where that is something else."""
    code = column.code_of(label)
    same = code.text.casefold() == label.casefold()
    return json_code(code) if same else f"{json_code(code)} ({label})"


def end_sentence(text: str) -> str:
    """Return the text with a capital and a full stop, unless it is empty."""
    text = text.strip()
    if not text:
        return ""
    return text[0].upper() + text[1:] + ("" if text[-1] in ".!?" else ".")
