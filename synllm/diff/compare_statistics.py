"""The declared figures of two versions."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

from synllm.diff.model import Presence, StatisticChange
from synllm.diff.word_rows import write_number
from synllm.language.words import write_example_word
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind, StatisticsBlock

_PAIRED = (StatisticKind.PEARSON, StatisticKind.SPEARMAN, StatisticKind.ODDS_RATIO)
_SHARES = (
    StatisticKind.SHARE,
    StatisticKind.MISSING,
    StatisticKind.POINT,
    StatisticKind.QUANTILE,
)

_Said: TypeAlias = dict[object, tuple[str, str, object]]
"""By what a figure measures: its name, how it is written, and what it says."""


def compare_statistics(old: Spec, new: Spec) -> tuple[StatisticChange, ...]:
    """Return every figure that was added, removed or changed, the old ones first."""
    before, after = _figures(old), _figures(new)
    changes: list[StatisticChange] = []
    for key in dict.fromkeys([*before, *after]):
        first, second = before.get(key), after.get(key)
        if first is None:
            assert second is not None
            changes.append(StatisticChange(second[0], Presence.ADDED, None, second[1]))
        elif second is None:
            changes.append(StatisticChange(first[0], Presence.REMOVED, first[1], None))
        elif first[2] != second[2]:
            changes.append(StatisticChange(second[0], Presence.KEPT, first[1], second[1]))
    return tuple(changes)


def _figures(spec: Spec) -> _Said:
    said: _Said = {}
    for number, block in enumerate(spec.statistics, start=1):
        for statistic in block.statistics:
            tolerance = _tolerance(statistic)
            said[_key(statistic)] = (
                _name(statistic),
                statistic.value.text + tolerance,
                (statistic.value, statistic.tolerance),
            )
        for shape in block.shapes:
            name = f"{write_example_word(shape.column)} looks"
            said["looks", shape.column] = (name, shape.shape, shape.shape)
        said.update(_block(block, number))
    return said


def _key(statistic: Statistic) -> object:
    return (
        statistic.kind,
        statistic.columns,
        statistic.at,
        statistic.where,
        statistic.of_all,
    )


def _name(statistic: Statistic) -> str:
    names = ", ".join(write_example_word(name) for name in statistic.columns)
    kind = statistic.kind.value
    where = f" where {statistic.where_text}" if statistic.where_text else ""
    if statistic.kind in _PAIRED:
        return f"{kind}({names}){where}"
    at = statistic.at
    if isinstance(at, Fraction):
        percent = statistic.kind is StatisticKind.QUANTILE
        kind += f" {write_number(at * 100)} %" if percent else f" {write_number(at)}"
    elif at is not None:
        kind += f" {at}"
    return f"{names} {kind}{' of all' if statistic.of_all else ''}{where}"


def _tolerance(statistic: Statistic) -> str:
    if statistic.tolerance is None:
        return ""
    if statistic.kind in _SHARES:
        return f" within {write_number(statistic.tolerance * 100)}%"
    return f" within {write_number(statistic.tolerance)}"


def _block(block: StatisticsBlock, number: int) -> Iterator[tuple[object, tuple[str, str, object]]]:
    """Yield where a block's figures come from; blocks are told apart by their order."""
    which = "statistics" if number == 1 else f"statistics, block {number}"
    if block.source:
        yield ("source", number), (f"source of the {which}", block.source, block.source)
    if block.n is not None:
        yield ("n", number), (f"records behind the {which}", f"{block.n:,}", block.n)
