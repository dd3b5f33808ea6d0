"""What a spec's card says: its declared figures, as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import isclose, sqrt

from synllm.spec.expressions import Interval, Is
from synllm.spec.model import Column, Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType, NumberType
from synllm.targets.prompt.card import QUANTILES, CardField, NumberFigures, render_card
from synllm.targets.row_format import json_code


def write_card(spec: Spec, fields: Sequence[str]) -> str:
    """Return the card of a spec whose rows have the given fields, in their order."""
    return render_card(describe_fields(spec, fields))


def describe_fields(spec: Spec, fields: Sequence[str]) -> tuple[CardField, ...]:
    """Return what the card says of each field.

    Correlations, odds ratios and figures by group become ties: Pearson's r of the numbers, or of
    the codes' places. An odds ratio of two yes/no columns and their shares give theirs exactly,
    means or shares by group what lies between the groups.
    """
    figures = [each for block in spec.statistics for each in block.statistics]
    ties = _find_ties(spec, figures)
    found = []
    for place, name in enumerate(fields):
        column = spec.by_name[name]
        own = [each for each in figures if each.columns == (name,) and each.where is None]
        earlier = [
            (other, ties[frozenset((name, other))])
            for other in fields[:place]
            if frozenset((name, other)) in ties
        ]
        numbers = None
        if isinstance(column.type, NumberType):
            numbers = _describe_numbers(column.type, own)
        found.append(CardField(name, numbers, _describe_codes(column, own), tuple(earlier)))
    return tuple(found)


def _describe_numbers(kind: NumberType, figures: Sequence[Statistic]) -> NumberFigures:
    step = Fraction(1, 10**kind.decimals)
    low, high = kind.listed[:1] or (None,), kind.listed[-1:] or (None,)
    interval = kind.interval or Interval(low[0], high[0])
    assert interval.low is not None, "a field that is written has a range"
    assert interval.high is not None, "a field that is written has a range"
    quantiles = {
        float(each.at): float(each.value.value)
        for each in figures
        if each.kind is StatisticKind.QUANTILE and isinstance(each.at, Fraction)
    }
    if median := _first(figures, StatisticKind.MEDIAN):
        quantiles.setdefault(0.5, median)
    return NumberFigures(
        decimals=kind.decimals,
        low=float(interval.low + (step if interval.low_open else 0)),
        high=float(interval.high - (step if interval.high_open else 0)),
        mean=_first(figures, StatisticKind.MEAN),
        sd=_first(figures, StatisticKind.SD),
        quantiles=tuple(quantiles[at] for at in QUANTILES)
        if set(QUANTILES) <= set(quantiles)
        else (),
        points=tuple(
            (float(each.at), float(each.value.value))
            for each in figures
            if each.kind is StatisticKind.POINT and isinstance(each.at, Fraction)
        ),
    )


def _describe_codes(
    column: Column, figures: Sequence[Statistic]
) -> tuple[tuple[str, float | None], ...]:
    missing = _first(figures, StatisticKind.MISSING) if column.may_be_missing else 0.0
    shares = _shares(column, figures)
    present = 1 - (missing or 0.0)
    codes: dict[str, float | None] = {
        json_code(column.code_of(label)): share * present for label, share in shares.items()
    }
    if column.may_be_missing:
        codes.setdefault(json_code(column.missing_codes[0].code), missing)
    if column.applies_when is not None:
        codes.setdefault(json_code(column.not_applicable_code), None)
    return tuple(codes.items())


def _shares(column: Column, figures: Sequence[Statistic]) -> dict[str, float]:
    """Return the share of each label among the present ones; unstated ones share what is left."""
    if not isinstance(column.type, CategoryType):
        return {}
    missing = _first(figures, StatisticKind.MISSING) or 0.0
    stated = {
        str(each.at): float(each.value.value) / (1 - missing if each.of_all and missing < 1 else 1)
        for each in figures
        if each.kind is StatisticKind.SHARE
    }
    labels = column.type.labels
    rest = max(1 - sum(stated.values()), 0.0) / max(len(labels) - len(stated), 1)
    return {label: stated.get(label, rest) for label in labels}


def _first(figures: Sequence[Statistic], kind: StatisticKind) -> float | None:
    return next((float(each.value.value) for each in figures if each.kind is kind), None)


def _find_ties(spec: Spec, figures: Sequence[Statistic]) -> dict[frozenset[str], float]:
    """Return the correlation of each pair of columns of which figures tell; stated ones win."""
    alone = {
        column.name: [e for e in figures if e.columns == (column.name,) and e.where is None]
        for column in spec.generated_columns
    }
    found: dict[frozenset[str], float] = {}
    grouped: dict[tuple[str, str], dict[str, float]] = {}
    for each in figures:
        match each:
            case Statistic(kind=StatisticKind.PEARSON | StatisticKind.SPEARMAN, where=None):
                turned = [_counts_down(spec.by_name[name]) for name in each.columns]
                sign = -1 if turned[0] != turned[1] else 1
                found[frozenset(each.columns)] = sign * float(each.value.value)
            case Statistic(kind=StatisticKind.ODDS_RATIO, where=None):
                first, second = (spec.by_name[name] for name in each.columns)
                shares = [_shares(one, alone[one.name])["yes"] for one in (first, second)]
                found[frozenset(each.columns)] = _phi(float(each.value.value), *shares)
            case Statistic(columns=(name,), where=Is(column=group, labels=labels)) if (
                len(labels) == 1 and (value := _place_mean(spec.by_name[name], each)) is not None
            ):
                grouped.setdefault((name, group), {})[next(iter(labels))] = value
    for (name, group), means in grouped.items():
        spread = _spread(spec.by_name[name], alone[name])
        tie = _between(means, _shares(spec.by_name[group], alone.get(group, [])), spread)
        if tie is not None:
            found.setdefault(frozenset((name, group)), tie)
    return found


def _counts_down(column: Column) -> bool:
    """Whether a correlation counts the column's first code as the highest: yes, before no."""
    kind = column.type
    return isinstance(kind, CategoryType) and kind.yes_no and kind.labels[0] == "yes"


