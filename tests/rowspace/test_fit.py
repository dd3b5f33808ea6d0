"""The fitted distribution is the closest one to the prior that meets the declared figures."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from synllm.proof.witness import encode_value
from synllm.rowspace.dual import SLACK
from synllm.rowspace.fit import FittedRows
from synllm.rowspace.place_table import make_table
from synllm.rowspace.pool import moment_matrix
from synllm.rowspace.space import build_row_space
from synllm.spec.core import CoreSpec
from synllm.spec.evaluate import row_is_valid
from synllm.spec.expressions import Is
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.statistics import Measured, Statistic, StatisticKind, StatisticsBlock
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special, Value
from tests.proof.small_specs import LABELS, all_rows, small_specs

LOW = Is("c", frozenset(("low",)))
EXACT = Fraction(0)


def fitted(spec: Spec) -> FittedRows | None:
    core = lower(spec)
    space = build_row_space(spec, core)
    return None if space is None else FittedRows(spec, core, space)


def with_figures(spec: Spec, figures: list[Statistic]) -> Spec:
    return replace(spec, statistics=(StatisticsBlock("Table 1", None, tuple(figures)),))


def asked(spec: Spec) -> list[Statistic]:
    """Figures about single columns, some of them by the category, without their numbers."""
    nothing = Measured(EXACT, EXACT, "0")
    figures = [Statistic(StatisticKind.SHARE, ("c",), nothing, label) for label in LABELS[:2]]
    figures.append(Statistic(StatisticKind.MEAN, ("a",), nothing))
    figures.append(Statistic(StatisticKind.MEAN, ("a",), nothing, where=LOW))
    figures += [
        Statistic(StatisticKind.MISSING, (column.name,), nothing)
        for column in spec.generated_columns
        if column.may_be_missing
    ]
    return figures


def measured(statistic: Statistic, rows: list[dict[str, Value]], weights: np.ndarray) -> float:
    """A figure's value over weighted rows, straight from its definition; NaN where nobody has it."""
    (name,) = statistic.columns
    part = whole = 0.0
    for row, weight in zip(rows, weights, strict=True):
        if statistic.where is not None and row["c"] != "low":
            continue
        cell = row[name]
        if statistic.kind is StatisticKind.MISSING:
            part, whole = part + weight * (cell is MISSING), whole + weight
        elif not isinstance(cell, Special):
            number = float(cell) if isinstance(cell, Fraction) else cell == statistic.at
            part, whole = part + weight * number, whole + weight
    return part / whole if whole > 0 else float("nan")


def places_of(
    rows: list[dict[str, Value]], core: CoreSpec, listings: dict
) -> dict[str, np.ndarray]:
    found = {}
    for name, listing in listings.items():
        size = listing.values.size
        cells = [encode_value(core.by_name[name], row[name]) for row in rows]
        found[name] = np.array(
            [
                size + (cell is NOT_APPLICABLE)
                if isinstance(cell, Special)
                else int(np.searchsorted(listing.values, cell))
                for cell in cells
            ],
            dtype=np.int64,
        )
    return found


def figures_of_rows(
    spec: Spec, rows: list[dict[str, Value]], weights: np.ndarray
) -> list[Statistic]:
    found = []
    for figure in asked(spec):
        value = measured(figure, rows, weights)
        if value == value:
            number = Fraction(value).limit_denominator(10**6)
            found.append(replace(figure, value=Measured(number, EXACT, str(float(number)))))
    return found


@settings(max_examples=30, deadline=None)
@given(small_specs(), st.integers(0, 10**6))
def test_figures_that_some_rows_have_are_met_as_brute_force_meets_them(
    spec: Spec, seed: int
) -> None:
    rows = [row for row in all_rows(spec) if row_is_valid(row, spec)]
    if not rows or fitted(spec) is None:
        return
    random = np.random.default_rng(seed)
    spec = with_figures(spec, figures_of_rows(spec, rows, random.dirichlet(np.ones(len(rows)))))
    fit = fitted(spec)

    assert fit is not None
    found = fit.tilted.marginals()
    expected = brute_force(fit, spec, rows)
    event(f"figures: {len(fit.statistics)}")
    for name, share in expected.items():
        assert found[name] == pytest.approx(share, abs=0.01)


