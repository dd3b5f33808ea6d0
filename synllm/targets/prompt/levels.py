"""The four levels of knowledge that a prompt can carry."""

from __future__ import annotations

from enum import StrEnum


class PromptLevel(StrEnum):
    """How much of the spec, and whether any example row, a prompt tells the model."""

    SEED_EX = "seed-ex"
    FEAT_DESC = "feat-desc"
    STAT_GUIDE = "stat-guide"
    CLIN_RULE = "clin-rule"
