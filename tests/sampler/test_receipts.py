"""Receipts lie beside a table and tell of every row, whatever became of the spec since."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import synllm
from synllm.cli.main import main
from synllm.generate.explain_receipt import explain_receipt
from synllm.generate.read_back import read_places
from synllm.generate.receipts import (
    UnreadableReceiptsError,
    WrittenTogether,
    describe_run,
    read_receipt,
    receipts_path,
    write_receipts,
)
from synllm.generate.run_manifest import ModelRecord
from synllm.generate.sampler import RowSampler, sample_to_file
from synllm.generate.settings import RunSettings
from synllm.rowspace.narrowed_by import Attribution
from tests.sampler.test_sampler import ODD_CELLS

LIMITS = "synspec 1\n\ntype score = integer in 0..9\n"
TEXT = """
synspec 1

use "limits.synspec"

table rows "Rows" {
  row   : score         "A column called as one of the receipts"
  seed_ : score         "Another"
  flag  : yes/no        "A flag"
}

rule rising "The seed is above the row"
  when flag is yes then seed_ > row
"""


@pytest.fixture
def spec_file(tmp_path: Path) -> Path:
    (tmp_path / "limits.synspec").write_text(LIMITS, encoding="utf-8")
    path = tmp_path / "rows.synspec"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_a_table_is_read_back_as_the_places_that_were_written(ending: str, tmp_path: Path) -> None:
    spec = synllm.loads(ODD_CELLS).spec
    output = tmp_path / f"odd{ending}"
    sample_to_file(spec, RunSettings(rows=300, model="sampler", seed=4), output)
    sampler = RowSampler(spec, 300)
    (drawn,) = sampler.draw(300, 4)

    (read,) = read_places(output, spec, sampler.core, sampler.rows.listings)

    assert all(np.array_equal(read[name], each) for name, each in drawn.items())


def test_there_is_one_receipt_for_each_row(spec_file: Path, tmp_path: Path) -> None:
    spec = synllm.load(spec_file).spec
    output = tmp_path / "rows.csv"
    sample_to_file(spec, RunSettings(rows=500, model="sampler", seed=4), output, receipts=True)
    sampler = RowSampler(spec, 500)
    (drawn,) = sampler.draw(500, 4)
    narrowed = Attribution(spec, sampler.core, sampler.space.fields).narrow(drawn)

    table = pq.read_table(receipts_path(output)).to_pydict()

    assert table["row"] == list(range(1, 501))
    assert set(table["batch"]) == {1}
    assert set(table["seed"]) == {4}
    for name, column in (("flag", "flag"), ("row", "row_"), ("seed_", "seed__")):
        expected = [list(narrowed[name].sets[each]) for each in narrowed[name].of_row]
        assert table[column] == expected
    assert any(
        ["rule `rising`"] in each for each in (table["flag"], table["row_"], table["seed__"])
    )


def test_rows_know_the_batch_and_the_seed_that_they_came_from(
    spec_file: Path, tmp_path: Path
) -> None:
    spec = synllm.load(spec_file).spec
    output = tmp_path / "rows.csv"
    settings = RunSettings(rows=10, model="sampler")
    sampled = sample_to_file(spec, settings, output)
    batches = [WrittenTogether(*each) for each in ((4, 1, 70), (0, 2, 71), (6, 3, 72))]
    head = describe_run(spec, ("flag", "row", "seed_"), settings, sampled.manifest.model, "p" * 64)

    write_receipts(output, head, spec, batches)

    found = [read_receipt(output, row) for row in range(1, 11)]
    assert [(each.batch, each.seed) for each in found] == [(1, 70)] * 4 + [(3, 72)] * 6
    assert found[0].head == head


def test_a_row_is_explained_without_the_files_of_its_spec(spec_file: Path, tmp_path: Path) -> None:
    spec = synllm.load(spec_file).spec
    output = tmp_path / "rows.csv"
    sample_to_file(spec, RunSettings(rows=50, model="sampler", seed=4), output, receipts=True)
    spec_file.unlink()
    (tmp_path / "limits.synspec").unlink()

    for row in (1, 50):
        explained = explain_receipt(output, read_receipt(output, row))

        assert explained.is_unchanged
        kept = explained.receipt.narrowed_by
        assert {each.name: each.narrowed_by for each in explained.fields} == kept


def test_a_changed_table_is_told(
    spec_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = synllm.load(spec_file).spec
    output = tmp_path / "rows.csv"
    sample_to_file(spec, RunSettings(rows=50, model="sampler", seed=4), output, receipts=True)
    lines = output.read_text(encoding="utf-8").splitlines()
    lines[1:3] = "1,2,yes", "2,1,yes"
    output.write_text("\n".join(lines) + "\n", encoding="utf-8")

    assert main(["show", str(output), "--row", "1"]) == 0
    assert "the table was changed since it was written" in capsys.readouterr().out
    assert main(["show", str(output), "--row", "2"]) == 2
    assert "row 2 of" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"PAR1 and more", None])
def test_receipts_that_cannot_be_read_are_one_message(
    content: bytes | None, tmp_path: Path
) -> None:
    output = tmp_path / "rows.csv"
    output.write_text("a\n1\n", encoding="utf-8")
    if content is not None:
        receipts_path(output).write_bytes(content)

    with pytest.raises(UnreadableReceiptsError):
        read_receipt(output, 1)


def test_a_column_with_too_many_values_can_have_no_receipts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "wide.synspec"
    spec.write_text('synspec 1\n\ntable t "T" { a : decimal(9) in 0..1 "A" }\n', encoding="utf-8")

    command = ["run", str(spec), "--rows", "2", "-o", str(tmp_path / "t.csv"), "--receipts"]
    code = main([*command, "--engine", "outlines"])

    assert code == 2
    assert "`a` has too many possible values for receipts" in capsys.readouterr().err


def test_the_record_of_a_model_is_kept(spec_file: Path) -> None:
    model = ModelRecord(name="m", revision="abc", trained=True, device="cpu", dtype="float32")
    spec = synllm.load(spec_file).spec

    head = describe_run(spec, ("row", "seed_", "flag"), RunSettings(rows=1), model, "prompt")

    assert head.model == model
    assert head.prompt_sha256 == "prompt"
    assert list(head.files) == ["rows.synspec", "limits.synspec"]
