"""impossible-domain: unsatisfiable exactly when the column has a value of its declared range on a
row within the declared ranges, all rules left aside.
"""

from __future__ import annotations

from collections.abc import Iterator

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import describe_range
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.spec.core import StatementKind, formula_columns


def find_impossible_domains(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for each column without a value that a patient could have.

    For a computed column, a typical patient is shown, with the value computed for them.
    """
    for column in inquiry.core.columns:
        if not column.values:
            told.columns.add(column.name)
            written = inquiry.spec.by_name[column.name]
            yield report(
                "impossible-domain",
                f"no value of `{column.name}` can be recorded: its range leaves none",
                written.type_span,
                describe_range(written),
                fix="widen the range, or record more decimals",
            )
    for index, statement in enumerate(inquiry.core.statements):
        if statement.kind is not StatementKind.DERIVED_RANGE:
            continue
        question = f"`{statement.name}` can be in its declared range"
        if inquiry.possible(statement.outcomes.holds, question, ()) is not False:
            continue
        told.columns.add(statement.name)
        derived = inquiry.spec.by_name[statement.name]
        operands = [
            inquiry.spec.by_name[name]
            for name in inquiry.statement(index).columns
            if name in formula_columns(inquiry.refused(index))
        ]
        others = inquiry.hard - {index}
        patient = inquiry.example(statement.outcomes.violated, others) or inquiry.example(
            statement.outcomes.violated, ()
        )
        finding = report(
            "impossible-domain",
            f"`{statement.name}`, as it is computed, is never in its declared range",
            derived.type_span,
            describe_range(derived),
            also=[(each.type_span, describe_range(each)) for each in operands],
            fix="correct the range, the computation, or the units of the columns in it",
            witness=() if patient is None else inquiry.patient(patient),
        )
        yield told.tell(finding, [index])
