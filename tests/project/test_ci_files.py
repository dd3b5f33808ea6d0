"""What other repositories run from this one: the hooks and the action, and their commands."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pre_commit.commands.validate_manifest import validate_manifest

from synllm.cli.main import make_parser

PROJECT = Path(__file__).resolve().parents[2]
HOOKS = yaml.safe_load((PROJECT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((PROJECT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}
PAGE = (PROJECT / "docs" / "ci.md").read_text(encoding="utf-8")
SPEC = 'synspec 1\ntable t "T" {\n  a : integer in 0..9 "A"\n}\n'
CLASH = SPEC + 'rule x "X"\n  always a > 5\nrule y "Y"\n  always a < 5\n'


def commands_of(text: str) -> list[str]:
    return re.findall(r"^\s*(?:- )?(synllm .+?)(?: >> .*)?$", text, flags=re.M)


def arguments_of(command: str) -> list[str]:
    """Returns a command's arguments with something in the place of variables and patterns."""
    for variable, value in {
        '"${options[@]}"': "",
        '"${specs[@]}"': "a.synspec 'b c.synspec'",
        "specs/*.synspec": "a.synspec",
        '"$SARIF_FILE"': "out.sarif",
        '"$BASE..$HEAD"': "base..head",
    }.items():
        command = command.replace(variable, value)
    assert "$" not in command
    return shlex.split(command)[1:]


ALL_COMMANDS = [
    *(f"{hook['entry']} a.synspec" for hook in HOOKS),
    *(command for step in STEPS.values() for command in commands_of(step["run"])),
    *commands_of(PAGE),
]


def test_there_is_a_hook_for_each_of_two_commands() -> None:
    assert {hook["id"]: hook["entry"] for hook in HOOKS} == {
        "synllm-check": "synllm check --quiet",
        "synllm-fmt": "synllm fmt",
    }


def test_pre_commit_takes_the_hooks() -> None:
    assert validate_manifest([str(PROJECT / ".pre-commit-hooks.yaml")]) == 0


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_takes_specs_and_nothing_else(hook: dict[str, Any]) -> None:
    assert hook["language"] == "python"
    assert re.search(hook["files"], "specs/a b.synspec")
    assert not re.search(hook["files"], "a.synspec.md")


@pytest.mark.parametrize("command", ALL_COMMANDS)
def test_every_command_is_one_that_synllm_accepts(command: str) -> None:
    arguments = arguments_of(command)

    assert make_parser().parse_args(arguments).command == arguments[0]


def test_the_options_that_scripts_add_exist() -> None:
    added = re.findall(r"options\+?=\(([^)]*)\)", "".join(step["run"] for step in STEPS.values()))

    options = {word for each in added for word in shlex.split(each) if word.startswith("--")}
    assert options == {"--quiet", "--enable", "--format", "--fail-on"}


def test_every_input_is_described_used_and_on_the_page() -> None:
    used = set(re.findall(r"inputs\.([a-z-]+)", json.dumps(ACTION["runs"])))

    assert used == set(ACTION["inputs"])
    for name, declared in ACTION["inputs"].items():
        assert declared["description"]
        assert "default" in declared
        assert f"`{name}`" in PAGE


def test_no_script_holds_an_expression() -> None:
    assert [name for name, step in STEPS.items() if "${{" in step["run"]] == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with specs, and a `synllm` on the path that is this one."""
    folder = tmp_path / "repository"
    (folder / "a folder").mkdir(parents=True)
    (folder / "a folder" / "x y.synspec").write_text(SPEC, encoding="utf-8")
    (folder / "unknown.synspec").write_text(CLASH, encoding="utf-8")
    git(folder, "init", "-q")
    git(folder, "add", "a folder")
    program = tmp_path / "bin" / "synllm"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m synllm "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def run_step(name: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Runs a step's script as GitHub does."""
    environment = {
        **os.environ,
        "PATH": f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT),
        "GITHUB_OUTPUT": str(folder.parent / "output"),
        "GITHUB_STEP_SUMMARY": str(folder.parent / "summary"),
        **variables,
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


DEFAULTS = {"PATHS": "*.synspec", "FORMAT": "github", "SARIF_FILE": "s.sarif", "ENABLE": ""}


def test_the_action_checks_the_specs_that_git_knows(repository: Path) -> None:
    done = run_step("Check the specs", repository, **DEFAULTS)

    assert (done.returncode, done.stdout) == (0, "")


def test_without_a_path_the_action_checks_all(repository: Path) -> None:
    git(repository, "add", ".")

    done = run_step("Check the specs", repository, **{**DEFAULTS, "PATHS": "\n"})

    assert done.returncode == 1


def test_the_action_fails_with_marks_where_rules_clash(repository: Path) -> None:
    git(repository, "add", "unknown.synspec")

    done = run_step("Check the specs", repository, **DEFAULTS)

    assert done.returncode == 1
    assert re.fullmatch(
        r"::error file=unknown\.synspec,line=6,.*,title=contradictory-rules::.*\n", done.stdout
    )


def test_the_action_writes_sarif_and_says_where(repository: Path) -> None:
    variables = {**DEFAULTS, "FORMAT": "sarif", "ENABLE": "uncited-rule\n", "PATHS": "a folder\n"}

    done = run_step("Check the specs", repository, **variables)

    assert done.returncode == 0
    assert (repository.parent / "output").read_text("utf-8") == "sarif-file=s.sarif\n"
    log = json.loads((repository / "s.sarif").read_text("utf-8"))
    assert log["runs"][0]["artifacts"][0]["location"]["uri"] == "a%20folder/x%20y.synspec"


@pytest.mark.parametrize(
    "variables",
    [{"PATHS": "nowhere"}, {"FORMAT": "xml"}, {"ENABLE": "uncited-rules"}, {"PATHS": "$(exit 0)"}],
)
def test_the_action_refuses_what_it_cannot_use(repository: Path, variables: dict[str, str]) -> None:
    done = run_step("Check the specs", repository, **{**DEFAULTS, **variables})

    assert done.returncode == 2
    assert "::error" in done.stdout or "did you mean" in done.stderr


@pytest.mark.parametrize(("fail_on", "code"), [("", 0), ("wider", 0), ("narrower", 1)])
def test_the_action_says_what_a_change_means_for_patients(
    repository: Path, fail_on: str, code: int
) -> None:
    commit = (
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
        "commit",
        "-q",
        "-a",
        "-m",
        "x",
    )
    git(repository, *commit)
    spec = repository / "a folder" / "x y.synspec"
    spec.write_text(SPEC.replace("0..9", "0..5"), encoding="utf-8")
    git(repository, *commit)

    done = run_step("Compare the specs", repository, BASE="HEAD~1", HEAD="HEAD", FAIL_ON=fail_on)

    assert done.returncode == code, done.stderr
    assert "x y.synspec" in (repository.parent / "summary").read_text("utf-8")


@pytest.mark.parametrize("base", ["", "0" * 40])
def test_a_first_push_has_nothing_to_compare_with(repository: Path, base: str) -> None:
    done = run_step("Compare the specs", repository, BASE=base, HEAD="x", FAIL_ON="any")

    assert done.returncode == 0
    assert done.stdout.startswith("::notice ")
