"""The columns that declared figures go by: `where stroke is yes`."""

from __future__ import annotations

from collections import Counter

from synllm.spec.expressions import columns_of
from synllm.spec.model import Spec
from synllm.spec.types import CategoryType

MOST_LABELS = 12
"""A column with more labels makes too many groups to be written first."""

FEWEST_FIGURES = 2


def list_grouping_columns(spec: Spec) -> tuple[str, ...]:
    """Return the generated category columns that at least two figures' groups are made by.

    The one that most figures go by comes first, then the one declared first.
    """
    uses: Counter[str] = Counter()
    for block in spec.statistics:
        for each in block.statistics:
            if each.where is not None:
                uses.update(set(columns_of(each.where)))
    names = [
        column.name
        for column in spec.generated_columns
        if isinstance(column.type, CategoryType)
        and len(column.type.labels) <= MOST_LABELS
        and uses[column.name] >= FEWEST_FIGURES
    ]
    return tuple(sorted(names, key=lambda name: -uses[name]))
