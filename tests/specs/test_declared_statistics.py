"""Every figure that a shipped spec declares is the published table's own, to its last digit."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import synllm
from synllm.resources import specs_folder
from synllm.spec.cells import read_cell
from synllm.spec.evaluate import evaluate_condition
from synllm.spec.expressions import columns_of
from synllm.spec.model import Column, Spec
from synllm.spec.statistics import Statistic, StatisticKind
from synllm.spec.types import CategoryType
from synllm.spec.values import MISSING, Special, Truth
from tests.specs.test_real_tables import TABLES


@pytest.mark.parametrize("name", TABLES)
def test_declared_figures_are_measured_ones(name: str, real_data: Path) -> None:
    spec = synllm.load(specs_folder() / f"{name}.synspec").spec
    frame = _decode(spec, real_data / TABLES[name][0])
    wrong = []
    for statistic in (each for block in spec.statistics for each in block.statistics):
        found = MEASURES[statistic.kind](statistic, frame[_rows(statistic, frame, spec)])
        gap = abs(found - float(statistic.value.value))
        if gap > float(statistic.value.half_width) + 1e-9:
            wrong.append((str(statistic.kind), statistic.columns, statistic.where_text, found))

    assert wrong == []


def _decode(spec: Spec, path: Path) -> pd.DataFrame:
    """Return the table with numbers as floats, labels as texts and missing cells as None."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.DataFrame(
        {
            column.name: raw[column.name].map(
                {text: _value(column, text) for text in raw[column.name].unique()}
            )
            for column in spec.generated_columns
        },
        dtype=object,
    )


def _value(column: Column, text: str) -> object:
    value = read_cell(column, text).value
    if value is MISSING:
        return None
    return float(value) if isinstance(value, Fraction) else value


def _rows(statistic: Statistic, frame: pd.DataFrame, spec: Spec) -> pd.Series:
    if statistic.where is None:
        return pd.Series(True, index=frame.index)
    names = list(columns_of(statistic.where))
    keys = frame[names].apply(tuple, axis=1)
    verdicts = {}
    for key in keys.unique():
        row: dict[str, Fraction | str | Special] = {}
        for name, cell in zip(names, key, strict=True):
            absent = cell is None or cell != cell
            row[name] = MISSING if absent else cell
        verdicts[key] = evaluate_condition(statistic.where, row, spec) is Truth.TRUE
    return keys.map(verdicts).astype(bool)


def _numbers(frame: pd.DataFrame, column: str) -> pd.Series:
    return frame[column].dropna().astype(float)


def _share(statistic: Statistic, frame: pd.DataFrame) -> float:
    cells = frame[statistic.columns[0]]
    known = cells if statistic.of_all else cells.dropna()
    return float((known == statistic.at).mean())


def _quantile(statistic: Statistic, frame: pd.DataFrame) -> float:
    assert isinstance(statistic.at, Fraction)
    cells = _numbers(frame, statistic.columns[0])
    return float(np.quantile(cells, float(statistic.at), method="inverted_cdf"))


def _correlation(statistic: Statistic, frame: pd.DataFrame) -> float:
    left, right = (frame[name].astype(float) for name in statistic.columns)
    return float(left.corr(right))


def _odds_ratio(statistic: Statistic, frame: pd.DataFrame) -> float:
    both = frame[list(statistic.columns)].dropna() == "yes"
    left, right = (both[name] for name in statistic.columns)
    return ((left & right).sum() * (~left & ~right).sum()) / (
        (left & ~right).sum() * (~left & right).sum()
    )


MEASURES: dict[StatisticKind, Callable[[Statistic, pd.DataFrame], float]] = {
    StatisticKind.MEAN: lambda s, f: float(_numbers(f, s.columns[0]).mean()),
    StatisticKind.SD: lambda s, f: float(_numbers(f, s.columns[0]).std()),
    StatisticKind.QUANTILE: _quantile,
    StatisticKind.SHARE: _share,
    StatisticKind.MISSING: lambda s, f: float(f[s.columns[0]].isna().mean()),
    StatisticKind.POINT: lambda s, f: float((_numbers(f, s.columns[0]) == float(s.at)).mean()),
    StatisticKind.PEARSON: _correlation,
    StatisticKind.ODDS_RATIO: _odds_ratio,
}


def test_the_labels_compared_are_those_of_the_spec() -> None:
    spec = synllm.load(specs_folder() / "cirrhosis.synspec").spec
    labels = spec.by_name["Stage"].type

    assert isinstance(labels, CategoryType)
    assert labels.labels == ("1", "2", "3", "4")
