"""Verdicts on concrete rows by Z3: slow, and independent of the column programme."""

from __future__ import annotations

from collections.abc import Iterable

from synllm.spec.core import CoreSpec
from synllm.spec.values import Row, Verdict


def audit_rows(core: CoreSpec, rows: Iterable[Row]) -> list[dict[str, Verdict]]:
    """Return each row's verdicts by statement name, in the order of the core's statements.

    A row has a readable value, MISSING or NOT_APPLICABLE for every column of the core; other keys
    are ignored. Raises ValueError for a value that its column cannot record.
    """
    # Loading z3 takes longer than most commands; only an audit pays for it.
    from synllm.proof.judge import Judge

    judge = Judge(core)
    return [judge.judge(row) for row in rows]
