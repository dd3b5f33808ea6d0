"""Files that no transcript can hold: one clear message each, the right exit code, no traceback."""

from __future__ import annotations

import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from synllm.cli.main import main

SPEC = """\
synspec 1

table visits "Outpatient visits" {
  id : identifier
  age : integer in 0..110 'a' "Age at the visit"
  smoker : yes/no coded 1/0 "Smokes"
  name : one of {"Zoë", "O'Neil", plain} "A label beyond ASCII"
}

rule smoking_age "Smokers are at least 10"
  when smoker is yes then age >= 10
"""
GOOD = "id,age,smoker,name\n1,64,1,Zoë\n2,9,0,plain\n"


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "visits.synspec"
    path.write_text(SPEC, encoding="utf-8")
    return path


def _noise(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(5_000_000))


def _text_noise(path: Path) -> None:
    characters = [chr(code) for code in range(32, 127)] + ["\n", "é", "“"]
    path.write_text("".join(random.Random(2).choices(characters, k=1_500_000)), encoding="utf-8")


BAD_FILES: dict[str, Callable[[Path], object]] = {
    "folder": lambda path: path.mkdir(),
    "binary": lambda path: path.write_bytes(b"\x7fELF\x00\x01\x02" * 100),
    "empty": lambda path: path.write_bytes(b""),
    "blank": lambda path: path.write_text(" \n\n"),
    "noise": _noise,
    "text noise": _text_noise,
    "latin-1": lambda path: path.write_bytes(GOOD.encode("latin-1")),
    "utf-16": lambda path: path.write_bytes(GOOD.encode("utf-16")),
}


@pytest.mark.parametrize("kind", BAD_FILES)
@pytest.mark.parametrize("command", ["check", "fmt", "validate", "new", "compile"])
def test_a_file_that_cannot_be_used_gets_one_clear_message(
    kind: str, command: str, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.csv"
    BAD_FILES[kind](bad)
    arguments = {
        "validate": ["validate", str(spec), str(bad)],
        "new": ["new", str(bad), "-o", str(tmp_path / "new.synspec")],
        "compile": ["compile", str(bad), "-o", str(tmp_path / "out")],
    }.get(command, [command, str(bad)])
    code = main(arguments)
    captured = capsys.readouterr()

    # Text that is no spec is a spec with mistakes to `check` and `fmt`; nothing else is readable.
    assert code in ((1, 2) if kind == "text noise" else (2,)), captured
    assert "bad.csv" in captured.err
    assert "help:" in captured.err
    assert "Traceback" not in captured.err
    assert len(captured.err) < 20_000


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + GOOD,
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.removesuffix("\n"),
        'id,age,smoker,name\n"1","64","1","Zoë"\n',
    ],
    ids=["byte-order mark", "CRLF", "semicolons", "tabs", "no last line end", "quoted"],
)
def test_a_table_as_other_programs_write_it_is_read(
    content: str, spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "visits.csv"
    table.write_bytes(content.encode())

    assert main(["validate", str(spec), str(table)]) == 0, capsys.readouterr()


def test_a_spec_saved_by_a_windows_editor_is_read(tmp_path: Path) -> None:
    path = tmp_path / "visits.synspec"
    path.write_bytes(("\ufeff" + SPEC).replace("\n", "\r\n").encode())

    assert main(["check", str(path)]) == 0


def test_a_full_disk_ends_a_run_with_one_message(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    (tmp_path / "rows.csv.partial").symlink_to("/dev/full")
    code = main(["run", str(spec), "--rows", "3", "-o", str(tmp_path / "rows.csv")])
    captured = capsys.readouterr()

    assert code == 4
    assert "no space left" in captured.err
    assert "free some space" in captured.err
    assert not (tmp_path / "rows.csv").exists()


def test_a_folder_without_rights_is_named(
    spec: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder should be")
    code = main(["compile", str(spec), "-o", str(blocked / "out")])

    assert code == 4
    assert "blocked" in capsys.readouterr().err


def test_interrupting_a_run_keeps_the_rows_and_says_how_to_go_on(
    spec: Path, tmp_path: Path
) -> None:
    output = tmp_path / "rows.csv"
    partial = tmp_path / "rows.csv.partial"
    command = [sys.executable, "-m", "synllm", "run", str(spec), "--rows", "1000000"]
    process = subprocess.Popen(
        [*command, "-o", str(output), "--batch", "8"], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and _lines(partial) < 10:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)

    assert process.returncode == 130, errors
    assert "of 1,000,000 rows are kept" in errors
    assert "--resume goes on from there" in errors
    assert "Traceback" not in errors
    assert not output.exists()
    complete = tmp_path / "kept.csv"
    shutil.copy(partial, complete)
    assert main(["validate", str(spec), str(complete)]) == 0


def _lines(path: Path) -> int:
    return path.read_text(encoding="utf-8").count("\n") if path.exists() else 0
