"""The shape of lowered statements: what back-ends may count on beyond the verdicts."""

import pytest

from synllm.language import parse_spec
from synllm.spec.core import (
    AllOf,
    AnyOf,
    AtLeast,
    Constant,
    CoreSpec,
    FloorQuotient,
    Formula,
    Integer,
    Membership,
    Product,
    Relation,
    StatementKind,
    Sum,
    ValueSet,
    Variable,
)
from synllm.spec.passes.lower import lower

SPEC = """
synspec 1
table patients "Patients" {{
  id : identifier "Key"
  age : decimal(2) in 0.08..82 'a' "Age"
  sex : one of {{F, M, X}} "Sex" may be missing coded "NA"
  stage : ordered {{I < II < III}} "Stage" may be missing coded "NA"
  weight : decimal(1) in 30..200 'kg' "Weight"
  height : integer in 100..220 'cm' "Height"
  births : integer in 0..9 "Births" may be missing coded "NA" applies when sex is F
  sex, stage are missing together
}}
derived bmi : decimal(1) in 8..90 = weight / (height / 100 * height / 100) rounded half up
rule stated "The rule" {rule}
"""


def core_of(rule: str) -> CoreSpec:
    spec, mistakes = parse_spec(SPEC.format(rule=rule))
    assert spec is not None, [each.headline for each in mistakes]
    return lower(spec)


def holds(rule: str) -> Formula:
    """Return where the rule holds, as lowered."""
    return core_of(rule).statements[-1].outcomes.holds


def member(
    column: str, *pieces: tuple[int, int], missing: bool = False, absent: bool = False
) -> Membership:
    return Membership(column, ValueSet(pieces), missing, absent)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("age >= 2", member("age", (200, 8200))),
        ("age > 2.005", member("age", (201, 8200))),
        ("2 < age <= 65", member("age", (201, 6500))),
        ("age * 2 - 1 < 5", member("age", (8, 299))),
        ("abs(age - 10) <= 1", member("age", (900, 1100))),
        ("round(age) = 3", member("age", (250, 349))),
        ("age in {2, 4..5}", member("age", (200, 200), (400, 500))),
        ("age = 2 or age > 80", member("age", (200, 200), (8001, 8200))),
        ("age > 2 and age != 5", member("age", (201, 499), (501, 8200))),
        ("min(age, 3) >= 2", member("age", (200, 8200))),
        ("weight >= 50000 'g'", member("weight", (500, 2000))),
        ("sex is F", member("sex", (0, 0))),
        ("not sex in {F, X}", member("sex", (1, 1))),
        ("stage >= II", member("stage", (1, 2))),
        ("sex is missing", member("sex", missing=True)),
        ("births is not missing", member("births", (0, 9), absent=True)),
        ("births is not applicable", member("births", absent=True)),
        ("age > 90", Constant(False)),
        ("age > 90 or sex is F", member("sex", (0, 0))),
    ],
)
def test_conditions_on_one_column_become_its_values(condition: str, expected: Formula) -> None:
    assert holds(f"always {condition}") == expected


def test_terms_of_several_columns_become_integer_relations() -> None:
    # Ages are recorded in hundredths, numbers of births whole.
    assert holds("always births <= age") == Relation(
        "<=",
        Sum((Product(Integer(100), Variable("births")), Product(Integer(-1), Variable("age")))),
    )
    assert holds("always births < age - 0.005") == Relation(
        "<=",
        Sum(
            (
                Product(Integer(100), Variable("births")),
                Product(Integer(-1), Variable("age")),
                Integer(1),
            )
        ),
    )


def test_a_positive_divisor_is_multiplied_out() -> None:
    assert holds("always weight / height > 0.5") == Relation(
        "<=",
        Sum(
            (
                Product(Integer(5), Variable("height")),
                Product(Integer(-1), Variable("weight")),
                Integer(1),
            )
        ),
    )


def test_a_derived_column_is_inlined_and_its_range_stated() -> None:
    core = core_of("always bmi < 30")
    kinds = {statement.name: statement.kind for statement in core.statements}

    assert kinds["bmi"] is StatementKind.DERIVED_RANGE
    assert "bmi" not in core.by_name
    assert core.statements[-1].columns == ("weight", "height")
    assert isinstance(core.statements[-1].outcomes.holds, Relation)
    assert core.statements[-1].outcomes.undefined == Constant(False)


def test_rounding_is_a_quotient_rounded_down() -> None:
    whole = FloorQuotient(Sum((Variable("age"), Integer(50))), Integer(100))

    assert holds("always age = round(age)") == Relation(
        "=", Sum((Variable("age"), Product(Integer(-100), whole)))
    )


def test_a_divisor_that_may_be_zero_leaves_the_rule_undefined_there() -> None:
    outcomes = core_of("always age / births > 1").statements[-1].outcomes

    assert outcomes.undefined == member("births", (0, 0))
    assert isinstance(outcomes.holds, AllOf)
    assert member("births", (1, 9)) in outcomes.holds.operands


def test_counting_conditions_becomes_at_least() -> None:
    formula = holds("always at least 2 of (age > 50, sex is F, stage is I)")

    assert formula == AtLeast(
        2, (member("age", (5001, 8200)), member("sex", (0, 0)), member("stage", (0, 0)))
    )


def test_nested_conditions_are_flat() -> None:
    formula = holds("always age > 50 or (sex is F or (stage is I and weight > 60))")

    assert isinstance(formula, AnyOf)
    assert [type(each) for each in formula.operands] == [Membership, Membership, AllOf]


def test_statements_come_in_a_fixed_order_with_their_places() -> None:
    core = core_of("always age > 2")

    assert [(each.name, each.kind) for each in core.statements] == [
        ("births", StatementKind.APPLICABILITY),
        ("bmi", StatementKind.DERIVED_RANGE),
        ("sex, stage are missing together", StatementKind.MISSING_TOGETHER),
        ("stated", StatementKind.RULE),
    ]
    assert all(each.span.text for each in core.statements)
    assert core == core_of("always age > 2")
    stated = core.statements[-1].outcomes.holds
    assert isinstance(stated, Membership)
    assert stated.span.text == "age > 2"


def test_columns_keep_their_values_and_labels() -> None:
    core = core_of("always age > 2")

    assert [column.name for column in core.columns] == [
        "age",
        "sex",
        "stage",
        "weight",
        "height",
        "births",
    ]
    assert core.by_name["age"].values == ValueSet.between(8, 8200)
    assert core.by_name["sex"].labels == ("F", "M", "X")
    assert core.by_name["sex"].may_be_missing
    assert core.by_name["births"].may_not_apply
    assert not core.by_name["age"].may_be_missing
