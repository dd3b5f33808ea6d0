"""Whatever stops a run is told in one message, loses nothing, and the run goes on afterwards."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import synllm
from synllm.cli.main import main
from synllm.generate.journal.errors import JournalError
from synllm.generate.journal.journal import count_kept, journal_folder
from synllm.generate.journal.lock import Lock
from synllm.generate.run_manifest import RunManifest, manifest_path
from synllm.generate.sampler import Sampled, sample_to_file
from synllm.generate.settings import RunSettings
from tests.journal.test_kills import VISITS

SPEC = synllm.loads(VISITS).spec
ROWS = 24_000


class StopError(Exception):
    pass


def write(output: Path, *, stop_at: int | None = None, resume: bool = False) -> Sampled:
    def watch(done: int) -> None:
        if stop_at is not None and done >= stop_at:
            raise StopError

    settings = RunSettings(rows=ROWS, model="sampler", seed=5)
    return sample_to_file(SPEC, settings, output, resume=resume, block_rows=1_000, progress=watch)


@pytest.fixture
def whole(tmp_path: Path) -> bytes:
    return write(tmp_path / "whole.csv").place.read_bytes()


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    output = tmp_path / "visits.csv"
    with pytest.raises(StopError):
        write(output, stop_at=7_000)
    return output


def read_manifest(output: Path) -> RunManifest:
    return RunManifest.model_validate_json(manifest_path(output).read_text(encoding="utf-8"))


def test_a_resumed_run_is_described_as_an_uninterrupted_one(stopped: Path, whole: bytes) -> None:
    first = read_manifest(stopped.with_name("whole.csv"))
    write(stopped, resume=True)
    again = read_manifest(stopped)

    assert stopped.read_bytes() == whole
    assert again.resumed_at == (7_000,)
    told = {"output": "", "seconds": 0.0, "resumed_at": ()}
    assert again.model_copy(update=told) == first.model_copy(update=told)
    assert sorted(each.name for each in stopped.parent.glob("visits*")) == [
        "visits.csv",
        "visits.csv.manifest.json",
    ]


def test_a_table_so_far_is_there_to_look_at(stopped: Path, whole: bytes) -> None:
    partial = stopped.with_name(stopped.name + ".partial").read_bytes()

    assert whole.startswith(partial)
    assert partial.count(b"\n") == 1 + 6_000, "the header, and all but the block just drawn"


@pytest.mark.parametrize("torn", ["line", "rows", "table"])
def test_what_was_being_written_was_never_delivered(torn: str, stopped: Path, whole: bytes) -> None:
    place = {
        "line": journal_folder(stopped) / "blocks.jsonl",
        "rows": journal_folder(stopped) / "rows",
        "table": stopped.with_name(stopped.name + ".partial"),
    }[torn]
    with place.open("ab") as file:
        file.write(b'{"block":7,"rows":8000,')

    assert write(stopped, resume=True).drawn_anew == 0
    assert stopped.read_bytes() == whole


def test_damaged_rows_are_drawn_anew(stopped: Path, whole: bytes) -> None:
    place = journal_folder(stopped) / "rows"
    content = bytearray(place.read_bytes())
    content[len(content) * 4 // 7 + 5] ^= 1
    place.write_bytes(content)

    assert write(stopped, resume=True).drawn_anew == 3_000
    assert stopped.read_bytes() == whole


def test_a_run_stopped_at_its_very_end_only_takes_its_place(stopped: Path, whole: bytes) -> None:
    write(stopped, resume=True)
    manifest_path(stopped).unlink()
    folder = journal_folder(stopped)
    with pytest.raises(StopError):
        write(stopped.with_name("other.csv"), stop_at=ROWS)
    journal_folder(stopped.with_name("other.csv")).rename(folder)

    with pytest.raises(JournalError, match="exists already"):
        write(stopped, resume=True)
    digest = read_manifest(stopped.with_name("whole.csv")).output_sha256
    (folder / "finished.json").write_text(json.dumps(digest), encoding="utf-8")
    write(stopped, resume=True)

    assert stopped.read_bytes() == whole
    assert read_manifest(stopped).resumed_at == (ROWS, ROWS)[:1]
    assert not folder.exists()


def test_two_runs_never_write_one_table(stopped: Path) -> None:
    lock = Lock(journal_folder(stopped))
    with pytest.raises(JournalError, match="another run is writing"):
        write(stopped, resume=True)
    lock.release()

    write(stopped, resume=True)


def test_a_changed_spec_is_named(stopped: Path) -> None:
    other = synllm.loads(VISITS.replace("age < 12", "age < 13")).spec
    settings = RunSettings(rows=ROWS, model="sampler", seed=6)
    with pytest.raises(JournalError) as caught:
        sample_to_file(other, settings, stopped, resume=True, block_rows=1_000)

    assert [each.partition(":")[0] for each in caught.value.changes] == ["spec", "seed"]
    assert "seed: 5 → 6" in caught.value.changes
    assert count_kept(stopped) == 7_000


FULL = """
import resource, sys
from synllm.cli.main import main
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(main(sys.argv[2:]))
"""


def test_no_room_left_is_one_message_and_nothing_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("resource")
    spec, output = tmp_path / "visits.synspec", tmp_path / "visits.csv"
    spec.write_text(VISITS, encoding="utf-8")
    command = ["run", str(spec), "--rows", "120000", "--model", "sampler", "-o"]
    done = subprocess.run(
        [sys.executable, "-c", FULL, "1200000", *command, str(output)],
        capture_output=True,
        text=True,
    )

    assert done.returncode == 4, done.stderr
    assert "Traceback" not in done.stderr
    assert "stopped: 100,000 of 120,000 rows are kept" in done.stderr
    assert done.stderr.count("error:") == 1
    assert main([*command, str(output), "--resume"]) == 0
    assert "resumed at 100,000 rows" in capsys.readouterr().err
    assert main([*command, str(tmp_path / "whole.csv")]) == 0
    assert output.read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_ctrl_c_says_what_is_kept(tmp_path: Path) -> None:
    spec, output = tmp_path / "visits.synspec", tmp_path / "visits.csv"
    spec.write_text(VISITS, encoding="utf-8")
    command = ["run", str(spec), "--rows", "10000000", "--model", "sampler", "-o", str(output)]
    process = subprocess.Popen(
        [sys.executable, "-m", "synllm", *command], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not count_kept(output):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert f"stopped: {count_kept(output):,} of 10,000,000 rows are kept" in errors
    assert "Traceback" not in errors


def test_an_output_that_may_not_be_written_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "visits.synspec"
    spec.write_text(VISITS, encoding="utf-8")
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    output = str(tmp_path / "file" / "visits.csv")

    assert main(["run", str(spec), "--rows", "9", "--model", "sampler", "-o", output]) == 4
    assert "a file stands where a folder is needed" in capsys.readouterr().err


def test_numbers_beside_rows_are_kept_with_them(tmp_path: Path) -> None:
    from synllm.generate.journal.stored_rows import StoredRows
    from synllm.generate.row_source import Block
    from synllm.rowspace.sample import Listing

    listings = {"small": Listing(np.arange(9)), "wide": Listing(np.arange(70_000))}
    stored = StoredRows(tmp_path / "rows", listings, ["log chance"])
    places = {"small": np.array([0, 10, 8]), "wide": np.array([70_001, 3, 69_999])}
    chance = np.array([-1.5, -0.25, -1e300])
    stored.path.write_bytes(stored.pack(Block(places, {"log chance": chance})))
    (block,) = stored.blocks()

    assert stored.width == 1 + 4 + 8
    assert len(stored) == 3
    for name in listings:
        np.testing.assert_array_equal(block.places[name], places[name])
        np.testing.assert_array_equal(stored.take(np.array([2, 0]))[name], places[name][[2, 0]])
    np.testing.assert_array_equal(block.measures["log chance"], chance)
