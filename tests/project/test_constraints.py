"""The pins cover what pyproject.toml asks for, and say nothing about where a package came from."""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).resolve().parents[2]
PINS = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()


def read_pins() -> dict[str, str]:
    lines = [line for line in PINS if not line.startswith("#")]
    pairs = [line.partition("==") for line in lines]

    return {canonicalize_name(name): version for name, _, version in pairs}


def test_every_line_is_one_exact_public_version() -> None:
    odd = [line for line in PINS if not re.fullmatch(r"#.*|[A-Za-z0-9_.-]+==[0-9][0-9a-z.]*", line)]

    assert odd == []


def test_every_stated_requirement_is_pinned_inside_its_range() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["dependencies"], *project["optional-dependencies"].values()]
    stated = [Requirement(text) for group in groups for text in group]
    pins = read_pins()

    outside = [
        str(requirement)
        for requirement in stated
        if requirement.name != project["name"]
        and not requirement.specifier.contains(pins.get(canonicalize_name(requirement.name), "0"))
    ]

    assert outside == []


def test_torch_is_the_version_the_project_is_measured_with() -> None:
    assert read_pins()["torch"] == "2.13.0"
