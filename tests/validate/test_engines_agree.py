"""Every engine reports the same on random specs and tables, unreadable cells and all."""

from pathlib import Path
from random import Random

import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from synllm.language import load_spec
from synllm.resources import specs_folder
from synllm.spec.cells import write_cell
from synllm.spec.evaluate import column_value
from synllm.spec.model import Column, Spec
from synllm.spec.types import IdentifierType
from synllm.spec.values import UNDEFINED, Row, Special
from synllm.validate.engines import Engine
from synllm.validate.report import Report
from synllm.validate.validate import validate_table
from tests.specs_in_code import cirrhosis_like
from tests.strategies import Size, random_row, random_spec

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A smaller seed is no simpler table."""

NOISE = ["", "NA", "none", "Unknown", "x", "-0", "1.0", "1e0", "007", " 2 ", "0.333", "1e9", "NaN"]


def random_table(random: Random, spec: Spec, rows: int) -> pd.DataFrame:
    """A table of texts: random rows as a file holds them, derived cells mostly right, and noise."""
    columns = [column for column in spec.columns if not isinstance(column.type, IdentifierType)]
    supplied = [c for c in columns if c.derivation is None or random.random() < 0.7]
    table = []
    for _ in range(rows):
        row = random_row(random, spec)
        cells = {column.name: written(random, column, row, spec) for column in supplied}
        if random.random() < 0.3:
            cells[random.choice(supplied).name] = random.choice([*NOISE, None])
        table.append(cells)
    return pd.DataFrame(table, dtype="str")


def written(random: Random, column: Column, row: Row, spec: Spec) -> str:
    value = column_value(column, row, spec)
    if column.derivation is not None and not isinstance(value, Special | str):
        value += random.choice([0, 0, 0, 1])
    return "" if value is UNDEFINED else write_cell(column, value)


def judge(spec: Spec, table: pd.DataFrame | Path, engine: Engine) -> Report:
    report, findings = validate_table(spec, table, engine=engine)
    assert report is not None, findings
    return report.model_copy(update={"engine": "", "audited": 0})


@given(st.integers(), st.sampled_from(["small", "wide"]))
@settings(max_examples=30, phases=UNSHRUNK)
def test_columns_and_the_semantics_report_the_same(seed: int, size: Size) -> None:
    random = Random(seed)
    spec = random_spec(random, size)
    table = random_table(random, spec, 40)

    assert judge(spec, table, "columns") == judge(spec, table, "exact")


@given(st.integers())
@settings(max_examples=8, phases=UNSHRUNK)
def test_the_solver_reports_the_same(seed: int) -> None:
    random = Random(seed)
    spec = random_spec(random)
    table = random_table(random, spec, 12)

    assert judge(spec, table, "z3") == judge(spec, table, "exact")


@given(st.integers())
@settings(max_examples=10, phases=UNSHRUNK)
def test_a_value_that_is_also_the_code_of_not_applicable_is_read_alike(seed: int) -> None:
    random = Random(seed)
    spec = cirrhosis_like()
    table = random_table(random, spec, 40)

    report = judge(spec, table, "columns")

    assert report == judge(spec, table, "exact")
    assert sum(report.statements[0].counts.model_dump().values()) == 40


def test_a_batch_is_judged_like_its_parts(tmp_path: Path) -> None:
    random = Random(5)
    spec = cirrhosis_like()
    table = random_table(random, spec, 300)
    path = tmp_path / "table.csv"
    table.to_csv(path, index=False)
    rows = pd.read_csv(path, dtype=str, keep_default_na=False)
    parts = [judge(spec, rows.iloc[start : start + 100], "columns") for start in (0, 100, 200)]

    whole = judge(spec, path, "columns")

    for place, statement in enumerate(whole.statements):
        counts = [part.statements[place].counts.model_dump() for part in parts]
        assert statement.counts.model_dump() == {
            verdict: sum(each[verdict] for each in counts) for verdict in counts[0]
        }


@pytest.mark.slow
def test_all_engines_report_the_same_on_a_real_table(real_data: Path) -> None:
    spec, findings = load_spec(specs_folder() / "cirrhosis.synspec")
    assert spec is not None, findings
    table = real_data / "cirrhosis.csv"

    expected = judge(spec, table, "columns")

    assert judge(spec, table, "exact") == expected
    assert judge(spec, table, "z3") == expected
