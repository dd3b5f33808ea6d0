"""The files that ship with synllm are found from a checkout and from a wheel alike."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from synllm import resources

PROJECT = Path(__file__).resolve().parents[2]


def test_the_grammar_is_the_one_in_the_checkout() -> None:
    expected = (PROJECT / "grammar" / "synspec.lark").read_text(encoding="utf-8")

    assert resources.grammar_text() == expected


def test_the_specs_folder_holds_the_three_specs() -> None:
    names = {path.name for path in resources.specs_folder().glob("*.synspec")}

    assert {"cirrhosis.synspec", "diabetes.synspec", "stroke.synspec"} <= names


def test_every_finding_with_a_page_can_be_read() -> None:
    names = resources.finding_names()

    assert names
    assert all(resources.finding_page(name) for name in names)


@pytest.mark.parametrize("name", ["no-such-finding", "", "../../README", "README", "a/b", "."])
def test_a_name_that_is_no_finding_has_no_page(name: str) -> None:
    assert resources.finding_page(name) is None


@pytest.mark.slow
def test_a_wheel_carries_the_shipped_files_and_finds_them(tmp_path: Path) -> None:
    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir"]
    command = [sys.executable, "-m", "pip", "wheel", *options, str(tmp_path), str(PROJECT)]

    subprocess.run(command, check=True)

    (wheel,) = tmp_path.glob("synllm-*.whl")
    unpacked = tmp_path / "unpacked"
    zipfile.ZipFile(wheel).extractall(unpacked)
    program = (
        "from synllm import resources\n"
        "print(resources.__file__)\n"
        "print(resources.specs_folder())\n"
        "print(len(resources.grammar_text()), *resources.finding_names())"
    )

    found = subprocess.run(
        [sys.executable, "-c", program],
        cwd=unpacked,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()

    package = unpacked / "synllm"
    assert found[:2] == [str(package / "resources.py"), str(package / "specs")]
    assert found[2].split() == [str(len(resources.grammar_text())), *resources.finding_names()]
    assert sorted(path.name for path in (package / "generate" / "embedded").iterdir()) == sorted(
        path.name for path in (PROJECT / "synllm" / "generate" / "embedded").iterdir()
    )
