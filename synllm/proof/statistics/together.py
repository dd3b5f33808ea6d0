"""The figures of one block together: can they be those of one table of valid rows?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names
from synllm.proof.cores import irreducible_core
from synllm.proof.session import Claim
from synllm.proof.statistics.amounts import Ratio
from synllm.proof.statistics.bounds import bounds_of, groups_of, ratio_of
from synllm.proof.statistics.mixture import Clash, LeftOpen, Mixture
from synllm.proof.statistics.pricing import Pricing
from synllm.proof.statistics.wording import (
    describe,
    digits_of,
    name_subject,
    name_value,
    write_bound,
)
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import ColumnValue, columns_of
from synllm.spec.model import Spec
from synllm.spec.passes.lower import written_columns
from synllm.spec.statistics import Statistic, StatisticKind, StatisticsBlock

_CLASHES_SHOWN = 5
_NAMED_IN_HEADLINE = 3
_LEAVE_OUT_FIRST = (
    StatisticKind.SD,
    StatisticKind.ODDS_RATIO,
    StatisticKind.QUANTILE,
    StatisticKind.MIN,
    StatisticKind.MAX,
    StatisticKind.MEDIAN,
    StatisticKind.POINT,
    StatisticKind.MISSING,
    StatisticKind.MEAN,
    StatisticKind.SHARE,
)
_BY_THEMSELVES = (StatisticKind.PEARSON, StatisticKind.SPEARMAN)
_ALONE = (
    {StatisticKind.SHARE, StatisticKind.MISSING},
    {StatisticKind.MEAN, StatisticKind.SD, StatisticKind.MISSING},
)


@dataclass(frozen=True, slots=True)
class Component:
    """Written columns that figures and rules tie together, and the places of the figures."""

    columns: frozenset[str]
    figures: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Figures and hard statements that can't be true together; none can be left out."""

    figures: tuple[int, ...]
    claims: tuple[Claim, ...]


def prove_together(
    spec: Spec,
    core: CoreSpec,
    block: StatisticsBlock,
    left_out: Collection[int],
    pricing: Pricing,
) -> list[Diagnostic]:
    """Return a finding for each set of figures that exclude each other under the hard statements.

    Sets found one after the other share no figure. Figures that are impossible by themselves are
    left out.
    """
    kept = [
        place
        for place, each in enumerate(block.statistics)
        if place not in left_out and each.kind not in _BY_THEMSELVES
    ]
    figures = entangled(spec, core, block.statistics, kept)
    if not figures:
        return []
    chosen = [block.statistics[place] for place in figures]
    mixture = mix(spec, core, chosen, block.n, (), pricing)
    if not mixture.gather():
        return []
    findings: list[Diagnostic] = []
    remaining = set(range(len(chosen)))
    while len(findings) < _CLASHES_SHOWN:
        clash = find_clash_among(mixture, chosen, remaining)
        match clash:
            case None:
                break
            case LeftOpen():
                findings.append(_report_open(block))
                break
            case Clash():
                contradiction = reduce_clash(mixture, chosen, clash)
                findings.append(_report(mixture, chosen, contradiction))
                remaining -= set(contradiction.figures)
    return findings


def mix(
    spec: Spec,
    core: CoreSpec,
    statistics: Sequence[Statistic],
    n: int | None,
    ratios: Iterable[Ratio],
    pricing: Pricing,
) -> Mixture:
    """Return the mixture for some figures of one block, and for further shares and means."""
    own = (ratio for each in statistics if (ratio := ratio_of(each)) is not None)
    groups = dict.fromkeys(group for each in statistics for group in groups_of(each))
    return Mixture(
        spec,
        core,
        bounds_of(statistics, n),
        tuple(groups),
        tuple(dict.fromkeys((*own, *ratios))),
        pricing,
    )


def entangled(
    spec: Spec, core: CoreSpec, statistics: Sequence[Statistic], kept: Iterable[int]
) -> list[int]:
    """Return the figures that bear on others through columns and rules.

    The rest are settled by the checks of single figures and of single columns: each can be had
    whatever the values of the columns of other figures are.
    """
    return sorted(
        place
        for component in tie_together(spec, core, statistics, kept)
        if not _is_settled(statistics, component.figures)
        for place in component.figures
    )


def tie_together(
    spec: Spec, core: CoreSpec, statistics: Sequence[Statistic], kept: Iterable[int]
) -> list[Component]:
    """Return the written columns and figures in sets between which nothing is said."""
    leader = {column.name: column.name for column in core.columns}

    def find(name: str) -> str:
        while leader[name] != name:
            name = leader[name]
        return name

    columns = {place: columns_of_figure(statistics[place], spec) for place in kept}
    hard = [statement.columns for statement in core.statements if statement.hard]
    for names in (*hard, *columns.values()):
        for name in names[1:]:
            leader[find(name)] = find(names[0])
    members: dict[str, list[str]] = {}
    for column in core.columns:
        members.setdefault(find(column.name), []).append(column.name)
    figures: dict[str, list[int]] = {}
    for place, names in columns.items():
        if names:
            figures.setdefault(find(names[0]), []).append(place)
    return [
        Component(frozenset(names), tuple(figures.get(first, ())))
        for first, names in members.items()
    ]