def _place_mean(column: Column, figure: Statistic) -> float | None:
    """Return a group's mean number, or its mean place among two labels."""
    if figure.kind is StatisticKind.MEAN:
        return float(figure.value.value)
    labels = column.type.labels if isinstance(column.type, CategoryType) else ()
    if figure.kind is not StatisticKind.SHARE or figure.of_all or len(labels) != 2:
        return None
    share = float(figure.value.value)
    return 1 - share if figure.at == labels[0] else share


def _spread(column: Column, figures: Sequence[Statistic]) -> float:
    if isinstance(column.type, CategoryType):
        share = next(iter(_shares(column, figures).values()))
        return sqrt(share * (1 - share))
    return _first(figures, StatisticKind.SD) or 0.0


def _between(
    means: Mapping[str, float], shares: Mapping[str, float], spread: float
) -> float | None:
    """Return the correlation with the group's place, from means by group."""
    places = {label: place for place, label in enumerate(shares)}
    known = {label: share for label, share in shares.items() if label in means and share > 0}
    total = sum(known.values())
    if len(known) < 2 or not spread > 0:
        return None
    mean = sum(share * means[label] for label, share in known.items()) / total
    middle = sum(share * places[label] for label, share in known.items()) / total
    both = sum(s * (means[each] - mean) * (places[each] - middle) for each, s in known.items())
    own = sqrt(sum(s * (places[each] - middle) ** 2 for each, s in known.items()) / total)
    return max(-1.0, min(1.0, both / total / (own * spread)))


def _phi(odds: float, first: float, second: float) -> float:
    """Return the correlation of two yes/no columns from their odds ratio and shares of yes."""
    scale = sqrt(first * (1 - first) * second * (1 - second))
    if not scale > 0:
        return 0.0
    if isclose(odds, 1.0):
        return 0.0
    # Plackett's table: the share of yes-yes solves a quadratic.
    linear = 1 + (first + second) * (odds - 1)
    both = (linear - sqrt(linear**2 - 4 * odds * (odds - 1) * first * second)) / (2 * (odds - 1))
    return (both - first * second) / scale
