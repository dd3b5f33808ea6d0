"""Does a published share tell of a handful of patients?"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, floor

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.statistics.counts import Count, Counts
from synllm.proof.statistics.wording import name_event, name_group
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType

SMALL = 11
"""Groups below this are not published: the rule of the US Centers for Medicare & Medicaid."""


def prove_no_small_cells(
    spec: Spec, statistics: Sequence[Statistic], n: int | None
) -> list[Diagnostic]:
    """Return a finding for each share that surely is one of 1 to 10 patients, or leaves so few.

    What is left counts for yes/no columns, whose other share is as good as stated. Missing cells
    are no group of patients here.
    """
    if n is None:
        return []
    counts = Counts(spec, statistics, n)
    findings: list[Diagnostic] = []
    for each in statistics:
        if each.kind not in (StatisticKind.SHARE, StatisticKind.POINT):
            continue
        whole = counts.of(each)
        low, high = (
            each.value.value - each.value.half_width,
            each.value.value + each.value.half_width,
        )
        group = Count(ceil(low * whole.low), floor(high * whole.high))
        if _is_small(group):
            findings.append(_report(each, group, name_event(each)))
            continue
        kind = spec.by_name[each.columns[0]].type
        if isinstance(kind, CategoryType) and kind.yes_no and not each.of_all:
            rest = Count(ceil((1 - high) * whole.low), floor((1 - low) * whole.high))
            if _is_small(rest):
                other = "no" if each.at == "yes" else "yes"
                findings.append(_report(each, rest, f"`{each.columns[0]}` is {other}"))
    return findings


def _is_small(group: Count) -> bool:
    return 1 <= group.low <= group.high < SMALL


def _report(statistic: Statistic, group: Count, event: str) -> Diagnostic:
    number = str(group.low) if group.low == group.high else f"{group.low} to {group.high}"
    patients = "patient" if group.high == 1 else "patients"
    return report(
        "small-cell",
        f"{statistic.value.text} tells of {number} {patients} in whom {event}"
        f"{name_group(statistic)}: so few could be recognised",
        statistic.span,
        fix="leave the figure out, or join the group with another one",
    )