def reduce_clash(mixture: Mixture, statistics: Sequence[Statistic], clash: Clash) -> Contradiction:
    """Return the figures and statements of a clash of which none can be left out.

    Where leaving one out could not be settled, it is kept.
    """
    figures = _figures(mixture, clash)
    order = sorted(figures, key=lambda each: (_LEAVE_OUT_FIRST.index(statistics[each].kind), -each))
    for candidate in order:
        if candidate in figures:
            without = find_clash_among(mixture, statistics, figures - {candidate})
            if isinstance(without, Clash):
                clash, figures = without, _figures(mixture, without)
    session = mixture.pricing.session
    blamed = irreducible_core(session, mixture.pricing.claims, [clash.question])
    return Contradiction(tuple(sorted(figures)), tuple(session.claims[number] for number in blamed))


def find_clash_among(
    mixture: Mixture, statistics: Sequence[Statistic], figures: Collection[int]
) -> Clash | LeftOpen | None:
    """Return bounds of these figures that can't hold together; None where all can."""
    groups = dict.fromkeys(group for place in figures for group in groups_of(statistics[place]))
    return mixture.find_clash(bounds_among(mixture, figures), tuple(groups))


def _figures(mixture: Mixture, clash: Clash) -> set[int]:
    return {place for number in clash.bounds for place in mixture.bounds[number].figures}


def bounds_among(mixture: Mixture, figures: Collection[int]) -> list[int]:
    """Return the bounds that these figures alone say."""
    return [
        number
        for number, bound in enumerate(mixture.bounds)
        if all(place in figures for place in bound.figures)
    ]


def columns_of_figure(statistic: Statistic, spec: Spec) -> tuple[str, ...]:
    """Return the written columns that a figure speaks of, its group's included."""
    mentioned = () if statistic.where is None else columns_of(statistic.where)
    names = (*statistic.columns, *mentioned)
    values = [ColumnValue(name) for name in names]
    return written_columns(values, spec)


def _is_settled(statistics: Sequence[Statistic], places: Sequence[int]) -> bool:
    members = [statistics[place] for place in places]
    if len(members) == 1:
        return True
    one_column = len({each.columns for each in members}) == 1
    plain = all(each.where is None and not each.of_all for each in members)
    kinds = {each.kind for each in members}
    return one_column and plain and any(kinds <= alone for alone in _ALONE)


def _report(
    mixture: Mixture, statistics: Sequence[Statistic], contradiction: Contradiction
) -> Diagnostic:
    involved = [statistics[place] for place in contradiction.figures]
    rules = [claim.name for claim in contradiction.claims]
    named = rules if len(rules) <= _NAMED_IN_HEADLINE else [f"{len(rules)} statements"]
    figures = f"these {len(involved)} figures" if len(involved) > 1 else "this figure"
    headline = f"{list_names([figures, *named], 'and')} can't be true together"
    limit = _explain(mixture, statistics, contradiction)
    if limit is not None:
        headline += f": {limit}"
    first, *others = involved
    return report(
        "statistics-contradict",
        headline,
        first.span,
        describe(first),
        also=[
            *((each.span, describe(each)) for each in others),
            *((claim.span, claim.words) for claim in contradiction.claims),
        ],
        fix="check the figures in their source, and the rule against real patients"
        if rules
        else "check the figures in their source",
    )


def _explain(
    mixture: Mixture, statistics: Sequence[Statistic], contradiction: Contradiction
) -> str | None:
    """Return what the other figures and the rules leave for one of them, confirmed exactly."""
    for place in contradiction.figures:
        statistic = statistics[place]
        ratio = ratio_of(statistic)
        if ratio is None:
            continue
        others = bounds_among(mixture, set(contradiction.figures) - {place})
        digits = digits_of(statistic)
        low = statistic.value.value - statistic.value.half_width
        high = statistic.value.value + statistic.value.half_width
        most = mixture.greatest(ratio, others, digits=digits)
        if most is not None and most < low:
            return _leaves(statistic, write_bound(most, statistic, "at most"))
        least = mixture.greatest(ratio, others, digits=digits, sign=-1)
        if least is not None and least > high:
            return _leaves(statistic, write_bound(least, statistic, "at least"))
    return None


def _leaves(statistic: Statistic, limit: str) -> str:
    return f"with the others, {name_subject(statistic)} {limit}, not {name_value(statistic)}"


def _report_open(block: StatisticsBlock) -> Diagnostic:
    source = f" from {block.source}" if block.source else ""
    return report(
        "statistics-left-open",
        f"whether all figures{source} fit together with the rules could not be worked out; "
        "no contradiction was found",
        block.span,
        fix="nothing needs to be done: the figures and the rules are checked in all other ways",
    )
