"""Example rows for prompts, read by the spec's codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.spec.cells import CellProblem, read_row
from synllm.spec.model import Spec
from synllm.spec.values import Row, Value


def read_examples(
    spec: Spec, examples: Sequence[Mapping[str, str]]
) -> tuple[tuple[Row, ...], tuple[Diagnostic, ...]]:
    """Return the rows that can be read, and a finding for each that can't and is left out.

    An example maps column names to cells as the data file holds them; other names are ignored.
    """
    rows: list[Row] = []
    findings: list[Diagnostic] = []
    for number, cells in enumerate(examples, start=1):
        row: dict[str, Value] = {}
        problem: Diagnostic | None = None
        for name, value in read_row(spec, cells).items():
            if not isinstance(value, CellProblem):
                row[name] = value
            elif problem is None:
                problem = _report(spec, number, name, cells.get(name, ""), value)
        if problem is None:
            rows.append(row)
        else:
            findings.append(problem)
    return tuple(rows), tuple(findings)


def _report(spec: Spec, number: int, name: str, cell: str, problem: CellProblem) -> Diagnostic:
    held = f'holds "{cell}", ' if cell else "is "
    return report(
        "unreadable-example-row",
        f"example row {number} is left out of the prompts: `{name}` {held}{problem.value}",
        spec.by_name[name].type_span,
        "declared here",
        fix="correct the row, or widen the column's declaration",
        witness=[(name, cell)],
    )
