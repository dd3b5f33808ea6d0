"""Do the shares of all values of a column come to 100 %?"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from synllm.diagnostics.diagnostic import report
from synllm.proof.claims import write_number
from synllm.proof.statistics.counts import never_absent
from synllm.proof.statistics.refuted import Refuted
from synllm.proof.statistics.wording import name_group
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType, NumberType


def prove_shares_complete(spec: Spec, statistics: Sequence[Statistic]) -> list[Refuted]:
    """Return a finding for each column whose values all have shares that stay below 100 %.

    Unsatisfiable exactly when all values are listed, and even at the upper ends of their rounding
    the shares come to less than 1 (less than 1 − missing, for shares of all rows).
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    for place, each in enumerate(statistics):
        if each.kind is StatisticKind.SHARE:
            groups.setdefault((each.columns, each.where, each.of_all), []).append(place)
    findings: list[Refuted] = []
    for places in groups.values():
        shares = [statistics[place] for place in places]
        whole = _whole(spec, statistics, shares[0])
        if whole is None or not _lists_all(spec, shares):
            continue
        total = sum((each.value.value for each in shares), Fraction(0))
        most = total + sum((each.value.half_width for each in shares), Fraction(0))
        if most < whole:
            column = shares[0].columns[0]
            rest = "" if whole == 1 else f", and with the missing ones to less than {_percent(1)}"
            diagnostic = report(
                "shares-under-100",
                f"the shares of all values of `{column}`{name_group(shares[0])} come to only "
                f"{_percent(total)}{rest}",
                shares[0].span.join(shares[-1].span),
                fix="check the shares in their source, or add the value that is left out to "
                "the column",
            )
            findings.append(Refuted(diagnostic, frozenset(places)))
    return findings


def _whole(spec: Spec, statistics: Sequence[Statistic], share: Statistic) -> Fraction | None:
    """Return what the shares of all values must reach, or None where it isn't known."""
    column = share.columns[0]
    if not share.of_all or never_absent(column, spec):
        return Fraction(1)
    if spec.by_name[column].applies_when is not None or spec.by_name[column].derivation is not None:
        return None
    return next(
        (
            1 - each.value.value - each.value.half_width
            for each in statistics
            if each.kind is StatisticKind.MISSING
            and each.columns == share.columns
            and each.where == share.where
        ),
        None,
    )


def _lists_all(spec: Spec, shares: Sequence[Statistic]) -> bool:
    stated = {each.at for each in shares}
    match spec.by_name[shares[0].columns[0]].type:
        case CategoryType(labels=labels):
            return stated >= set(labels)
        case NumberType(listed=listed) if listed:
            return stated >= set(listed)
        case _:
            return False


def _percent(share: Fraction | int) -> str:
    return f"{write_number(Fraction(share) * 100)}%"
