"""What a column can hold and which figures it can have, by the rules and by other figures."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from synllm.proof.session import Claim
from synllm.proof.statistics.amounts import Ratio
from synllm.proof.statistics.bounds import both, ratio_of, within
from synllm.proof.statistics.mixture import Clash, LeftOpen, Mixture
from synllm.proof.statistics.pool import Pool
from synllm.proof.statistics.pricing import Pricing
from synllm.proof.statistics.reach import blame, ends_of, reach_of
from synllm.proof.statistics.together import bounds_among, find_clash_among, mix, tie_together
from synllm.proof.statistics.wording import describe
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import ColumnValue, Not, columns_of
from synllm.spec.model import Column, Spec
from synllm.spec.passes.lower import written_columns
from synllm.spec.statistics import Measured, Statistic, StatisticKind, StatisticsBlock
from synllm.spec.types import CategoryType, NumberType

_IN_PERCENT = 3
_UNKNOWN = Measured(Fraction(0), Fraction(0), "")

Between: TypeAlias = tuple[Fraction, Fraction]
"""The least and the greatest that is possible; rounded outwards where a figure limits it."""


@dataclass(frozen=True, slots=True)
class Cut:
    """An end of the declared range that no valid row reaches, and the statements that cut it."""

    side: str
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Possible:
    """A mean or a share: what the rules leave for it, and what the rest of a block leaves.

    `by_block` has one entry for each block of statistics: None where it could not be worked out.
    `declared` are the figures as written, one for each block, None where it has none.
    """

    statistic: Statistic
    by_rules: Between | None
    by_block: tuple[Between | None, ...]
    declared: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Portrait:
    """What is known about one column. `reached` is None for categories, or if nobody has a value.

    `contradictory` are the places of blocks whose figures exclude each other, so that they leave
    nothing for others.
    """

    column: Column
    reached: Between | None
    cuts: tuple[Cut, ...]
    possible: tuple[Possible, ...]
    blocks: tuple[StatisticsBlock, ...]
    contradictory: tuple[int, ...]
    rules: tuple[tuple[str, str], ...]
    figures: tuple[str, ...]


def portray(spec: Spec, core: CoreSpec, name: str, budget: int) -> Portrait:
    """Return the portrait of a column that is no identifier."""
    column = spec.by_name[name]
    pricing = Pricing(spec, core, budget)
    pool = Pool(spec, core, pricing, {})
    reached, cuts = _reach(column, spec, core, pricing)
    asked = list(_asked(column))
    by_block = [_by_block(spec, core, block, asked, pricing) for block in spec.statistics]
    possible = tuple(
        Possible(
            statistic,
            _by_rules(statistic, reached, pool),
            tuple(None if block is None else block[place] for block in by_block),
            tuple(_declared(block, statistic) for block in spec.statistics),
        )
        for place, statistic in enumerate(asked)
    )
    return Portrait(
        column,
        reached,
        cuts,
        possible,
        spec.statistics,
        tuple(place for place, block in enumerate(by_block) if block is None),
        tuple(_rules(spec, name)),
        tuple(
            describe(each)
            for block in spec.statistics
            for each in block.statistics
            if name in each.columns or (each.where is not None and name in columns_of(each.where))
        ),
    )


def _reach(
    column: Column, spec: Spec, core: CoreSpec, pricing: Pricing
) -> tuple[Between | None, tuple[Cut, ...]]:
    if not isinstance(column.type, NumberType):
        return None, ()
    reach = reach_of(column.name, None, spec, pricing, ends_of(column.name, spec, core))
    if reach is None:
        return None, ()
    step = Fraction(1, 10**column.type.decimals)
    low, high = ends_of(column.name, spec, core)
    beyond = (
        ("low", low * step < reach.low, within(column.name, None, reach.low - step)),
        ("high", reach.high < high * step, within(column.name, reach.high + step, None)),
    )
    cuts = tuple(Cut(side, blame(event, pricing)) for side, is_cut, event in beyond if is_cut)
    return (reach.low, reach.high), tuple(cut for cut in cuts if cut.claims)


def _asked(column: Column) -> list[Statistic]:
    """Return the means and shares that a column has, without figures."""
    asked: list[Statistic] = []
    match column.type:
        case NumberType():
            asked.append(Statistic(StatisticKind.MEAN, (column.name,), _UNKNOWN))
        case CategoryType(labels=labels):
            asked += [
                Statistic(StatisticKind.SHARE, (column.name,), _UNKNOWN, label) for label in labels
            ]
        case _:
            raise ValueError(f"{column.name} says nothing about patients")
    if column.may_be_missing:
        asked.append(Statistic(StatisticKind.MISSING, (column.name,), _UNKNOWN))
    return asked


def _by_rules(statistic: Statistic, reached: Between | None, pool: Pool) -> Between | None:
    """Return what a mixture of any valid rows can have."""
    if statistic.kind is StatisticKind.MEAN:
        return reached
    ratio = _ratio(statistic)
    assert ratio.part.event is not None
    some = pool.seek(ratio.part.event)
    other = pool.seek(both(ratio.whole.event, Not(ratio.part.event)))
    if some is None or other is None or not (some or other):
        return None
    return (Fraction(0 if other else 1), Fraction(1 if some else 0))


def _by_block(
    spec: Spec,
    core: CoreSpec,
    block: StatisticsBlock,
    asked: list[Statistic],
    pricing: Pricing,
) -> list[Between | None] | None:
    """Return what the figures of a block leave for each one; None where they contradict it."""
    name = asked[0].columns[0]
    written = set(written_columns((ColumnValue(name),), spec))
    figures = [
        block.statistics[place]
        for component in tie_together(spec, core, block.statistics, range(len(block.statistics)))
        if component.columns & written
        for place in component.figures
    ]
    mixture = mix(spec, core, figures, block.n, [_ratio(each) for each in asked], pricing)
    if not mixture.gather():
        return [None] * len(asked)
    match find_clash_among(mixture, figures, range(len(figures))):
        case Clash():
            return None
        case LeftOpen():
            return [None] * len(asked)
        case None:
            return [_between(mixture, each, figures, spec) for each in asked]


def _between(
    mixture: Mixture, statistic: Statistic, figures: list[Statistic], spec: Spec
) -> Between | None:
    """Return what all figures but the one asked for leave."""
    others = [place for place, each in enumerate(figures) if not _is_same(each, statistic)]
    used = bounds_among(mixture, others)
    kind = spec.by_name[statistic.columns[0]].type
    digits = kind.decimals + 1 if isinstance(kind, NumberType) else _IN_PERCENT
    if statistic.kind is StatisticKind.MISSING:
        digits = _IN_PERCENT
    ratio = _ratio(statistic)
    low = mixture.greatest(ratio, used, digits=digits, sign=-1)
    high = mixture.greatest(ratio, used, digits=digits)
    return None if low is None or high is None else (low, high)


def _ratio(statistic: Statistic) -> Ratio:
    ratio = ratio_of(statistic)
    assert ratio is not None, "asked for are means and shares"
    return ratio


def _declared(block: StatisticsBlock, statistic: Statistic) -> str | None:
    return next(
        (each.value.text for each in block.statistics if _is_same(each, statistic)),
        None,
    )


def _is_same(one: Statistic, other: Statistic) -> bool:
    return _key(one) == _key(other)


def _key(statistic: Statistic) -> tuple[object, ...]:
    return statistic.kind, statistic.columns, statistic.at, statistic.where, statistic.of_all


def _rules(spec: Spec, name: str) -> list[tuple[str, str]]:
    """Return the name and sentence of each statement that mentions the column."""
    found: list[tuple[str, str]] = []
    for column in spec.columns:
        if column.applies_when is not None and name in (
            column.name,
            *columns_of(column.applies_when),
        ):
            found.append((column.name, f"applies when {column.applies_text}"))
        if column.derivation is not None and name in columns_of(column.derivation.formula):
            found.append((column.name, f"is computed as {column.derivation.text}"))
    found += [
        (", ".join(group.columns), "are missing together")
        for group in spec.groups
        if name in group.columns
    ]
    for rule in spec.rules:
        conditions = (rule.then,) if rule.when is None else (rule.when, rule.then)
        if any(name in columns_of(each) for each in conditions):
            found.append((rule.name, rule.sentence))
    return found
