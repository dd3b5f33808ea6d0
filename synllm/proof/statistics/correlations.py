"""Can the declared correlations of some columns all be those of one table?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names
from synllm.proof.statistics.counts import never_absent
from synllm.proof.statistics.wording import describe, name_group
from synllm.spec.model import Spec
from synllm.spec.statistics import Statistic, StatisticKind

_STEPS = 200
_DENOMINATOR = 1_000
_LARGEST = 12


def prove_correlations(spec: Spec, statistics: Sequence[Statistic]) -> list[Diagnostic]:
    """Return a finding for each set of columns whose correlations exclude each other.

    Correlations of one group, each pair of the columns declared, are impossible exactly when no
    matrix of values that round to them is positive semidefinite. What is reported is confirmed in
    fractions: for some weights, the variance of the weighted sum of the standardised columns would
    be negative for every such value. Columns that can be absent are left out: each of their pairs
    is measured on other rows.
    """
    groups: dict[tuple[object, ...], dict[frozenset[str], Statistic]] = {}
    for each in statistics:
        fits = each.kind in (StatisticKind.PEARSON, StatisticKind.SPEARMAN)
        if (
            fits
            and len(set(each.columns)) == 2
            and all(never_absent(c, spec) for c in each.columns)
        ):
            groups.setdefault((each.kind, each.where), {})[frozenset(each.columns)] = each
    findings: list[Diagnostic] = []
    for pairs in groups.values():
        reported: list[set[str]] = []
        for columns in sorted(_cliques(pairs), key=len):
            if any(known <= set(columns) for known in reported):
                continue
            involved = _refute(columns, pairs)
            if involved is not None:
                reported.append(set(involved))
                findings.append(_report(involved, pairs))
    return findings


def _refute(
    columns: Sequence[str], pairs: Mapping[frozenset[str], Statistic]
) -> tuple[str, ...] | None:
    """Return columns of a clique of pairs that exclude each other, or None where none is shown.

    The weights are sought by making the least eigenvalue as large as rounding allows.
    """
    import numpy as np

    ends = {
        (i, j): _ends(pairs[frozenset((columns[i], columns[j]))])
        for i, j in combinations(range(len(columns)), 2)
    }
    matrix = np.eye(len(columns))
    for (i, j), (low, high) in ends.items():
        matrix[i, j] = matrix[j, i] = float(low + high) / 2
    for step in range(1, _STEPS + 1):
        eigenvalues, vectors = np.linalg.eigh(matrix)
        if eigenvalues[0] > 0:
            return None
        weights = [Fraction(float(each)).limit_denominator(_DENOMINATOR) for each in vectors[:, 0]]
        if _greatest_variance(weights, ends) < 0:
            return tuple(name for name, weight in zip(columns, weights, strict=True) if weight)
        for (i, j), (low, high) in ends.items():
            moved = matrix[i, j] + vectors[i, 0] * vectors[j, 0] * float(high - low) / step**0.5
            matrix[i, j] = matrix[j, i] = min(max(moved, float(low)), float(high))
    return None


def _greatest_variance(
    weights: Sequence[Fraction], ends: Mapping[tuple[int, int], tuple[Fraction, Fraction]]
) -> Fraction:
    """Return the greatest variance of the weighted sum for correlations between their ends."""
    total = sum((weight * weight for weight in weights), Fraction(0))
    for (i, j), between in ends.items():
        total += 2 * max(weights[i] * weights[j] * end for end in between)
    return total


def _cliques(pairs: Mapping[frozenset[str], Statistic]) -> Iterator[tuple[str, ...]]:
    """Yield the sets of three or more columns of which every pair is declared, smallest first."""
    names = sorted({name for pair in pairs for name in pair})
    level = [tuple(sorted(pair)) for pair in pairs]
    for _ in range(2, min(len(names), _LARGEST)):
        level = [
            (*clique, name)
            for clique in level
            for name in names
            if name > clique[-1] and all(frozenset((name, each)) in pairs for each in clique)
        ]
        yield from level


def _ends(statistic: Statistic) -> tuple[Fraction, Fraction]:
    value, half = statistic.value.value, statistic.value.half_width
    return max(Fraction(-1), value - half), min(Fraction(1), value + half)


def _report(columns: Sequence[str], pairs: Mapping[frozenset[str], Statistic]) -> Diagnostic:
    figures = [pairs[frozenset(pair)] for pair in combinations(columns, 2)]
    first, *others = sorted(figures, key=lambda each: each.span.start)
    names = list_names([f"`{name}`" for name in columns], "and")
    return report(
        "correlations-impossible",
        f"no patients{name_group(first)} can have these {len(figures)} correlations of {names}: "
        "two columns that go closely with a third go with each other",
        first.span,
        describe(first),
        also=[(each.span, describe(each)) for each in others],
        fix="check the correlations, and their signs, in their source",
    )
