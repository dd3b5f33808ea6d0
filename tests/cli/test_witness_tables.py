"""The tables that `synllm witness` writes, held against their specs by `synllm validate`."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from synllm.api import load
from synllm.cli.main import main
from synllm.resources import specs_folder
from synllm.spec.model import Spec

SHIPPED = sorted(specs_folder().glob("*.synspec"))


def write(spec: Path, output: Path, *options: str) -> int:
    return main(["witness", str(spec), "-o", str(output), *options])


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_valid_rows_of_shipped_specs_validate(path: Path, ending: str, tmp_path: Path) -> None:
    output = tmp_path / f"rows.{ending}"

    code = write(path, output, "--rows", "60")
    report = load(path).validate(output)

    assert code == 0
    assert report.rows == 60
    assert report.clean
    assert [each.name for each in report.statements if each.counts.violated] == []


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_boundary_rows_of_shipped_specs_validate(path: Path, tmp_path: Path) -> None:
    output = tmp_path / "rows.csv"

    code = write(path, output, "--kind", "boundary")
    report = load(path).validate(output)

    assert code == 0
    assert report.rows > 10
    assert report.clean
    assert [each.name for each in report.statements if each.counts.violated] == []


def rules_of(path: Path) -> list[str]:
    spec: Spec = load(path).spec
    return [rule.name for rule in spec.rules]


@pytest.mark.parametrize(
    ("path", "rule"),
    [(path, rule) for path in SHIPPED for rule in rules_of(path)],
    ids=lambda each: each.stem if isinstance(each, Path) else each,
)
def test_violating_rows_of_shipped_specs_break_that_rule_and_no_other(
    path: Path, rule: str, tmp_path: Path
) -> None:
    output = tmp_path / "rows.csv"

    code = write(path, output, "--kind", "violating", "--rule", rule, "--rows", "8")
    if rule == "ascites_stage":
        # Whoever breaks it breaks `stage_one` too.
        assert code == 1
        assert not output.exists()
        return
    report = load(path).validate(output)

    assert code == 0
    violated = {each.name: each.counts.violated for each in report.statements}
    assert {name: count for name, count in violated.items() if count} == {rule: 8}
    assert report.unreadable == ()


def test_a_hundred_rules_do_not_slow_it_down(tmp_path: Path) -> None:
    columns = "".join(
        f'  x{number} : decimal(1) in 0..100 "X" may be missing\n' for number in range(40)
    )
    rules = "".join(
        f'\nrule r{number} "R"\n  when x{number % 40} > {10 + number % 60} '
        f"then x{(number * 7 + 1) % 40} >= {number % 10}\n"
        for number in range(100)
    )
    spec = tmp_path / "wide.synspec"
    spec.write_text(f'synspec 1\n\ntable wide "W" {{\n{columns}}}\n{rules}')
    before = time.process_time()

    code = write(spec, tmp_path / "rows.csv", "--rows", "100")

    assert code == 0
    assert time.process_time() - before < 10
