"""The product measures a declared figure as its definition says."""

from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synllm
from synllm.columns.batch import batch_from_rows
from synllm.columns.derive import derive
from synllm.columns.figures import measure_figures
from synllm.columns.table import Table
from synllm.resources import specs_folder
from synllm.spec.cells import read_row
from synllm.spec.evaluate import column_value, row_is_valid
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import Special
from tests.proof.small_specs import all_rows, small_specs
from tests.specs.test_real_tables import TABLES


@pytest.mark.parametrize("name", ["stroke", "cirrhosis"])
def test_figures_of_the_real_tables_are_those_declared(name: str, real_data: Path) -> None:
    spec = synllm.load(specs_folder() / f"{name}.synspec").spec
    core = lower(spec)
    text = pyarrow.csv.ConvertOptions(
        column_types={column.name: "string" for column in spec.columns},
        strings_can_be_null=False,
    )
    lines = pyarrow.csv.read_csv(real_data / TABLES[name][0], convert_options=text).to_pylist()
    rows = [read_row(spec, line) for line in lines]
    statistics = [each for block in spec.statistics for each in block.statistics]

    figures = measure_figures(statistics, Table(spec, core, batch_from_rows(core, rows)))

    wrong = [
        (str(each.kind), each.columns, each.where_text, figure.delivered)
        for each, figure in zip(statistics, figures, strict=True)
        if figure.distance > figure.allowed - figure.tolerance + 1e-9
    ]
    assert wrong == []


@settings(max_examples=25, deadline=None)
@given(small_specs(), st.integers(0, 10**6))
def test_derived_columns_are_computed_as_row_by_row(spec: Spec, seed: int) -> None:
    column = spec.by_name.get("computed")
    rows = [row for row in all_rows(spec) if row_is_valid(row, spec)]
    if column is None or not rows:
        return
    random = np.random.default_rng(seed)
    rows = [rows[place] for place in random.integers(len(rows), size=30)]
    core = lower(spec)

    found = derive(column, spec, core, batch_from_rows(core, rows))

    for row, number in zip(rows, found, strict=True):
        value = column_value(column, row, spec)
        if isinstance(value, Special):
            assert number != number
        else:
            assert number == value * 10


def test_a_figure_in_a_small_group_may_be_three_standard_errors_off() -> None:
    text = """
    synspec 1
    table t "Two groups" { g : one of {small, large} "Group"  x : integer in 0..100 "Number" }
    statistics from "Table 1" { x by g mean {small: 50, large: 50} }
    """
    spec = synllm.loads(text).spec
    core = lower(spec)
    rows = [{"g": "small", "x": 47 + 6 * (place % 2)} for place in range(100)]
    rows += [{"g": "large", "x": 47 + 6 * (place % 2)} for place in range(1000)]
    from fractions import Fraction

    exact = [{"g": row["g"], "x": Fraction(row["x"])} for row in rows]

    small, large = measure_figures(
        spec.statistics[0].statistics, Table(spec, core, batch_from_rows(core, exact))
    )

    assert small.rows == 100
    assert small.tolerance == pytest.approx(3 * 3 / 10, rel=0.02)
    assert large.tolerance == pytest.approx(0.03 * 3, rel=0.02)
    assert small.met
    assert large.met
