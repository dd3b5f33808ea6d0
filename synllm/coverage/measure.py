"""Measure what a table exercises of a spec: rules, clauses, values and boundaries."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from synllm.coverage.count import Counted, count_table
from synllm.coverage.describe import (
    describe_column,
    describe_statement,
    describe_threshold,
)
from synllm.coverage.goals import list_goals, measure_goals
from synllm.coverage.outline import Outline, outline_spec
from synllm.coverage.report import CoverageReport
from synllm.diagnostics.diagnostic import Diagnostic, Severity, has_errors
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.validate.read_table import open_table


def measure_coverage(
    spec: Spec,
    table: Path | pd.DataFrame,
    *,
    progress: Callable[[int], None] | None = None,
) -> tuple[CoverageReport | None, list[Diagnostic]]:
    """Return what a table exercises of a spec, or None and why the table can't be read.

    Every count equals the one found row by row in the defining semantics, where a condition with
    an unreadable cell is unknown. `progress` is called with the number of rows done.
    """
    opened, diagnostics = open_table(table, spec)
    if opened is None:
        return None, diagnostics
    core = lower(spec)
    outline = outline_spec(spec, core)
    thresholds = {
        column.name: [e.threshold for e in outline.thresholds if e.column.name == column.name]
        for column in spec.generated_columns
    }
    counted = count_table(spec, outline.conditions(), thresholds, opened, progress)
    diagnostics = [*diagnostics, *opened.problems]
    if has_errors(opened.problems):
        return None, diagnostics
    name = str(table) if isinstance(table, Path) else opened.name
    notes = [each.headline for each in diagnostics if each.severity is Severity.NOTE]
    return _report(spec, core, outline, counted, name, notes), diagnostics


def _report(
    spec: Spec, core: CoreSpec, outline: Outline, counted: Counted, table: str, notes: list[str]
) -> CoverageReport:
    goals = list_goals(outline, counted, spec)
    measures, gaps, some_row = measure_goals(goals, spec, core)
    columns = tuple(describe_column(each, counted) for each in outline.columns)
    unreadable = sum(column.unreadable for column in columns)
    if unreadable:
        cells = "1 cell" if unreadable == 1 else f"{unreadable:,} cells"
        notes = [*notes, f"{cells} can't be read: see synllm validate"]
    if not some_row:
        notes = [*notes, "no row can obey all hard rules: see synllm check"]
    return CoverageReport(
        spec=spec.name,
        file=spec.source.name or None,
        table=table,
        rows=counted.rows,
        statements=tuple(
            describe_statement(each, place, counted)
            for place, each in enumerate(outline.statements)
        ),
        columns=columns,
        thresholds=tuple(describe_threshold(each, counted) for each in outline.thresholds),
        measures=measures,
        gaps=gaps,
        notes=tuple(notes),
    )
