"""A complete row is found exactly where one exists, and a clash is irreducible."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import assume, event, given, settings

from synllm.proof.check import DEFAULT_BUDGET, prove
from synllm.proof.complete_row import CompleteRow, find_complete_row, prove_complete_row
from synllm.proof.cores import irreducible_core
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.proof.reasons import take_apart
from synllm.proof.session import Satisfiable, Session, Undecided, Unsatisfiable
from synllm.spec.evaluate import broken_statements, row_is_valid
from synllm.spec.expressions import (
    And,
    Arithmetic,
    ColumnValue,
    Compare,
    Condition,
    HasState,
    Is,
    Not,
    Number,
)
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import MISSING, Row
from tests.proof.small_specs import all_rows, conditions, small_specs
from tests.specs_in_code import cirrhosis_like, number, stroke_like

AGE = ColumnValue("age")
ADULT = Rule("adult", "Adults only", None, Compare(">=", AGE, number("18")))
MINOR = Rule("minor", "Minors only", None, Compare("<", AGE, number("18")))
OLDEST = Rule("oldest", "Centenarians only", None, Compare(">=", AGE, number("100")))
CHILDREN = Rule("children", "Children only", None, Is("work_type", frozenset({"children"})))


def inquiry_of(spec: Spec, budget: int = DEFAULT_BUDGET) -> Inquiry:
    return Inquiry(spec, lower(spec), budget)


def with_rules(*rules: Rule, spec: Spec | None = None) -> Spec:
    spec = stroke_like() if spec is None else spec
    return replace(spec, rules=(*spec.rules, *rules))


def clashing_names(spec: Spec) -> list[tuple[str, ...]]:
    found = find_complete_row(inquiry_of(spec))
    assert isinstance(found, tuple)
    return [tuple(claim.name for claim in clash.claims) for clash in found]


@pytest.mark.parametrize("spec", [stroke_like(), cirrhosis_like()], ids=lambda spec: spec.name)
def test_a_complete_row_is_found_and_valid(spec: Spec) -> None:
    found = find_complete_row(inquiry_of(spec))

    assert isinstance(found, CompleteRow)
    assert row_is_valid(found.row, spec)
    assert MISSING not in found.row.values()


def test_the_row_shown_is_a_typical_patient_in_the_codes_of_the_file() -> None:
    (finding,) = prove_complete_row(inquiry_of(stroke_like()), Told())

    assert dict(finding.witness) == {
        "gender": "Female",
        "age": "43.00",
        "ever_married": "No",
        "work_type": "Private",
        "bmi": "29.0",
        "smoking_status": "smokes",
        "stroke": "0",
    }


def test_a_computed_column_is_shown_with_its_value() -> None:
    (finding,) = prove_complete_row(inquiry_of(cirrhosis_like()), Told())

    shown = dict(finding.witness)
    assert shown["Bilirubin_umol"] == str(round(float(shown["Bilirubin"]) * 17.1))


def test_a_rule_that_contradicts_itself_is_the_whole_clash() -> None:
    both = Rule("both", "Adults and minors at once", None, And((ADULT.then, MINOR.then)))

    assert clashing_names(with_rules(both)) == [("rule `both`",)]


def test_two_rules_clash_without_the_range_of_their_column() -> None:
    assert clashing_names(with_rules(ADULT, MINOR)) == [("rule `adult`", "rule `minor`")]


def test_a_rule_beyond_a_range_clashes_with_the_range() -> None:
    assert clashing_names(with_rules(OLDEST)) == [("rule `oldest`", "the range of `age`")]


def test_three_rules_that_only_clash_together_are_all_named() -> None:
    assert clashing_names(with_rules(ADULT, CHILDREN)) == [
        ("rule `child_status`", "rule `adult`", "rule `children`")
    ]


def test_rules_that_exclude_every_label_clash_with_the_list_of_labels() -> None:
    nobody = [
        Rule(f"not_{label}", "", None, Not(Is("gender", frozenset({label}))))
        for label in ("Female", "Male", "Other")
    ]

    assert clashing_names(with_rules(*nobody)) == [
        ("rule `not_Female`", "rule `not_Male`", "rule `not_Other`", "the values of `gender`")
    ]


def test_the_smallest_clash_is_found_among_larger_ones() -> None:
    chain = [
        Rule(
            f"step_{low}",
            "",
            Compare(">=", AGE, number(str(low))),
            Compare(">=", AGE, number(str(low + 1))),
        )
        for low in range(30, 60)
    ]
    spec = with_rules(
        Rule("start", "", None, Compare(">=", AGE, number("30"))),
        *chain,
        Rule("end", "", None, Compare("<=", AGE, number("59"))),
        Rule("start_again", "", None, Compare(">=", AGE, number("70"))),
    )

    assert clashing_names(spec)[0] == ("rule `end`", "rule `start_again`")


def test_separate_clashes_are_told_apart() -> None:
    never_female = Rule("never_female", "", None, Not(Is("gender", frozenset({"Female"}))))
    female = Rule("female", "", None, Is("gender", frozenset({"Female"})))

    assert clashing_names(with_rules(ADULT, MINOR, female, never_female)) == [
        ("rule `adult`", "rule `minor`"),
        ("rule `female`", "rule `never_female`"),
    ]


def test_a_rule_that_keeps_a_column_empty_leaves_other_rows_possible() -> None:
    empty = Rule("empty", "", None, HasState("bmi", MISSING))

    (clash,) = find_complete_row(inquiry_of(with_rules(empty)))

    assert [claim.name for claim in clash.claims] == ["rule `empty`"]
    assert clash.any_row


def test_a_remedy_is_only_named_where_it_is_enough() -> None:
    spec = with_rules(ADULT, MINOR, OLDEST)

    found = find_complete_row(inquiry_of(spec))

    assert isinstance(found, tuple)
    for clash in found:
        for remedy in clash.remedies:
            rest = [rule for rule in spec.rules if f"rule `{rule.name}`" != remedy.name]
            relaxed = replace(spec, rules=tuple(rest))
            assert isinstance(find_complete_row(inquiry_of(relaxed)), CompleteRow)
    assert not found[0].remedies or found[0].remedies[0].name == "rule `minor`"


def test_a_question_beyond_the_budget_is_open_and_names_the_rule() -> None:
    def cube(name: str) -> Arithmetic:
        return Arithmetic(
            "*", ColumnValue(name), Arithmetic("*", ColumnValue(name), ColumnValue(name))
        )

    cubes = Arithmetic("+", cube("age"), cube("bmi"))
    bare = replace(stroke_like(), statistics=())
    spec = with_rules(Rule("cubes", "", None, Compare("=", cubes, Number(45_000))), spec=bare)

    found = {each.finding: each.headline for each in prove(spec, lower(spec), 500)}

    assert "rule `cubes`" in found["undecidable-in-practice"]
    assert "complete-row" not in found
    assert "contradictory-rules" not in found


@settings(max_examples=50)
@given(small_specs())
def test_the_answer_agrees_with_a_search_through_all_rows(spec: Spec) -> None:
    exists = any(MISSING not in row.values() and row_is_valid(row, spec) for row in all_rows(spec))

    found = find_complete_row(inquiry_of(spec))

    assume(not isinstance(found, Undecided))
    event(f"exists: {exists}")
    assert isinstance(found, CompleteRow) is exists


@settings(max_examples=30)
@given(small_specs(), conditions(["a"], 1))
def test_a_clash_is_real_and_nothing_can_be_left_out(spec: Spec, disputed: Condition) -> None:
    spec = with_rules(
        Rule("says", "", None, disputed), Rule("denies", "", None, Not(disputed)), spec=spec
    )
    session, filled = take_apart(
        spec, lower(spec), DEFAULT_BUDGET, lambda session: ((), session.every_column_filled())
    )
    everything = range(len(session.claims))
    assume(isinstance(session.ask(everything, filled), Unsatisfiable))

    clashing = irreducible_core(session, everything, filled)

    assert isinstance(session.ask(clashing, filled), Unsatisfiable)
    for one in clashing:
        rest = [each for each in clashing if each != one]
        assert not isinstance(session.ask(rest, filled), Unsatisfiable)
    names = {session.claims[one].name for one in clashing}
    for row in all_rows(spec):
        if MISSING not in row.values():
            assert _broken(row, spec) & names


def _broken(row: Row, spec: Spec) -> set[str]:
    broken = set(broken_statements(row, spec))
    computed = {column.name for column in spec.columns if column.derivation is not None}
    rules = {rule.name for rule in spec.rules}
    return {
        f"rule `{name}`"
        if name in rules
        else f"the range of `{name}`"
        if name in computed
        else f"the condition of `{name}`"
        for name in broken
    }


def test_the_same_spec_has_the_same_clash_each_time() -> None:
    spec = with_rules(ADULT, MINOR, OLDEST, CHILDREN)

    assert clashing_names(spec) == clashing_names(spec)


def test_an_answer_is_decoded_before_it_is_returned() -> None:
    session = Session(lower(stroke_like()), DEFAULT_BUDGET)

    outcome = session.ask((), [session.pin("age", 6100), session.pin("bmi", MISSING)])

    assert isinstance(outcome, Satisfiable)
    assert (outcome.cells["age"], outcome.cells["bmi"]) == (6100, MISSING)


def test_a_smallest_clash_is_as_small_as_any() -> None:
    spec = with_rules(ADULT, MINOR, OLDEST, CHILDREN)
    core = lower(spec)
    session, filled = take_apart(
        spec, core, DEFAULT_BUDGET, lambda session: ((), session.every_column_filled())
    )
    everything = range(len(session.claims))

    clashing = irreducible_core(session, everything, filled)

    singles = product(everything, repeat=len(clashing) - 1)
    assert not any(isinstance(session.ask(each, filled), Unsatisfiable) for each in singles)
