"""Examples are held against the rules that they illustrate."""

import re
from dataclasses import replace
from fractions import Fraction
from random import Random

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
from synllm.spec.values import MISSING, NOT_APPLICABLE, Value, Verdict
from tests.proof.claimed import blamed_by
from tests.proof.faulty_specs import THOUSANDS, faulty_spec
from tests.proof.oracle import AllRows
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


def faults_of_examples(random: Random) -> list[str]:
    """Return what is wrong about a random example of a random spec, or about what is said of it."""
    spec = faulty_spec(random)
    core = lower(spec)
    seen = AllRows(spec, core)
    if not seen.rows:
        return []
    row = random.choice(seen.rows)
    kept = random.sample(sorted(row), random.randint(1, len(row)))
    rule = random.choice([None, random.choice(spec.rules).name])
    example = Example(rule, tuple((name, row[name]) for name in kept))
    found = findings(spec, example)
    completed = seen.everything
    for name in kept:
        completed &= seen.having(name, row[name])
    if rule is not None:
        index = next(index for index, each in seen.rules if each.name == rule)
        kept_up = any(
            completed >> place & 1 and verdict is not Verdict.VIOLATED
            for place, verdict in enumerate(seen.verdicts[index])
        )
        return ["the rule is broken on no more than some rows"] if kept_up and not found else []
    if bool(completed & seen.valid) is bool(found):
        return [f"{example} is told to be {[each.headline for each in found]}"]
    inquiry = Inquiry(spec, core, DEFAULT_BUDGET)
    for finding in found:
        against = seen.obeying(blamed_by(finding, inquiry))
        cells, _, _ = finding.headline.partition(", but")
        named = set(re.findall(r"`(\w+)` is ", cells))
        together = against
        for name in named:
            together &= seen.having(name, row[name])
        if not named <= set(kept) or together:
            return [f"{finding.headline}: that does not clash"]
    return []


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_what_is_said_about_an_example_is_so(random: Random) -> None:
    assert faults_of_examples(random) == []


@pytest.mark.slow
@settings(max_examples=1_000)
@given(THOUSANDS)
def test_what_is_said_about_an_example_is_always_so(random: Random) -> None:
    assert faults_of_examples(random) == []
