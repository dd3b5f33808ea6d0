"""The row regex matches exactly the rows that the spec calls valid, cell text by cell text."""

import re

import pytest
from hypothesis import given

from synllm.spec.cells import CellProblem, read_row
from synllm.spec.evaluate import broken_statements
from synllm.spec.expressions import And, ColumnValue, Compare, Is, Or
from synllm.spec.model import Column, MissingTogether, Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Value
from synllm.targets.regex import RowGrammar, build_row_grammar
from synllm.targets.row_format import json_code, json_value
from tests.specs_in_code import category_column, number, number_column, stroke_like
from tests.targets.small_specs import (
    candidate_rows,
    grammar_of,
    row_text,
    small_cirrhosis,
    small_specs,
)


def is_written(column: Column, literal: str, row: Row) -> bool:
    """Return whether the literal is how synllm writes what the cell was read as."""
    value = row[column.name]
    if value is MISSING:
        return literal in {json_code(missing.code) for missing in column.missing_codes}
    if value is NOT_APPLICABLE:
        return literal == json_code(column.not_applicable_code)
    return literal == json_value(column, value)


def broken_by(spec: Spec, grammar: RowGrammar, cells: dict[str, str]) -> set[str] | None:
    """Return the names of the statements that a row breaks; None where a cell is not as written."""
    parsed = grammar.row_format.parse_row(row_text(cells))
    assert parsed is not None
    row: dict[str, Value] = {}
    for name, value in read_row(spec, parsed).items():
        if isinstance(value, CellProblem):
            return None
        row[name] = value
    if not all(is_written(spec.by_name[name], literal, row) for name, literal in cells.items()):
        return None
    return set(broken_statements(row, spec))


def assert_exact(spec: Spec, grammar: RowGrammar, rows: int = 3_000) -> None:
    """Compare regex and semantics on every combination of cells, or on many where there are many.

    Every valid row matches, and a matching row breaks no statement that is called enforced.
    """
    matches = re.compile(grammar.pattern).fullmatch
    enforced = {name for _, name in grammar.enforced}
    for cells in candidate_rows(grammar, rows):
        text = row_text(cells)
        broken = broken_by(spec, grammar, cells)

        if matches(text):
            assert broken is not None, text
            assert broken.isdisjoint(enforced), text
        else:
            assert broken is None or broken, text


def test_groups_applicability_and_derived_ranges() -> None:
    spec = small_cirrhosis()
    grammar = grammar_of(spec)

    assert not grammar.weaker
    assert len(grammar.enforced) == 4
    # Every column but those of one block is kept at a valid cell, so that valid rows are common.
    for block in grammar.blocks:
        fixed = [
            Column(c.name, c.type, codes=c.codes) if c.name not in block.columns else c
            for c in spec.columns
            if c.name in block.columns
        ]
        groups = tuple(g for g in spec.groups if set(g.columns) <= set(block.columns))
        part = Spec(spec.name, "", tuple(fixed), groups=groups)
        assert_exact(part, grammar_of(part), rows=20_000)


def test_a_single_column_rule_narrows_the_column() -> None:
    spec = stroke_like()
    grammar = grammar_of(spec)
    matches = re.compile(grammar.pattern).fullmatch

    for cents in range(0, 8_310):
        age = f"{cents // 100}.{cents % 100:02}"
        row = (
            f'{{"gender":"Female","age":{age},"work_type":"Private","ever_married":"No",'
            '"bmi":"N/A","smoking_status":"Unknown","stroke":0}'
        )

        assert bool(matches(row)) == (8 <= cents <= 8_200 and (cents < 200 or cents % 100 == 0))


@given(small_specs())
def test_random_blocks(spec: Spec) -> None:
    assert_exact(spec, grammar_of(spec), rows=600)


def test_a_condition_on_two_columns_at_once_is_left_to_checking_after() -> None:
    spec = Spec(
        "t",
        "",
        (
            number_column("a", "0", "3"),
            number_column("b", "0", "3"),
            number_column(
                "c", "0", "3", applies_when=Compare("<", ColumnValue("a"), ColumnValue("b"))
            ),
        ),
    )
    grammar = build_row_grammar(spec, lower(spec))

    assert list(grammar.weaker.values()) == [
        "it compares or computes with several columns' numbers"
    ]
    assert_exact(spec, grammar)


def test_too_many_cases_are_left_to_checking_after() -> None:
    labels = [str(digit) for digit in range(66)]
    same = tuple(
        And((Is("left", frozenset({label})), Is("right", frozenset({label})))) for label in labels
    )
    spec = Spec(
        "t",
        "",
        (
            category_column("left", *labels),
            category_column("right", *labels),
            category_column("dependent", "x", "y", applies_when=Or(same)),
        ),
    )
    grammar = grammar_of(spec)

    assert list(grammar.weaker.values()) == ["it would take more than 64 cases in the grammar"]
    assert_exact(spec, grammar, rows=500)


def test_a_wide_group_costs_two_cases() -> None:
    names = [f"lab{index}" for index in range(40)]
    spec = Spec(
        "t",
        "",
        tuple(number_column(name, "0", "9", missing=(Code("NA"),)) for name in names),
        groups=(MissingTogether(tuple(names)),),
    )
    grammar = grammar_of(spec)

    assert [len(block.cases) for block in grammar.blocks] == [2]
    assert not grammar.weaker


def test_rules_that_no_cell_obeys_leave_the_type() -> None:
    impossible = Rule("never", "", None, Compare(">", ColumnValue("a"), number("9")))
    spec = Spec("t", "", (number_column("a", "0", "3"),), rules=(impossible,))
    grammar = grammar_of(spec)

    assert re.fullmatch(grammar.pattern, '{"a":3}')
    assert list(grammar.weaker.values()) == ["it leaves `a` no value at all"]


@pytest.mark.parametrize("spec", [stroke_like(), small_cirrhosis()], ids=lambda spec: spec.name)
def test_the_longest_row_bounds_every_row(spec: Spec) -> None:
    grammar = grammar_of(spec)
    matches = re.compile(grammar.pattern).fullmatch
    lengths = [len(text) for text in map(row_text, candidate_rows(grammar, 2_000)) if matches(text)]

    assert max(lengths, default=0) <= grammar.longest_row


def test_names_and_codes_may_be_anything() -> None:
    awkward = 'a "q" (x|y) [1]* \\ é ^$.+?{}\n'
    spec = Spec(
        "t", "", (category_column(awkward, "one", "two", codes=(Code(awkward), Code("2"))),)
    )
    grammar = grammar_of(spec)
    row = grammar.row_format.write_row({awkward: "one"})

    assert re.fullmatch(grammar.pattern, row)
    assert grammar.row_format.parse_row(row) == {awkward: awkward}