def brute_force(fit: FittedRows, spec: Spec, rows: list[dict[str, Value]]) -> dict[str, np.ndarray]:
    """Every place's probability, from the same convex problem over all rows one by one."""
    core = lower(spec)
    places = places_of(rows, core, fit.listings)
    table = make_table(spec, core, fit.listings, places)
    moments = fit.tilted.exact
    prior = np.ones(len(rows))
    for name, place in places.items():
        prior *= fit.tilted.prior[name][place]
    prior /= prior.sum()
    share = [prior @ table.group(each.where) for each in moments]
    scales = [1 / (m.tolerance * max(s, 1e-3)) for m, s in zip(moments, share, strict=True)]
    values = moment_matrix(moments, scales, table)

    def dual(theta: np.ndarray) -> tuple[float, np.ndarray]:
        exponent = values @ theta
        top = exponent.max()
        weight = prior * np.exp(exponent - top)
        total = weight.sum()
        return (
            top + np.log(total) + SLACK / 2 * theta @ theta,
            (weight / total) @ values + SLACK * theta,
        )

    best = minimize(dual, np.zeros(len(moments)), jac=True, method="BFGS").x
    exponent = values @ best
    weight = prior * np.exp(exponent - exponent.max())
    weight /= weight.sum()
    return {
        name: np.bincount(place, weights=weight, minlength=fit.listings[name].size)
        for name, place in places.items()
    }


@settings(max_examples=12, deadline=None)
@given(small_specs(), st.lists(st.integers(0, 100), min_size=12, max_size=12))
def test_figures_that_exclude_each_other_end_in_finite_weights_and_valid_rows(
    spec: Spec, numbers: list[int]
) -> None:
    figures = [
        replace(figure, value=Measured(Fraction(number, 50), EXACT, str(number / 50)))
        if figure.kind is StatisticKind.MEAN
        else replace(figure, value=Measured(Fraction(number, 100), EXACT, f"{number}%"))
        for figure, number in zip(asked(spec), numbers, strict=False)
    ]
    figures.append(
        Statistic(StatisticKind.PEARSON, ("a", "b"), Measured(Fraction(9, 10), EXACT, "0.9"))
        if "b" in spec.by_name
        else figures[0]
    )
    spec = with_figures(spec, figures)
    fit = fitted(spec)
    if fit is None:
        return

    (places,) = fit.draw(40, seed=1)

    assert np.isfinite(fit.tilted.theta).all()
    assert all(np.isfinite(each.off) for each in fit.residuals)
    for place in range(40):
        row = {name: value_at(spec, fit, name, int(each[place])) for name, each in places.items()}
        assert row_is_valid(row, spec)


def value_at(spec: Spec, fit: FittedRows, name: str, place: int) -> Value:
    from synllm.generate.column_cells import place_value

    return place_value(spec.by_name[name], fit.listings[name], place)


def test_the_same_seed_draws_the_same_rows_and_another_seed_others() -> None:
    import synllm

    spec = synllm.loads(CLINIC).spec
    fit = fitted(spec)

    assert fit is not None
    once, again, other = (
        {name: each.tolist() for block in fit.draw(300, seed) for name, each in block.items()}
        for seed in (5, 5, 6)
    )
    assert once == again
    assert once != other


def test_figures_about_pairs_groups_and_soft_rules_are_met() -> None:
    import synllm
    from synllm.columns.figures import measure_figures

    spec = synllm.loads(CLINIC).spec
    fit = fitted(spec)
    assert fit is not None

    (places,) = fit.draw(2000, seed=3)

    table = fit.table(places)
    figures = measure_figures(fit.statistics, table)
    missed = [
        (str(each.kind), each.columns, each.where_text, figure.delivered)
        for each, figure in zip(fit.statistics, figures, strict=True)
        if not figure.met
    ]
    smokers = table.holds("smoker", "yes")
    assert missed == []
    assert (table.numbers("age")[smokers] >= 30).mean() >= 0.88


CLINIC = """
synspec 1

table clinic "One row per patient" {
  age     : integer in 18..90 'a'       "Age"
  sex     : one of {female, male}       "Sex"
  smoker  : yes/no                      "Smokes"
  insulin : yes/no                      "Takes insulin"
  sbp     : integer in 80..220 'mm[Hg]' "Systolic pressure"  may be missing
  dbp     : integer in 40..130 'mm[Hg]' "Diastolic pressure"  may be missing
  stage   : ordered {1 < 2 < 3}         "Stage"
}

statistics from "Table 1" {
  age  mean 52.3, sd 15.1, quantiles {25%: 41, 50%: 53}
  sex  shares {female: 61%}
  smoker  shares {yes: 23%}
  insulin  shares {yes: 12%}
  sbp  mean 131, sd 17, missing 4.0%
  dbp  mean 79, sd 11, missing 6.5%, point 80 at 9%
  sbp by sex  mean {female: 128, male: 135.7}
  stage by smoker  shares {yes: {1: 20%, 3: 45%}, no: {1: 40%, 3: 25%}}
  sbp where age >= 60 and sex is male  mean 142, sd 15
  pearson(sbp, dbp) 0.55
  spearman(age, sbp) 0.35
  odds ratio(smoker, insulin) 2.1
}

derived pulse : integer 'mm[Hg]' "Pulse pressure" = sbp - dbp rounded half up

rule pressures "Systolic is above diastolic"
  always sbp > dbp

usually older_smokers "Smokers are mostly 30 or older" in at least 90% of cases
  when smoker is yes then age >= 30
"""
