"""The shipped specs' grammars: exact over every whole grid, and no real row is refused."""

import csv
import re
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

import pytest

from synllm.language import load_spec
from synllm.resources import specs_folder
from synllm.spec.cells import CellProblem, read_row
from synllm.spec.evaluate import evaluate_rule, row_is_valid
from synllm.spec.expressions import columns_of
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.types import NumberType
from synllm.spec.values import Value, Verdict
from synllm.targets.regex import cell_regex
from tests.targets.small_specs import grammar_of

FILES = {
    "cirrhosis": "cirrhosis.csv",
    "diabetes": "diabetes_prediction_dataset.csv",
    "stroke": "healthcare-dataset-stroke-data.csv",
}
MOST_ROWS = 6_000


def shipped(name: str) -> Spec:
    spec, _ = load_spec(specs_folder() / f"{name}.synspec")
    assert spec is not None
    return spec


def number_columns() -> Iterator[tuple[str, str]]:
    for name in FILES:
        for column in shipped(name).generated_columns:
            if isinstance(column.type, NumberType):
                yield name, column.name


def rules_on(column: Column, spec: Spec) -> list[Rule]:
    """Return the hard rules that mention no other column."""
    return [
        rule
        for rule in spec.hard_rules
        if {
            name
            for condition in (rule.when, rule.then)
            if condition is not None
            for name in columns_of(condition)
        }
        == {column.name}
    ]


@pytest.mark.parametrize(("name", "column_name"), list(number_columns()))
def test_a_column_over_its_whole_grid(name: str, column_name: str) -> None:
    spec = shipped(name)
    column = spec.by_name[column_name]
    kind = column.type
    assert isinstance(kind, NumberType)
    rules = rules_on(column, spec)
    accepts = re.compile(cell_regex(column, grammar_of(spec).domains.cells[column_name])).fullmatch
    listed = [*kind.listed]
    if kind.interval is not None:
        assert kind.interval.low is not None
        assert kind.interval.high is not None
        listed += [kind.interval.low, kind.interval.high]
    scale = 10**kind.decimals

    for scaled in range(int(min(listed) * scale) - 25, int(max(listed) * scale) + 25):
        value = Fraction(scaled, scale)
        text = kind.written(value)
        valid = kind.contains(value) and all(
            evaluate_rule(rule, {column_name: value}, spec) is not Verdict.VIOLATED
            for rule in rules
        )

        assert bool(accepts(text)) == valid, text
        assert not accepts(f"{text}0" if kind.decimals else f"{text}.0")
        assert not accepts(f"{text}5" if kind.decimals else f"{text}.5")
        assert not accepts(f"0{text}")
        assert not accepts(f"+{text}")
        assert not (kind.decimals and accepts(text[:-1]))


@pytest.mark.parametrize("name", FILES)
def test_no_real_row_is_refused(name: str, real_data: Path) -> None:
    spec = shipped(name)
    grammar = grammar_of(spec)
    matches = re.compile(grammar.pattern).fullmatch
    valid = 0
    with (real_data / FILES[name]).open(encoding="utf-8", newline="") as file:
        for cells in islice(csv.DictReader(file), MOST_ROWS):
            row: dict[str, Value] = {}
            for column, value in read_row(spec, cells).items():
                assert not isinstance(value, CellProblem), (column, cells[column])
                row[column] = value
            if row_is_valid(row, spec):
                valid += 1
                text = grammar.row_format.write_row(row)
                assert matches(text), text
                assert len(text) <= grammar.longest_row

    assert valid > 400
