"""What a cell can hold, and what a condition or a rule can come out as."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, StrEnum
from fractions import Fraction
from typing import TypeAlias


class Special(Enum):
    """The three things a number or category can be instead of a value."""

    MISSING = "missing"
    NOT_APPLICABLE = "not applicable"
    UNDEFINED = "undefined"

    def __repr__(self) -> str:
        return self.name


MISSING = Special.MISSING
NOT_APPLICABLE = Special.NOT_APPLICABLE
UNDEFINED = Special.UNDEFINED

Value: TypeAlias = Fraction | str | Special
"""A number (exact), a category's label, or one of the specials."""

Row: TypeAlias = Mapping[str, Value]
"""One record by column name; cells never hold UNDEFINED, only arithmetic does."""


class Truth(Enum):
    """The outcome of a condition; unknown comes from absent cells, undefined from arithmetic."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"
    UNDEFINED = "undefined"


class Verdict(StrEnum):
    """The outcome of a rule on a row."""

    HOLDS = "holds"
    VIOLATED = "violated"
    NOT_TRIGGERED = "not triggered"
    UNDECIDED = "undecided"
    UNDEFINED = "undefined"
