"""The order of generation keeps blocks together and is the declared order otherwise."""

from synllm.rowspace.field_order import order_fields
from synllm.spec.expressions import ColumnValue, Compare, Is
from synllm.spec.model import MissingTogether, Spec
from tests.specs_in_code import category_column, cirrhosis_like, number, number_column, stroke_like


def test_without_ties_the_declared_order_stays() -> None:
    order = order_fields(stroke_like())

    assert order.fields == tuple(column.name for column in stroke_like().generated_columns)
    assert all(len(block) == 1 for block in order.blocks)


def test_blocks_stand_where_their_first_member_was_declared() -> None:
    assert order_fields(cirrhosis_like()).blocks == (
        ("Age", "Sex", "Pregnancies", "Delivery"),
        ("Drug", "Ascites", "Cholesterol"),
        ("Bilirubin",),
        ("Stage",),
    )


def test_a_column_follows_those_its_condition_mentions() -> None:
    spec = Spec(
        "t",
        "",
        columns=(
            number_column("late", "0", "9", applies_when=Is("early", frozenset({"a"}))),
            category_column("other", "x", "y"),
            category_column("early", "a", "b"),
        ),
    )

    assert order_fields(spec).blocks == (("early", "late"), ("other",))


def test_a_group_stays_adjacent_after_what_its_members_depend_on() -> None:
    dosed = Compare(">", ColumnValue("dose"), number("0"))
    spec = Spec(
        "t",
        "",
        columns=(
            number_column("left", "0", "9", applies_when=dosed),
            number_column("dose", "0", "9"),
            number_column("right", "0", "9"),
        ),
        groups=(MissingTogether(("left", "right")),),
    )

    assert order_fields(spec).blocks == (("dose", "left", "right"),)
