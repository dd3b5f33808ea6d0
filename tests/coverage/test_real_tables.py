"""Coverage of the published tables, figures recomputed with pandas."""

import re
from pathlib import Path

import pandas as pd
import pytest

from synllm.coverage.measure import measure_coverage
from synllm.coverage.report import CoverageReport, Measure
from synllm.coverage.show_text import coverage_text
from synllm.language import load_spec
from synllm.resources import specs_folder


def cover(name: str, table: Path) -> CoverageReport:
    spec, findings = load_spec(specs_folder() / f"{name}.synspec")
    assert spec is not None, findings
    report, findings = measure_coverage(spec, table)
    assert report is not None, findings
    return report


def percent(report: CoverageReport, measure: Measure) -> float:
    return next(each.percent for each in report.measures if each.measure is measure)


def test_stroke(real_data: Path) -> None:
    path = real_data / "healthcare-dataset-stroke-data.csv"
    table = pd.read_csv(path, keep_default_na=False)
    report = cover("stroke", path)
    child = report.of("child_status")
    when, age, married = child.clauses
    children, young = table.work_type == "children", table.age <= 16
    unmarried = table.ever_married == "No"
    (junction,) = child.junctions
    (adult,) = [e for e in report.thresholds if (e.column, e.threshold) == ("age", "18.00")]

    assert report.rows == len(table) == 5110
    assert (when.rows.true, when.rows.false) == (children.sum(), (~children).sum())
    assert (age.rows.true, married.rows.true) == (young.sum(), unmarried.sum())
    assert [each.decides_alone for each in junction.operands] == [
        (~young & unmarried).sum(),
        (young & ~unmarried).sum(),
    ]
    assert [near.rows for near in adult.neighbours] == [
        (table.age == value).sum() for value in (17.99, 18.0, 18.01)
    ]
    assert (adult.nearest_below, adult.nearest_above) == ("17.00", "19.00")
    assert {each.value: each.rows for each in report.column("gender").values} == dict(
        table.gender.value_counts()
    )
    assert report.column("bmi").absences[0].rows == (table.bmi == "N/A").sum()
    assert percent(report, Measure.CLAUSES) == 100
    assert re.search(r"line \d+ of demographics.synspec: age is never 1.99", coverage_text(report))


def test_cirrhosis(real_data: Path) -> None:
    path = real_data / "cirrhosis.csv"
    table = pd.read_csv(path, keep_default_na=False)
    report = cover("cirrhosis", path)
    outside = report.of("outside_trial")
    missing = table[["Cholesterol", "Copper", "Tryglicerides"]] == "NA"
    (junction,) = outside.junctions
    (age,) = report.thresholds

    assert [each.rows.true for each in outside.clauses] == [
        (table.Drug == "NA").sum(),
        *missing.sum(),
    ]
    assert [each.decides_alone for each in junction.operands] == [
        (~missing[name] & missing.drop(columns=name).all(axis=1)).sum() for name in missing
    ]
    assert (age.nearest_below, age.nearest_above) == (
        str(table.Age[table.Age < 20449].max()),
        str(table.Age[table.Age > 20449].min()),
    )
    assert percent(report, Measure.VALUES) == 100


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_diabetes_in_either_kind_of_file(real_data: Path, tmp_path: Path, form: str) -> None:
    path = real_data / "diabetes_prediction_dataset.csv"
    table = pd.read_csv(path)
    if form == "parquet":
        path = tmp_path / "diabetes.parquet"
        table.to_parquet(path)
    report = cover("diabetes", path)
    levels = {float(each.value): each.rows for each in report.column("HbA1c_level").values}

    assert report.rows == len(table) == 100_000
    assert levels == dict(table.HbA1c_level.value_counts())
    for threshold in report.thresholds:
        for near in threshold.neighbours:
            cells = table[threshold.column]
            assert near.rows == (cells.round(2) == float(near.value)).sum()
