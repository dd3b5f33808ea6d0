"""The order of generation is the row space's; without one it is the declared order, in blocks."""

from hypothesis import given

from synllm.rowspace.field_order import follow_row_space, order_fields
from synllm.rowspace.ready_space import ready_space
from synllm.rowspace.space import RowSpace
from synllm.spec.expressions import ColumnValue, Compare, Is
from synllm.spec.model import MissingTogether, Spec
from synllm.spec.passes.lower import lower, written_columns
from tests.specs_in_code import category_column, cirrhosis_like, number, number_column, stroke_like
from tests.targets.small_specs import small_specs


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


@given(small_specs())
def test_blocks_cut_the_parts_of_the_row_space_and_no_tie_within_one(spec: Spec) -> None:
    space = ready_space(spec, lower(spec))
    if not isinstance(space, RowSpace):
        return
    order = follow_row_space(spec, space)
    block_of = {name: block for block in order.blocks for name in block}
    ties = [group.columns for group in spec.groups] + [
        (column.name, *written_columns((column.applies_when,), spec))
        for column in spec.columns
        if column.applies_when is not None
    ]

    assert order.fields == space.fields
    for part in space.parts:
        for tie in ties:
            assert len({block_of[name] for name in tie if name in part.fields}) <= 1


def test_parts_stand_where_their_first_column_was_declared() -> None:
    spec = stroke_like()
    space = ready_space(spec, lower(spec))
    assert isinstance(space, RowSpace)
    declared = [column.name for column in spec.generated_columns]
    firsts = [min(map(declared.index, part.fields)) for part in space.parts]

    assert firsts == sorted(firsts)
