"""Runs through the decoder: valid as written, steered, resumed, weighed, under a condition."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import synllm
from synllm.compiler import compile_spec
from synllm.generate.decode import CannotDecodeError, RowDecoder, decode_to_file
from synllm.generate.models import LoadedModel, load_model
from synllm.generate.row_weights import weights_path
from synllm.generate.run_manifest import RunManifest
from synllm.generate.sampler import NoPatientError
from synllm.generate.settings import RunSettings
from synllm.language.given import read_condition
from synllm.resources import specs_folder
from synllm.rowspace.given import Given, lower_given
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import NOT_APPLICABLE, Value

SPEC = """\
synspec 1

table visits "Visits to a lung clinic" {
  id       : identifier
  region   : one of {North, East, South, West}  "Region"
  age      : integer in 20..89                  "Age in years"
  smoker   : yes/no coded 1/0                   "Smokes"
  packs    : decimal(1) in 0.1..9.9 "Packs a day" applies when smoker is yes coded "none"
  pressure : integer in 80..220                 "Systolic pressure in mmHg"
  pulse    : integer in 30..80 "Pulse pressure in mmHg" may be missing coded "NA"
}

statistics from "declared" n 5000 {
  region    shares {North: 25%, East: 25%, South: 30%, West: 20%}
  age       mean 52.0, sd 14.0
  smoker    shares {yes: 40%}
  pressure  mean 135, sd 18
  pulse     missing 10%
  pearson(age, pressure) 0.30
}

rule young "Below 30 nobody smokes"
  when age < 30 then smoker is no
rule diastolic "The pulse pressure leaves a diastolic one of at least 40"
  always pressure - pulse >= 40
