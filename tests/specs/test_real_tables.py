"""The shipped specs against the published tables that they describe."""

from __future__ import annotations

from pathlib import Path

import pytest

import synllm
from synllm.resources import specs_folder
from synllm.validate.report import Report

TABLES = {
    "diabetes": ("diabetes_prediction_dataset.csv", 100_000),
    "stroke": ("healthcare-dataset-stroke-data.csv", 5_110),
    "cirrhosis": ("cirrhosis.csv", 418),
}
SUPPORT = {
    "diabetes": {"no_diabetes_limits": 91_500, "diabetes_limits": 8_500, "whole_years": 97_899},
    "stroke": {
        "whole_years": 4_990,
        "child_status": 687,
        "married_adults": 3_353,
        "never_worked_young": 22,
        "under_seven": 344,
        "smoking_age": 1_674,
        "hypertension_age": 498,
    },
    "cirrhosis": {
        "outside_trial": 106,
        "ascites_stage": 24,
        "stage_one": 16,
        "transplant_age": 25,
    },
}


@pytest.mark.parametrize("name", TABLES)
def test_every_cell_parses_and_every_exact_rule_holds(name: str, real_data: Path) -> None:
    file, rows = TABLES[name]
    report = synllm.load(specs_folder() / f"{name}.synspec").validate(real_data / file)

    assert report.rows == rows
    assert report.unreadable == ()
    assert report.clean
    assert {rule: report.of(rule).counts.holds for rule in SUPPORT[name]} == SUPPORT[name]


@pytest.mark.parametrize("engine", ["columns", "exact", "z3"])
def test_a_rule_that_sounds_clinical_is_shown_to_be_false(engine: str, real_data: Path) -> None:
    path = specs_folder() / "cirrhosis.synspec"
    text = path.read_text(encoding="utf-8") + (
        'rule stage_four "Patients at stage 4 have ascites or oedema"\n'
        "  when Stage is 4 then Ascites is yes or Edema in {slight, severe}\n"
    )
    report: Report = synllm.loads(text, str(path)).validate(
        real_data / "cirrhosis.csv",
        engine=engine,  # type: ignore[arg-type]
    )
    rule = report.of("stage_four")

    # Of the 144 patients at stage 4; for 6 more, whose stage is missing, the rule is undecided too.
    assert (rule.counts.holds, rule.counts.violated, rule.undecided_when_met) == (44, 75, 25)
    assert rule.counts.undecided == 31
    assert not report.clean
    assert report.of("stage_four").support == pytest.approx(44 / 119)
