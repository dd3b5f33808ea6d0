"""Figures measured on a part of a published table are never said to contradict the rules."""

from __future__ import annotations

import csv
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TypeGuard

import pytest

import synllm
from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.statistics.check import prove_statistics
from synllm.resources import specs_folder
from synllm.spec.cells import CellProblem, read_row
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.statistics import StatisticKind
from synllm.spec.values import Value
from tests.proof.measured import measure
from tests.specs.test_real_tables import TABLES

PRODUCTS = (StatisticKind.PEARSON, StatisticKind.ODDS_RATIO)
SHARES = (StatisticKind.SHARE, StatisticKind.MISSING, StatisticKind.POINT)


@pytest.mark.parametrize("name", TABLES)
def test_the_shipped_figures_contradict_nothing(name: str) -> None:
    spec = synllm.load(specs_folder() / f"{name}.synspec").spec

    assert prove_statistics(spec, lower(spec), DEFAULT_BUDGET) == []


@pytest.mark.parametrize("start", [0, 150, 280])
@pytest.mark.parametrize("name", TABLES)
def test_figures_of_a_part_of_the_table_contradict_nothing(
    name: str, start: int, real_data: Path
) -> None:
    spec = synllm.load(specs_folder() / f"{name}.synspec").spec
    rows = _rows(spec, real_data / TABLES[name][0], start, 130)
    block = spec.statistics[0]
    measured = [
        measure(each, rows, spec, 1 if each.kind in SHARES else 2)
        for each in block.statistics
        if each.kind not in PRODUCTS
    ]
    figures = tuple(each for each in measured if each is not None)
    part = replace(spec, statistics=(replace(block, n=len(rows), statistics=figures),))
    found = {each.finding for each in prove_statistics(part, lower(part), DEFAULT_BUDGET)}

    assert len(figures) > 40
    assert found <= {"small-cell"}


def _rows(spec: Spec, path: Path, start: int, count: int) -> list[dict[str, Value]]:
    with path.open(encoding="utf-8", newline="") as file:
        lines = islice(csv.DictReader(file), start, start + count)
        return [
            {name: value for name, value in read_row(spec, line).items() if _is_value(value)}
            for line in lines
        ]


def _is_value(value: Value | CellProblem) -> TypeGuard[Value]:
    assert not isinstance(value, CellProblem)
    return True
