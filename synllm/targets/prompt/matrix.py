"""What each prompt level contains, and so discloses to whoever runs the model."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from synllm.spec.model import Spec
from synllm.spec.types import CategoryType, NumberType
from synllm.targets.markdown import markdown_table
from synllm.targets.prompt.content import sections_of
from synllm.targets.prompt.levels import PromptLevel


class LevelContents(BaseModel):
    """How much of each kind of knowledge one prompt level carries."""

    model_config = ConfigDict(frozen=True)

    level: PromptLevel
    column_names: int
    descriptions: int = 0
    units: int = 0
    ranges: int = 0
    codes: int = 0
    statistics: int = 0
    hard_rules: int = 0
    soft_rules: int = 0
    example_rows: int = 0
    example_cells: int = 0


class DisclosureMatrix(BaseModel):
    """The contents of every prompt level, the same for each row that is asked for."""

    model_config = ConfigDict(frozen=True)

    spec: str
    levels: tuple[LevelContents, ...]

    def render_markdown(self) -> str:
        """Return the matrix as a Markdown table, one column per level."""
        names = [level.level.value for level in self.levels]
        lines = [
            f"# What the prompts of `{self.spec}` disclose",
            "",
            *markdown_table(["", *names], [_matrix_row(field, self.levels) for field in _FIELDS]),
            "",
            "Example rows are the rows given with `--examples`; if they are real, so is what these",
            "prompts show. Statistics are figures about real patients as the spec declares them.",
            "",
        ]
        return "\n".join(lines)


_FIELDS = {
    "column_names": "column names",
    "descriptions": "descriptions",
    "units": "units",
    "ranges": "ranges and listed values",
    "codes": "codes, missing codes included",
    "statistics": "statistics",
    "hard_rules": "rules",
    "soft_rules": "rules for most cases",
    "example_rows": "example rows",
    "example_cells": "cells in example rows",
}


def disclosure_matrix(spec: Spec, example_rows: int) -> DisclosureMatrix:
    """Return what each level contains, read off the sections of its template."""
    return DisclosureMatrix(
        spec=spec.name,
        levels=tuple(_contents(level, spec, example_rows) for level in PromptLevel),
    )


def _contents(level: PromptLevel, spec: Spec, example_rows: int) -> LevelContents:
    sections = sections_of(level)
    generated = spec.generated_columns
    numbers = [each.type for each in generated if isinstance(each.type, NumberType)]
    counts: dict[str, int] = {}
    if "columns" in sections:
        counts |= {
            "descriptions": sum(bool(each.description) for each in generated),
            "units": sum(kind.unit is not None for kind in numbers),
            "ranges": len(numbers),
            "codes": sum(
                len(each.codes if isinstance(each.type, CategoryType) else ())
                + len(each.missing_codes)
                + (each.applies_when is not None)
                for each in generated
            ),
        }
    if "statistics" in sections:
        counts["statistics"] = sum(
            len(block.statistics) + len(block.shapes) for block in spec.statistics
        )
    if "rules" in sections:
        counts["hard_rules"] = len(spec.hard_rules)
        counts["soft_rules"] = len(spec.rules) - len(spec.hard_rules)
    if "examples" in sections:
        counts["example_rows"] = example_rows
        counts["example_cells"] = example_rows * len(generated)
    return LevelContents(level=level, column_names=len(generated), **counts)


def _matrix_row(field: str, levels: tuple[LevelContents, ...]) -> list[str]:
    counts = [getattr(level, field) for level in levels]
    return [_FIELDS[field], *(str(count) if count else "–" for count in counts)]
