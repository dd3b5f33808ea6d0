"""What the semantics says of a row, statement by statement, in the order of a CoreSpec."""

from synllm.spec.core import CoreSpec, Statement, StatementKind
from synllm.spec.evaluate import (
    evaluate_applicability,
    evaluate_group,
    evaluate_range,
    evaluate_rule,
)
from synllm.spec.model import Spec
from synllm.spec.values import Row, Verdict


def expected_verdicts(spec: Spec, core: CoreSpec, row: Row) -> dict[str, Verdict]:
    """Return every statement's verdict on the row, by name, from `spec/evaluate.py`."""
    return {each.name: expected_verdict(spec, each, row) for each in core.statements}


def expected_verdict(spec: Spec, statement: Statement, row: Row) -> Verdict:
    """Return one statement's verdict on the row, from `spec/evaluate.py`."""
    name = statement.name
    match statement.kind:
        case StatementKind.RULE:
            return evaluate_rule(next(r for r in spec.rules if r.name == name), row, spec)
        case StatementKind.MISSING_TOGETHER:
            return evaluate_group(next(g for g in spec.groups if g.name == name), row)
        case StatementKind.APPLICABILITY:
            return evaluate_applicability(spec.by_name[name], row, spec)
        case StatementKind.DERIVED_RANGE:
            return evaluate_range(spec.by_name[name], row, spec)
