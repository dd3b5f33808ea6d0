"""The verdicts of a sample of delivered rows, computed a second time and independently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from synllm.proof.audit import audit_rows
from synllm.spec.core import CoreSpec
from synllm.spec.values import Row, Verdict

AUDIT_SAMPLE = 50
"""How many rows of a table are judged again."""


def audit_sample(core: CoreSpec, rows: Sequence[Row]) -> int:
    """Judge a spread of the rows once more, in the solver, and return how many.

    Raises AssertionError where it disagrees: that is a defect of synllm, never of the rows.
    """
    step = max(1, len(rows) // AUDIT_SAMPLE)
    sample = rows[::step][:AUDIT_SAMPLE]
    # A rule may be named as a column whose own statement goes by that name.
    named = [
        replace(each, name=f"{each.kind} {each.name}") for each in core.statements if each.hard
    ]
    core = replace(core, statements=tuple(named))
    bad = (Verdict.VIOLATED, Verdict.UNDEFINED)
    for row, verdicts in zip(sample, audit_rows(core, sample), strict=True):
        broken = [name for name, verdict in verdicts.items() if verdict in bad]
        assert not broken, f"the audit finds {broken} broken by the delivered row {dict(row)}"
    return len(sample)
