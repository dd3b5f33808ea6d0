"""Runs: exactly the rows asked for, all valid, the same again from the same seed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pandas as pd
import pytest

import synllm
from synllm.cli.main import main
from synllm.compiler import compile_spec
from synllm.generate.judge_row import UNREADABLE, judge_row
from synllm.generate.models import LoadedModel
from synllm.generate.run import Progress, generate_rows, run_to_file
from synllm.generate.run_manifest import RunManifest, hash_file, manifest_path
from synllm.generate.settings import RunSettings
from synllm.generate.sinks import FORMATS
from synllm.resources import specs_folder
from synllm.targets.prompt.levels import PromptLevel

SPEC = """\
synspec 1

table visits "Outpatient visits" {
  id : identifier
  age : integer in 0..110 'a' "Age at the visit"
  smoker : yes/no coded 1/0 "Smokes"
  packs : decimal(1) in 0.1..9.9 "Packs a day" applies when smoker is yes coded "none"
  left : decimal(2) in 0.00..9.99 "Left" may be missing coded "NA"
  right : decimal(2) in 0.00..9.99 "Right" may be missing coded "NA"
  left, right are missing together
}

rule smoking_age "Smokers are at least 10"
  when smoker is yes then age >= 10

derived decade : integer in 0..11 = age / 10 rounded down
"""


@pytest.fixture(scope="module")
def model(untrained: LoadedModel) -> LoadedModel:
    return untrained


@pytest.mark.parametrize("ending", FORMATS)
def test_a_run_delivers_exactly_the_rows_asked_for(
    ending: str, model: LoadedModel, tmp_path: Path
) -> None:
    spec = synllm.loads(SPEC)
    output = tmp_path / f"rows{ending}"
    settings = RunSettings(rows=21, seed=5, batch=8, device="cpu")
    delivered, manifest = run_to_file(spec.compile(), model, settings, output)
    report = spec.validate(output)

    assert (delivered.complete, manifest.delivered, report.rows) == (True, 21, 21)
    assert report.clean
    assert report.of("derived decade").counts.holds == 21
    assert not output.with_name(output.name + ".partial").exists()
    assert manifest.audited == 21
    assert manifest.output_sha256 == hash_file(output)
    assert not manifest.model.trained
    stored = RunManifest.model_validate_json(manifest_path(output).read_text())
    assert stored == manifest


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(
    model: LoadedModel, tmp_path: Path
) -> None:
    compiled = compile_spec(synllm.loads(SPEC).spec)
    hashes = [
        run_to_file(
            compiled,
            model,
            RunSettings(rows=10, seed=seed, batch=8),
            tmp_path / f"{number}.csv",
        )[1].output_sha256
        for number, seed in enumerate((1, 1, 2))
    ]

    assert hashes[0] == hashes[1]
    assert hashes[1] != hashes[2]


def test_rejected_rows_are_counted_by_rule(model: LoadedModel) -> None:
    ordered = 'rule ordered "The left one is not above the right one"\n  always left <= right\n'
    compiled = compile_spec(synllm.loads(f"{SPEC}\n{ordered}").spec)
    seen: list[int] = []

    def watch(state: Progress) -> None:
        seen.append(state.delivered)
        assert state.candidates == state.delivered + state.rejected_rows + state.unfinished

    state = generate_rows(compiled, model, RunSettings(rows=60, seed=1), progress=watch).progress

    assert set(state.rejected) == {"ordered"}
    assert state.rejected["ordered"] == state.rejected_rows > 0
    assert seen == sorted(seen)


def test_greedy_decoding_that_breaks_a_rule_ends_instead_of_repeating(model: LoadedModel) -> None:
    text = SPEC.replace("age >= 10", "age >= 10 and left > 9.98 and age = 77")
    compiled = compile_spec(synllm.loads(text).spec)
    settings = RunSettings(rows=50, temperature=0, batch=2)
    delivered = generate_rows(compiled, model, settings)

    assert delivered.complete or delivered.progress.candidates <= 4


def test_a_row_that_is_no_row_is_counted_and_never_read() -> None:
    row_format = compile_spec(synllm.loads(SPEC).spec).row_format

    assert judge_row('{"age":1}', row_format).broken == (UNREADABLE,)
    assert judge_row("not a row", row_format).broken == (UNREADABLE,)
    text = '{"age":200,"smoker":0,"packs":"none","left":"NA","right":"NA"}'
    assert judge_row(text, row_format).broken == ("age",)


def test_jsonl_and_csv_hold_the_same_cells(model: LoadedModel, tmp_path: Path) -> None:
    compiled = compile_spec(synllm.loads(SPEC).spec)
    settings = RunSettings(rows=9, seed=3, batch=8)
    for ending in (".csv", ".jsonl"):
        run_to_file(compiled, model, settings, tmp_path / f"rows{ending}")
    with (tmp_path / "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    objects = [json.loads(line, parse_int=str, parse_float=str) for line in lines]

    assert objects == rows


@pytest.mark.slow
@pytest.mark.parametrize("name", ["diabetes", "stroke", "cirrhosis"])
@pytest.mark.parametrize("prompt", [PromptLevel.CLIN_RULE, PromptLevel.FEAT_DESC])
def test_the_shipped_specs_are_delivered(
    name: str, prompt: PromptLevel, model: LoadedModel, tmp_path: Path
) -> None:
    spec = synllm.load(specs_folder() / f"{name}.synspec")
    settings = RunSettings(rows=40, seed=1, prompt=prompt)
    delivered, _ = run_to_file(spec.compile(), model, settings, tmp_path / "rows.csv")

    assert delivered.complete
    assert spec.validate(tmp_path / "rows.csv").clean


@pytest.mark.slow
def test_the_demonstration_table_is_what_the_readme_says(tmp_path: Path) -> None:
    output = tmp_path / "stroke.csv"
    path = specs_folder() / "stroke.synspec"
    code = main(["run", str(path), "--rows", "200", "--seed", "1", "-o", str(output)])
    loaded = synllm.load(path)
    frame = pd.read_csv(output, dtype=str, keep_default_na=False)
    shares = [
        (each.columns[0], str(each.at), each.value.value)
        for block in loaded.spec.statistics
        for each in block.statistics
        if each.kind == "share" and each.where is None
    ]

    manifest = RunManifest.model_validate_json(manifest_path(output).read_text())

    assert code == 0
    assert sorted(manifest.imports_sha256) == [
        "demographics.synspec",
        "labs.synspec",
        "vitals.synspec",
    ]
    assert len(frame) == 200
    assert loaded.validate(output).clean
    assert len(frame.drop(columns="id").drop_duplicates()) >= 190
    assert list(frame.columns) == [column.name for column in loaded.spec.columns]
    for column, label, share in shares:
        if share >= 0.05:
            assert (frame[column] == loaded.spec.by_name[column].code_of(label).text).any(), label
