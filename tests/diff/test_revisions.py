"""Specs compared between revisions of a repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from synllm.cli.main import main

LIBRARY = "synspec 1\n\ntype years = integer in 0..{high} 'a' \"Age\"\n"
SPEC = """synspec 1

use "lib/shared.synspec"

table visits "Visits" {{
  age : years "Age at the visit"
}}

rule adults "Only adults are seen"
  always age >= {least}
"""


def _git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def _write(folder: Path, *, least: int = 16, high: int = 110) -> None:
    (folder / "specs" / "lib").mkdir(parents=True, exist_ok=True)
    library = LIBRARY.format(high=high)
    (folder / "specs" / "lib" / "shared.synspec").write_text(library, encoding="utf-8")
    spec = SPEC.format(least=least)
    (folder / "specs" / "visits.synspec").write_text(spec, encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which main asks for 16 years and the branch for 18 of at most 105."""
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(variable, raising=False)
    _git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / ".gitignore").write_text("build/\n", encoding="utf-8")
    _write(tmp_path)
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-q", "-m", "first")
    _git(tmp_path, "checkout", "-q", "-b", "branch")
    _write(tmp_path, least=18, high=105)
    _git(tmp_path, "commit", "-q", "-a", "-m", "second")
    _git(tmp_path, "checkout", "-q", "main")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_revisions_are_compared_each_with_its_own_libraries(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["diff", "--git", "main..branch", "--fail-on", "narrower"])
    shown = capsys.readouterr().out

    assert code == 1
    assert "version branch refuses patients that version main accepts: `{ age: 17 }`" in shown
    assert "range: in 0..110 → in 0..105" in shown
    assert "specs/lib/shared.synspec: narrower" in shown


def test_a_revision_is_compared_with_the_working_tree(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(repository, least=14)
    (repository / "build").mkdir()
    (repository / "build" / "copy.synspec").write_text("not a spec", encoding="utf-8")
    (repository / "new.synspec").write_text(LIBRARY.format(high=9), encoding="utf-8")
    code = main(["diff", "--git", "main..", "--quiet"])

    assert code == 0
    assert capsys.readouterr().out == (
        "new.synspec: added\nspecs/visits.synspec: wider\n"
        "3 specs compared: 1 added, 1 unchanged, 1 wider\n"
    )


def test_three_dots_compare_with_where_the_branch_began(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(repository, least=5)
    _git(repository, "commit", "-q", "-a", "-m", "main went on")
    main(["diff", "--git", "main..branch", "--quiet", "specs/visits.synspec"])
    direct = capsys.readouterr().out
    main(["diff", "--git", "main...branch", "specs/visits.synspec"])

    assert "visits.synspec: narrower" in direct
    assert "always age >= 16 → always age >= 18" in capsys.readouterr().out


def test_paths_are_those_from_where_the_reader_is(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository / "specs")
    code = main(["diff", "--git", "main..branch", "--quiet", "lib"])

    assert code == 0
    assert capsys.readouterr().out == (
        "specs/lib/shared.synspec: narrower\n1 spec compared: 1 narrower\n"
    )


def test_mistakes_name_the_revision_that_they_are_in(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _git(repository, "checkout", "-q", "branch")
    (repository / "specs" / "visits.synspec").write_text("synspec 1\ntable", encoding="utf-8")
    _git(repository, "commit", "-q", "-a", "-m", "broken")
    code = main(["diff", "--git", "main..branch"])

    assert code == 2
    assert "--> branch:specs/visits.synspec:2:" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--git", "main..nowhere"], "this repository has no revision `nowhere`"),
        (["--git", "--output=x..main"], "this repository has no revision `--output=x`"),
        (["--git", "main..branch", "nothing.synspec"], "neither version has a spec at nothing"),
    ],
)
def test_a_revision_or_path_that_is_not_there_is_bad_input(
    repository: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    given = [f"{arguments[0]}={arguments[1]}", *arguments[2:]]

    assert main(["diff", *given]) == 2
    assert said in capsys.readouterr().err


def test_outside_a_repository_nothing_can_be_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    assert main(["diff", "--git", "main..HEAD"]) == 2
    assert "this folder is in no git repository" in capsys.readouterr().err


def test_without_git_the_reader_is_told(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")

    assert main(["diff", "--git", "main..HEAD"]) == 2
    assert "git is not installed here" in capsys.readouterr().err
