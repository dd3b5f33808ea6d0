"""A first spec from a table."""

from synllm.draft.draft import draft_spec
from synllm.draft.measure import profile_table
from synllm.draft.profile import ColumnProfile, TableProfile

__all__ = ["ColumnProfile", "TableProfile", "draft_spec", "profile_table"]