"""


@pytest.fixture(scope="module")
def model(untrained: LoadedModel) -> LoadedModel:
    return untrained


@pytest.fixture(scope="module")
def spec() -> Spec:
    return synllm.loads(SPEC).spec


def given(text: str, spec: Spec) -> Given:
    condition, mistakes = read_condition(text, "given", spec)
    assert condition is not None, mistakes
    return lower_given(text, condition, spec, lower(spec))


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_every_row_written_is_valid_and_none_is_rejected(
    ending: str, spec: Spec, model: LoadedModel, tmp_path: Path
) -> None:
    output = tmp_path / f"rows{ending}"
    settings = RunSettings(rows=150, seed=5)
    manifest = decode_to_file(compile_spec(spec), model, settings, output).manifest
    report = synllm.loads(SPEC).validate(output)

    assert (report.rows, report.clean) == (150, True)
    assert (manifest.rejected_rows, manifest.unfinished) == (0, 0)
    assert manifest.candidates - manifest.delivered <= 15
    assert manifest.decoding is not None
    assert manifest.decoding.divergence > 0


def test_steering_meets_figures_that_the_model_alone_misses(
    spec: Spec, model: LoadedModel, tmp_path: Path
) -> None:
    compiled = compile_spec(spec)

    def run(steer: float) -> RunManifest:
        settings = RunSettings(rows=1_500, seed=1, steer=steer)
        return decode_to_file(compiled, model, settings, tmp_path / f"{steer}.csv").manifest

    alone, steered = run(0.0), run(1.0)

    assert sum(each.met for each in alone.targets) < len(alone.targets) / 2
    assert all(each.met for each in steered.targets)
    assert alone.decoding is not None
    assert (alone.decoding.divergence, alone.decoding.surplus) == (0.0, 0)
    assert all(each.prompted is not None for each in steered.targets)


@pytest.mark.parametrize("stopped_at", [64, 192])
def test_a_run_that_stopped_ends_as_if_it_had_not(
    stopped_at: int, spec: Spec, model: LoadedModel, tmp_path: Path
) -> None:
    compiled, settings = compile_spec(spec), RunSettings(rows=300, seed=2)
    whole = decode_to_file(compiled, model, settings, tmp_path / "whole.csv").manifest

    def stop(delivered: int) -> None:
        if delivered == stopped_at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        decode_to_file(compiled, model, settings, tmp_path / "cut.csv", progress=stop)
    resumed = decode_to_file(compiled, model, settings, tmp_path / "cut.csv", resume=True).manifest

    assert resumed.resumed_at == (stopped_at,)
    assert resumed.output_sha256 == whole.output_sha256


def test_weights_tell_the_model_s_own_probability_of_each_row(
    spec: Spec, model: LoadedModel, tmp_path: Path
) -> None:
    settings = RunSettings(rows=40, seed=3, steer=0, weights=True)
    manifest = decode_to_file(compile_spec(spec), model, settings, tmp_path / "w.csv").manifest
    table = pq.read_table(weights_path(tmp_path / "w.csv")).to_pandas()

    assert table["row"].tolist() == list(range(1, 41))
    assert (table["log_probability"] < 0).all()
    assert manifest.weights is not None
    # An untrained model would never write a row by itself.
    assert manifest.weights.tax > 50
    assert 1 <= manifest.weights.effective_rows <= 40


def test_rows_meet_a_condition_that_is_given(
    spec: Spec, model: LoadedModel, tmp_path: Path
) -> None:
    condition = given("smoker is yes and age in 60..80", spec)
    settings = RunSettings(rows=60, seed=4, given=condition.text)
    output = tmp_path / "given.csv"
    decode_to_file(compile_spec(spec), model, settings, output, given=condition)
    table = pd.read_csv(output)

    assert (table["smoker"] == 1).all()
    assert table["age"].between(60, 80).all()
    assert synllm.loads(SPEC).validate(output).clean


def test_a_condition_that_no_patient_meets_is_refused_with_the_rule(
    spec: Spec, model: LoadedModel
) -> None:
    condition = given("smoker is yes and age < 25", spec)

    with pytest.raises(NoPatientError) as caught:
        RowDecoder(compile_spec(spec), model, RunSettings(rows=5, given="x"), condition)
    assert "young" in str(caught.value)


def test_a_column_without_end_is_refused_with_what_to_do(model: LoadedModel) -> None:
    endless = SPEC.replace("integer in 80..220", "decimal(6) in 0..1000000")

    with pytest.raises(CannotDecodeError, match=r"pressure.*narrow its range"):
        RowDecoder(compile_spec(synllm.loads(endless).spec), model, RunSettings(rows=5))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["diabetes", "stroke", "cirrhosis"])
def test_the_embedded_model_s_rows_meet_the_declared_figures(
    name: str, embedded: LoadedModel, tmp_path: Path
) -> None:
    loaded = synllm.load(specs_folder() / f"{name}.synspec")
    settings = RunSettings(rows=2_000, seed=1)
    output = tmp_path / "rows.csv"
    manifest = decode_to_file(compile_spec(loaded.spec), embedded, settings, output).manifest
    off = [(each.distance or 0) / each.tolerance for each in manifest.targets if each.tolerance]

    assert np.mean([each.met for each in manifest.targets]) >= 0.95
    # A known shortcoming (docs/embedded-model.md): alkaline phosphatase, whose tail the model hardly
    # writes by itself, is up to 7.7 tolerances off. No other figure may be so far off.
    known = [each.figure for each in manifest.targets if "Alk_Phos" in each.figure]
    others = [
        (each.distance or 0) / each.tolerance
        for each in manifest.targets
        if each.tolerance and each.figure not in known
    ]
    assert max(others) <= 2
    assert max(off) <= 9
    assert loaded.validate(output).clean
    assert manifest.candidates <= 2_200


@pytest.mark.slow
def test_what_the_model_knows_beyond_the_spec_survives_steering(tmp_path: Path) -> None:
    """A model is taught that smoking goes with the region, of which the spec says nothing."""
    from tests.generate.taught_model import LEVEL, teach_model

    loaded = synllm.loads(SPEC)
    folder = tmp_path / "taught"
    folder.mkdir()
    teach_model(folder, loaded.spec, taught_rows(4_000))
    taught = load_model(str(folder), device="cpu")
    compiled = compile_spec(loaded.spec)

    def run(name: str, steer: float) -> tuple[pd.DataFrame, RunManifest]:
        settings = RunSettings(rows=2_000, seed=1, steer=steer, batch=128, prompt=LEVEL)
        output = tmp_path / f"{name}.csv"
        manifest = decode_to_file(compiled, taught, settings, output).manifest
        return pd.read_csv(output), manifest

    alone, _ = run("alone", 0.0)
    steered, manifest = run("steered", 1.0)
    drawn = loaded.generate(2_000, model="sampler", seed=1)

    assert all(each.met for each in manifest.targets)
    known = log_odds(alone["region"] == "North", alone["smoker"] == 1)
    assert known > 1
    assert log_odds(steered["region"] == "North", steered["smoker"] == 1) >= 0.8 * known
    assert abs(log_odds(drawn["region"] == "North", drawn["smoker"] == 1)) < 0.3


def taught_rows(count: int) -> list[dict[str, Value]]:
    """Rows whose figures are not those declared, and whose smokers live in the north."""
    random = np.random.default_rng(3)
    rows: list[dict[str, Value]] = []
    for _ in range(count):
        region = str(random.choice(["North", "East", "South", "West"]))
        age = int(np.clip(round(random.normal(48, 12)), 20, 89))
        chance = 0.65 if region == "North" else 0.25
        smoker = bool(random.random() < chance) and age >= 30
        pressure = int(np.clip(round(random.normal(130, 16)), 80, 220))
        pulse = int(np.clip(round(random.normal(45, 8)), 30, min(80, pressure - 40)))
        rows.append(
            {
                "region": region,
                "age": Fraction(age),
                "smoker": "yes" if smoker else "no",
                "packs": Fraction(int(random.integers(1, 30)), 10) if smoker else NOT_APPLICABLE,
                "pressure": Fraction(pressure),
                "pulse": Fraction(pulse),
            }
        )
    return rows


def log_odds(left: pd.Series, right: pd.Series) -> float:
    cells = [
        (left & right).sum(),
        (~left & ~right).sum(),
        (left & ~right).sum(),
        (~left & right).sum(),
    ]
    return float(np.log(cells[0] * cells[1] / (cells[2] * cells[3])))
