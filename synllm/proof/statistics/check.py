"""Everything that is proved about declared figures, in one list of findings."""

from __future__ import annotations

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec


def prove_statistics(spec: Spec, core: CoreSpec, budget: int) -> list[Diagnostic]:
    """Return the findings about figures that can't be true, alone, together or under the rules.

    Each block is one table of patients of its own: figures of two blocks never contradict each
    other. `budget` is the number of elementary steps for each question about rows.
    """
    if not any(block.statistics for block in spec.statistics):
        return []
    from synllm.proof.statistics.alone import prove_each_alone
    from synllm.proof.statistics.averages import prove_averages
    from synllm.proof.statistics.correlations import prove_correlations
    from synllm.proof.statistics.odds import prove_odds_ratios
    from synllm.proof.statistics.pool import Pool
    from synllm.proof.statistics.pricing import Pricing
    from synllm.proof.statistics.shares import prove_shares_complete
    from synllm.proof.statistics.small_cells import prove_no_small_cells
    from synllm.proof.statistics.spread import prove_spread
    from synllm.proof.statistics.together import prove_together

    findings: list[Diagnostic] = []
    pricing = Pricing(spec, core, budget)
    pool = Pool(spec, core, pricing, {})
    # Where no row is valid, the clash of the rules is the finding.
    some_row = pool.seek(None)
    for block in spec.statistics:
        statistics = block.statistics
        refuted = prove_shares_complete(spec, statistics)
        refuted += prove_spread(spec, core, statistics, block.n)
        if some_row:
            refuted += prove_each_alone(spec, core, statistics, pricing, pool)
        findings += [each.diagnostic for each in refuted]
        findings += prove_correlations(spec, statistics)
        findings += prove_odds_ratios(statistics)
        findings += prove_averages(spec, statistics, block.n)
        findings += prove_no_small_cells(spec, statistics, block.n)
        if some_row:
            left_out = frozenset[int]().union(*(each.places for each in refuted))
            findings += prove_together(spec, core, block, left_out, pricing)
    return findings
