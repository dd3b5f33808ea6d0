"""Validate a table against a spec: every cell read, every statement's verdicts counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow as pa

from synllm.diagnostics.diagnostic import Diagnostic, Severity, has_errors
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.validate.conditions_met import add_conditions, pair_conditions
from synllm.validate.engines import Engine, make_judge
from synllm.validate.read_table import open_table
from synllm.validate.report import Report
from synllm.validate.solver import Audit
from synllm.validate.statements import list_statements
from synllm.validate.supplied import compare_supplied
from synllm.validate.tally import Tally


def validate_table(
    spec: Spec,
    table: Path | pd.DataFrame,
    *,
    engine: Engine = "columns",
    offenders: int = 5,
    progress: Callable[[int], None] | None = None,
) -> tuple[Report | None, list[Diagnostic]]:
    """Return the report on a table, or None and why the table can't be read.

    `engine` is how verdicts are found: the column programme, the defining semantics row by row
    ("exact") or the solver ("z3"); the counts are the same. Up to `offenders` rows are shown for
    each broken statement. `progress` is called with the number of rows done.
    """
    opened, diagnostics = open_table(table, spec)
    if opened is None:
        return None, diagnostics
    checked = compare_supplied(spec, opened.columns)
    stating = add_conditions(checked.spec)
    core = lower(stating.spec)
    stated = list_statements(stating.spec, core)
    judge = make_judge(engine, stating.spec, core, stated)
    tally = Tally(stated, offenders, pair_conditions(stated, stating.rule_of))
    audit = Audit(core)
    for batch in opened.batches:
        cells = pa.RecordBatch.from_arrays(
            [batch.column(source) for source in checked.sources.values()], list(checked.sources)
        )
        judged = judge(cells)
        tally.add(judged, cells)
        audit.sample(judged)
        if progress is not None:
            progress(tally.rows)
    if has_errors(opened.problems):
        return None, [*diagnostics, *opened.problems]
    notes = [each for each in diagnostics if each.severity is Severity.NOTE]
    return (
        Report(
            spec=spec.name,
            table=str(table) if isinstance(table, Path) else opened.name,
            rows=tally.rows,
            engine=engine,
            statements=tally.report_statements(stating.spec, opened.locate),
            unreadable=tally.report_problems(checked.sources, opened.locate),
            broken_rows=tally.broken_rows,
            audited=0 if engine == "z3" else audit.confirm(),
            notes=tuple(each.headline for each in notes),
        ),
        [*diagnostics, *opened.problems],
    )
