"""The sampler writes valid tables that meet the declared figures, without a language model."""

import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import synllm
from synllm.generate.run_manifest import RunManifest, hash_file, manifest_path
from synllm.generate.sampler import CannotSampleError, RowSampler, sample_to_file
from synllm.generate.settings import RunSettings
from synllm.generate.sinks import open_sink
from synllm.resources import specs_folder
from synllm.spec.evaluate import row_is_valid
from tests.rowspace.test_fit import CLINIC

ODD_CELLS = """
synspec 1

table visits "Cells that need quotes, codes, absences, a key and computed columns" {
  id       : identifier
  "a, b"   : one of {plain, "with \\"quotes\\"" coded "x, y"} "A name with a comma"
  age      : integer in 0..110 'a' "Age"  may be missing coded "NA"
  smoker   : yes/no coded 1/0 "Smokes"
  packs    : decimal(1) in 0.1..9.9 "Packs a day" applies when smoker is yes coded "none"
}

derived decade : integer = age / 10 rounded down
derived load : decimal(2) = packs * age / 3 rounded half up
"""
ODD_CELLS = ODD_CELLS.replace('\\"quotes\\"', "quotes")
SHIPPED = {"diabetes": 83, "stroke": 86, "cirrhosis": 221}


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_columns_are_written_as_rows_are(ending: str, tmp_path: Path) -> None:
    spec = synllm.loads(ODD_CELLS).spec
    output = tmp_path / f"sampled{ending}"
    sample_to_file(spec, RunSettings(rows=300, model="sampler", seed=4), output)
    sink = open_sink(spec, tmp_path / f"rows{ending}")
    sink.write(list(RowSampler(spec, 300).sample(300, 4)))
    sink.close()

    assert output.read_bytes() == sink.partial.read_bytes()


def test_every_row_is_valid_by_the_definition() -> None:
    for text in (ODD_CELLS, CLINIC):
        spec = synllm.loads(text).spec
        rows = list(RowSampler(spec, 400).sample(400, 2))

        assert len(rows) == 400
        assert all(row_is_valid(row, spec) for row in rows)


def test_the_python_api_samples_the_rows_that_the_command_writes(tmp_path: Path) -> None:
    loaded = synllm.loads(CLINIC)
    output = tmp_path / "clinic.parquet"
    sample_to_file(loaded.spec, RunSettings(rows=100, model="sampler", seed=5), output)

    frame = loaded.generate(100, model="sampler", seed=5)

    written = pq.read_table(output).to_pydict()
    assert frame["age"].tolist() == written["age"]
    assert frame["sex"].tolist() == written["sex"]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    spec = synllm.loads(CLINIC).spec
    written = [
        sample_to_file(spec, RunSettings(rows=200, model="sampler", seed=seed), tmp_path / name)
        for name, seed in (("a.csv", 7), ("b.csv", 7), ("c.csv", 8))
    ]
    first, again, other = (each.place.read_bytes() for each in written)

    assert first == again
    assert first != other


def test_the_manifest_tells_how_each_figure_is_met(tmp_path: Path) -> None:
    spec = synllm.loads(CLINIC).spec
    output = tmp_path / "clinic.csv"
    sample_to_file(spec, RunSettings(rows=2000, model="sampler", seed=1), output)

    stored = RunManifest.model_validate_json(manifest_path(output).read_text(encoding="utf-8"))

    assert stored.output_sha256 == hash_file(output)
    assert (stored.delivered, stored.rejected_rows, stored.audited) == (2000, 0, 50)
    assert len(stored.targets) == len(spec.statistics[0].statistics)
    assert all(each.met for each in stored.targets)


def test_figures_that_exclude_each_other_are_reported_as_missed(tmp_path: Path) -> None:
    text = """
    synspec 1
    table t "Insulin is for patients with diabetes" {
      diabetes : yes/no "Has diabetes"
      insulin  : yes/no "Takes insulin"
    }
    statistics from "Table 1" {
      diabetes  shares {yes: 9%}
      insulin   shares {yes: 30%}
    }
    rule insulin_diabetes "Only patients with diabetes take insulin"
      when insulin is yes then diabetes is yes
    """
    sampled = sample_to_file(
        synllm.loads(text).spec,
        RunSettings(rows=1000, model="sampler"),
        tmp_path / "t.csv",
    )
    targets = sampled.manifest.targets

    assert not all(each.met for each in targets)
    assert all(each.unmet_by_fit > 1 for each in targets if not each.met)


def test_rules_that_no_row_obeys_are_told() -> None:
    text = """
    synspec 1
    table t "Nobody" {
      a : integer in 0..3 "First"
      b : integer in 0..3 "Second"
    }
    rule upward "The second is more" always a < b
    rule downward "The first is more" always b < a
    """

    with pytest.raises(CannotSampleError, match="no row can obey all the rules"):
        RowSampler(synllm.loads(text).spec, 10)


@pytest.mark.parametrize(("name", "figures"), SHIPPED.items())
def test_shipped_figures_are_met(name: str, figures: int, tmp_path: Path) -> None:
    spec = synllm.load(specs_folder() / f"{name}.synspec").spec
    output = tmp_path / f"{name}.csv"
    sampled = sample_to_file(spec, RunSettings(rows=2000, model="sampler", seed=1), output)
    targets = sampled.manifest.targets

    assert len(targets) == figures
    assert sum(each.met for each in targets) >= 0.95 * figures
    assert synllm.LoadedSpec(spec).validate(output).clean


def test_it_needs_none_of_the_packages_that_models_need(tmp_path: Path) -> None:
    spec = tmp_path / "clinic.synspec"
    spec.write_text(CLINIC, encoding="utf-8")
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "transformers", "outlines", "outlines_core"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from synllm.cli.main import main
sys.exit(main(sys.argv[1:]))
"""
    output = tmp_path / "clinic.csv"
    command = ["run", str(spec), "--rows", "50", "-o", str(output), "--model", "sampler"]

    done = subprocess.run([sys.executable, "-c", code, *command], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert len(output.read_text(encoding="utf-8").splitlines()) == 51
