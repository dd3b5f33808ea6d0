"""How declared figures are met, as a table for people: counts by kind, then each that is missed."""

from __future__ import annotations

from collections.abc import Sequence

from synllm.generate.run_manifest import TargetRecord

_IN_PERCENT = ("share", "missing", "point")
_PLURAL = {
    "mean": "means",
    "sd": "standard deviations",
    "median": "medians",
    "min": "least values",
    "max": "greatest values",
    "quantile": "quantiles",
    "share": "shares",
    "missing": "missing shares",
    "point": "point masses",
    "pearson": "correlations",
    "spearman": "rank correlations",
    "odds ratio": "odds ratios",
}


def targets_text(targets: Sequence[TargetRecord]) -> str:
    """Return how many figures of each kind are met, and for each other one by how much not."""
    met = sum(each.met for each in targets)
    lines = [f"{met:,} of {len(targets):,} declared figures are met"]
    kinds = dict.fromkeys(each.kind for each in targets)
    width = max(len(_PLURAL[kind]) for kind in kinds)
    for kind in kinds:
        own = [each for each in targets if each.kind == kind]
        good = sum(each.met for each in own)
        lines.append(f"  {_PLURAL[kind]:<{width}}  {good:>3} of {len(own):>3}")
    missed = [each for each in targets if not each.met]
    if missed:
        lines.append("not met:")
        lines.extend(f"  {_word_missed(each)}" for each in missed)
    return "\n".join(lines)


def _word_missed(target: TargetRecord) -> str:
    if target.delivered is None:
        return f"{target.figure}: declared {target.declared}, no row bears on it"
    number = _word_number(target, target.delivered)
    if target.kind in ("quantile", "median"):
        number = f"the value at or below which {target.delivered:.1%} lie"
    off = target.distance or 0.0
    share = f" ({off / target.tolerance:.1f} times its tolerance off)" if target.tolerance else ""
    return f"{target.figure}: declared {target.declared}, delivered {number}{share}"


def _word_number(target: TargetRecord, value: float) -> str:
    if target.kind in _IN_PERCENT:
        return f"{value:.2%}"
    decimals = len(target.declared.partition(".")[2])
    return f"{value:.{decimals + 1}f}"
