"""Each figure by itself: does anybody belong to its group, and can the group reach it?"""

from __future__ import annotations

from collections.abc import Sequence

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.source import Span
from synllm.proof.claims import list_names, write_number
from synllm.proof.session import Claim
from synllm.proof.statistics.bounds import both, groups_of, part_of, rest_of, whole_of, within
from synllm.proof.statistics.pool import Pool
from synllm.proof.statistics.pricing import Pricing
from synllm.proof.statistics.reach import blame, ends_of, reach_of
from synllm.proof.statistics.refuted import Refuted
from synllm.proof.statistics.wording import describe, name_event, name_figure, name_group
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import Condition, Is
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind

_NUMBERS = (
    StatisticKind.MEAN,
    StatisticKind.MEDIAN,
    StatisticKind.QUANTILE,
    StatisticKind.MIN,
    StatisticKind.MAX,
)
_ONE_SIDED = {StatisticKind.MIN: "at least", StatisticKind.MAX: "at most"}
_SHARES = (StatisticKind.SHARE, StatisticKind.POINT, StatisticKind.MISSING)


def prove_each_alone(
    spec: Spec, core: CoreSpec, statistics: Sequence[Statistic], pricing: Pricing, pool: Pool
) -> list[Refuted]:
    """Return a finding for each figure that the hard statements rule out.

    A figure about nobody: no valid row belongs to its group. A number out of reach: all values of
    its group lie on one side of it, rounding considered. A share out of reach: nobody (or
    everybody) in the group is counted, and the share isn't 0 (or 100 %).
    """
    findings: list[Refuted] = []
    for place, statistic in enumerate(statistics):
        finding = (
            _about_nobody(statistic, pricing, pool)
            or _number_out_of_reach(statistic, spec, core, pricing, pool)
            or _share_out_of_reach(statistic, pricing, pool)
        )
        if finding is not None:
            findings.append(Refuted(finding, frozenset((place,))))
    return findings


def _about_nobody(statistic: Statistic, pricing: Pricing, pool: Pool) -> Diagnostic | None:
    for group in groups_of(statistic):
        if pool.seek(group) is not False:
            continue
        claims = blame(group, pricing)
        who = _who(statistic, group)
        return report(
            "statistic-about-nobody",
            f"{name_figure(statistic)} can't have been measured: "
            f"no patient {who}{_because(claims)}",
            statistic.span,
            also=_places(claims),
            fix="correct the group, or the rule that empties it",
        )
    return None


def _number_out_of_reach(
    statistic: Statistic, spec: Spec, core: CoreSpec, pricing: Pricing, pool: Pool
) -> Diagnostic | None:
    if statistic.kind not in _NUMBERS:
        return None
    column, group = statistic.columns[0], whole_of(statistic)
    low = statistic.value.value - statistic.value.half_width
    high = statistic.value.value + statistic.value.half_width
    # A least value is a bound from below only, and need not be attained.
    sides = {
        "at most": within(column, low, None),
        "at least": within(column, None, high),
    }
    if statistic.kind in _ONE_SIDED:
        del sides[_ONE_SIDED[statistic.kind]]
    for side, reached in sides.items():
        event = both(group, reached)
        if pool.seek(event) is not False:
            continue
        claims = blame(event, pricing)
        reach = reach_of(column, group, spec, pricing, ends_of(column, spec, core))
        if reach is None:
            return _report(statistic, "", claims)
        limit = reach.high if side == "at most" else reach.low
        return _report(statistic, f"every value there is {side} {write_number(limit)}", claims)
    return None


def _share_out_of_reach(statistic: Statistic, pricing: Pricing, pool: Pool) -> Diagnostic | None:
    if statistic.kind not in _SHARES:
        return None
    value, half = statistic.value.value, statistic.value.half_width
    part = part_of(statistic)
    if value - half > 0 and pool.seek(part) is False:
        event = f"{name_event(statistic)} for nobody{name_group(statistic)}"
        return _report(statistic, event, blame(part, pricing))
    rest = rest_of(statistic)
    if value + half < 1 and pool.seek(rest) is False:
        event = f"{name_event(statistic)} for everybody{name_group(statistic)}"
        return _report(statistic, event, blame(rest, pricing))
    return None


def _report(statistic: Statistic, limit: str, claims: Sequence[Claim]) -> Diagnostic:
    because = _because(claims)
    return report(
        "statistic-out-of-reach",
        f"{describe(statistic)}, but {limit or 'no patient there allows it'}{because}",
        statistic.span,
        also=_places(claims),
        fix="check the figure in its source, or the rule against real patients"
        if claims
        else "check the figure in its source, or what the column can hold",
    )


def _because(claims: Sequence[Claim]) -> str:
    return f" because of {list_names([claim.name for claim in claims], 'and')}" if claims else ""


def _places(claims: Sequence[Claim]) -> list[tuple[Span, str]]:
    return [(claim.span, claim.words) for claim in claims]


def _who(statistic: Statistic, group: Condition) -> str:
    """Return what nobody is: in the figure's group with a value."""
    if statistic.kind is StatisticKind.ODDS_RATIO:
        assert hasattr(group, "operands")
        labels = [
            f"`{each.column}` {next(iter(each.labels))}"
            for each in group.operands[-2:]
            if isinstance(each, Is)
        ]
        return f"has {list_names(labels, 'and')}{name_group(statistic)}"
    values = list_names([f"`{name}`" for name in statistic.columns], "and")
    if statistic.kind is StatisticKind.MISSING or statistic.of_all:
        return f"is in the group{name_group(statistic)}"
    return f"has a value of {values}{name_group(statistic)}"
