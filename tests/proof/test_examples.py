"""Examples are held against the rules that they illustrate."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.examples import prove_examples
from synllm.proof.inquiry import Inquiry
from synllm.spec.evaluate import row_is_valid
from synllm.spec.model import Example, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import MISSING, NOT_APPLICABLE, Value
from tests.proof.small_specs import all_rows, fits, small_specs
from tests.specs_in_code import cirrhosis_like, stroke_like


def findings(spec: Spec, *examples: Example) -> list[Diagnostic]:
    spec = replace(spec, examples=examples)
    return prove_examples(Inquiry(spec, lower(spec), DEFAULT_BUDGET))


def ok(**cells: Value) -> Example:
    return Example(None, tuple(cells.items()))


def breaks(rule: str, **cells: Value) -> Example:
    return Example(rule, tuple(cells.items()))


def test_examples_that_agree_are_no_finding() -> None:
    agreeing = (
        ok(age=Fraction(61), work_type="Private", ever_married="yes"),
        breaks("child_status", age=Fraction(40), work_type="children", ever_married="no"),
    )

    assert findings(stroke_like(), *agreeing) == []


def test_an_ok_example_that_cannot_be_completed_names_what_clashes() -> None:
    (finding,) = findings(stroke_like(), ok(age=Fraction(40), work_type="children"))

    assert finding.finding == "example-disagrees"
    assert finding.headline == (
        "the patient of this example cannot exist: `age` is 40 and `work_type` is children, "
        "but rule `child_status` says otherwise"
    )


def test_cells_without_a_part_in_the_clash_are_not_named() -> None:
    impossible = ok(gender="Female", age=Fraction(40), work_type="children", stroke="no")

    (finding,) = findings(stroke_like(), impossible)

    assert "gender" not in finding.headline
    assert "stroke" not in finding.headline


def test_a_rule_that_the_example_does_not_break_says_why() -> None:
    def headline(**cells: Value) -> str:
        (finding,) = findings(stroke_like(), breaks("child_status", **cells))
        return finding.headline

    prefix = "the patient of this example does not surely break rule `child_status`: "
    grown_up = headline(age=Fraction(40), work_type="Private")
    assert grown_up == prefix + "the rule's condition is not met"
    child = headline(age=Fraction(4), work_type="children", ever_married="no")
    assert child == prefix + "the rule holds on it"
    partly = headline(age=Fraction(4), work_type="children")
    assert partly == prefix + "it leaves out a value that decides it"


def test_what_an_example_leaves_out_is_asked_for() -> None:
    example = breaks("child_status", age=Fraction(4), work_type="children")

    (finding,) = findings(stroke_like(), example)

    assert finding.fix == "give `ever_married` a value too"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"age": Fraction(400)}, "`age` is 400, but `age` is 0.08..82"),
        ({"age": MISSING}, "`age` is missing, but `age` may not be missing"),
        (
            {"age": NOT_APPLICABLE},
            "`age` is not applicable, but `age` applies to every patient",
        ),
    ],
)
def test_a_cell_that_its_column_cannot_hold(cells: dict[str, Value], reason: str) -> None:
    (finding,) = findings(stroke_like(), ok(**cells))

    assert finding.headline == f"the patient of this example cannot exist: {reason}"


def test_a_computed_cell_is_held_against_the_cells_it_comes_from() -> None:
    agreeing = ok(Bilirubin=Fraction(2), Bilirubin_umol=Fraction(34))
    differing = ok(Bilirubin=Fraction(2), Bilirubin_umol=Fraction(36))
    skipped_by_rounding = ok(Bilirubin_umol=Fraction(35))

    found = findings(cirrhosis_like(), agreeing, differing, skipped_by_rounding)

    assert [finding.headline for finding in found] == [
        "the patient of this example cannot exist: "
        "`Bilirubin_umol` is 36, but comes out as 34 from the cells beside it",
        "the patient of this example cannot exist: `Bilirubin_umol` is 35 in no row of this table",
    ]


@settings(max_examples=40)
@given(small_specs(rules=2), st.data())
def test_an_ok_example_agrees_where_a_row_completes_it(spec: Spec, data: st.DataObject) -> None:
    rows = list(all_rows(spec))
    row = data.draw(st.sampled_from(rows))
    kept = data.draw(st.sets(st.sampled_from(sorted(row)), min_size=1))
    example = Example(None, tuple((name, row[name]) for name in sorted(kept)))
    completable = any(fits(each, example) and row_is_valid(each, spec) for each in rows)

    found = findings(spec, example)

    event(f"completable: {completable}")
    assert [each.finding for each in found] == ([] if completable else ["example-disagrees"])
