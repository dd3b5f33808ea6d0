"""A column's domain is exactly what the statements about it alone allow."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.domains import column_domains
from synllm.rowspace.grid import GRID_LIMIT
from synllm.spec.core import StatementKind, ValueSet
from synllm.spec.evaluate import row_is_valid
from synllm.spec.expressions import (
    And,
    Arithmetic,
    Call,
    ColumnValue,
    Compare,
    Condition,
    Count,
    HasState,
    Iff,
    Not,
    Number,
    Or,
    Round,
    Term,
)
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code
from synllm.spec.values import MISSING
from tests.specs_in_code import category_column, number, number_column, stroke_like


def domain(spec: Spec, name: str) -> CellSet:
    return column_domains(spec, lower(spec)).cells[name]


def test_ages_from_two_on_are_whole() -> None:
    domains = column_domains(stroke_like(), lower(stroke_like()))

    whole = ValueSet.of(range(200, 8_201, 100))
    assert domains.cells["age"] == CellSet(ValueSet.between(8, 199).union(whole))
    assert domains.enforced == {(StatementKind.RULE, "whole_years")}


def test_absences_are_part_of_the_domain() -> None:
    column = category_column("drug", "a", "b", missing=(Code("NA"),))
    never_missing = Rule("known", "", None, HasState("drug", None))

    assert domain(Spec("t", "", (column,)), "drug") == CellSet(ValueSet.between(0, 1), missing=True)
    assert domain(Spec("t", "", (column,), rules=(never_missing,)), "drug") == CellSet(
        ValueSet.between(0, 1)
    )


def test_a_soft_rule_takes_nothing_away() -> None:
    rule = Rule("low", "", None, Compare("<", ColumnValue("x"), number("3")), Fraction(9, 10))
    spec = Spec("t", "", (number_column("x", "0", "9"),), rules=(rule,))

    assert domain(spec, "x") == CellSet(ValueSet.between(0, 9))


def test_a_value_written_like_a_missing_code_can_not_occur() -> None:
    numeric = number_column("x", "-9.0", "3", 1, missing=(Code("-9", numeric=True),))
    text = number_column("y", "-9.0", "3", 1, missing=(Code("-9"),))
    spec = Spec("t", "", (numeric, text))

    assert domain(spec, "x").values == ValueSet.between(-89, 30)
    assert domain(spec, "y").values == ValueSet.between(-90, 30)


def test_too_many_values_to_go_through_are_left_to_checking_after() -> None:
    x = ColumnValue("x")
    rule = Rule("whole", "", None, Compare("=", x, Round(x)))
    spec = Spec("t", "", (number_column("x", "0", str(GRID_LIMIT), 1),), rules=(rule,))
    domains = column_domains(spec, lower(spec))

    assert len(domains.cells["x"].values) == 10 * GRID_LIMIT + 1
    assert domains.enforced == frozenset()
    assert domains.weaker == {
        (StatementKind.RULE, "whole"): "`x` has more than 1,000,000 possible values to go through"
    }


terms = st.recursive(
    st.just(ColumnValue("x")) | st.integers(-4, 4).map(lambda n: Number(Fraction(n, 2))),
    lambda inner: (
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner)
        | st.builds(lambda a: Call("abs", (a,)), inner)
        | st.builds(lambda a, b: Call("max", (a, b)), inner, inner)
        | st.builds(Round, inner)
    ),
    max_leaves=4,
)


def compare(sign: str, left: Term, right: Term) -> Compare:
    return Compare(sign, left, right)  # type: ignore[arg-type]


conditions: st.SearchStrategy[Condition] = st.recursive(
    st.builds(compare, st.sampled_from(["<", "<=", "=", "!="]), terms, terms)
    | st.just(HasState("x", MISSING)),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Iff, inner, inner)
        | st.builds(lambda a, b: And((a, b)), inner, inner)
        | st.builds(lambda a, b: Or((a, b)), inner, inner)
        | st.builds(lambda a, b, c: Count(1, 2, (a, b, c)), inner, inner, inner)
    ),
    max_leaves=4,
)


@given(st.lists(conditions, min_size=1, max_size=2))
def test_domains_agree_with_the_semantics(wanted: list[Condition]) -> None:
    column: Column = number_column("x", "-3", "4", 1, missing=(Code("NA"),))
    rules = tuple(Rule(f"r{index}", "", None, each) for index, each in enumerate(wanted))
    spec = Spec("t", "", (column,), rules=rules)
    domains = column_domains(spec, lower(spec))
    kept = tuple(rule for rule in rules if (StatementKind.RULE, rule.name) in domains.enforced)
    enforced = Spec("t", "", (column,), rules=kept)

    for tenth in range(-30, 41):
        valid = row_is_valid({"x": Fraction(tenth, 10)}, enforced)

        assert (tenth in domains.cells["x"].values) == valid

    assert domains.cells["x"].missing == row_is_valid({"x": MISSING}, enforced)
    assert len(kept) == len(rules) or domains.weaker
