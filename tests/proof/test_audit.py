"""The solver's verdicts on rows are those of the semantics."""

import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.proof.audit import audit_rows
from synllm.spec.core import StatementKind
from synllm.spec.evaluate import (
    evaluate_applicability,
    evaluate_group,
    evaluate_range,
    evaluate_rule,
)
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import MISSING, Row, Verdict
from tests.specs_in_code import stroke_like
from tests.strategies import rows_for, specs

ROW: Row = {
    "gender": "Female",
    "age": Fraction("40.5"),
    "ever_married": "yes",
    "work_type": "children",
    "bmi": MISSING,
    "smoking_status": MISSING,
    "stroke": "no",
}


def evaluated(spec: Spec, row: Row) -> dict[str, Verdict]:
    verdicts: dict[str, Verdict] = {}
    for statement in lower(spec).statements:
        name = statement.name
        match statement.kind:
            case StatementKind.RULE:
                (rule,) = [each for each in spec.rules if each.name == name]
                verdicts[name] = evaluate_rule(rule, row, spec)
            case StatementKind.MISSING_TOGETHER:
                (group,) = [each for each in spec.groups if each.name == name]
                verdicts[name] = evaluate_group(group, row)
            case StatementKind.APPLICABILITY:
                verdicts[name] = evaluate_applicability(spec.by_name[name], row, spec)
            case StatementKind.DERIVED_RANGE:
                verdicts[name] = evaluate_range(spec.by_name[name], row, spec)
    return verdicts


def test_each_rule_of_a_row_has_its_verdict() -> None:
    (verdicts,) = audit_rows(lower(stroke_like()), [ROW])

    assert verdicts == {
        "whole_years": Verdict.VIOLATED,
        "child_status": Verdict.VIOLATED,
        "smoker_age": Verdict.UNDECIDED,
    }


def test_a_value_that_its_column_cannot_record_is_refused() -> None:
    with pytest.raises(ValueError, match="age cannot record"):
        audit_rows(lower(stroke_like()), [{**ROW, "age": Fraction(1, 3)}])


@settings(max_examples=60)
@given(st.sampled_from(["small", "wide"]).flatmap(specs), st.data())
def test_the_verdicts_are_those_of_the_semantics(spec: Spec, data: st.DataObject) -> None:
    rows = data.draw(st.lists(rows_for(spec), min_size=1, max_size=10))

    verdicts = audit_rows(lower(spec), rows)

    assert verdicts == [evaluated(spec, row) for row in rows]


def test_naming_the_room_loads_no_solver() -> None:
    code = (
        "import sys, synllm, synllm.proof.audit, synllm.proof.check; sys.exit('z3' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
