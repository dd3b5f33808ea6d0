"""Rows that meet a condition: exactly the valid ones that do, with the fitted probabilities."""

from collections import Counter
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from hypothesis import event, settings
from hypothesis import given as given_any
from scipy import stats

import synllm
import synllm.rowspace.given_rows as module
from synllm.language.given import read_condition
from synllm.proof.session import Undecided
from synllm.proof.witness import encode_value
from synllm.proof.witnesses.witness_rows import NoRow
from synllm.rowspace.fit import FittedRows
from synllm.rowspace.given import Given, build_given_space, groups_within, lower_given
from synllm.rowspace.given_rows import GivenRows
from synllm.rowspace.places import cell_at, place_of
from synllm.rowspace.sample import Integers
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.core import CoreSpec
from synllm.spec.evaluate import evaluate_condition, row_is_valid
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import Special, Truth
from tests.proof.small_specs import all_rows, conditions, small_specs
from tests.rowspace.test_diagram import rows_in

Row = dict[str, int | Special]
Key = tuple[int, ...]

CLINIC = """
synspec 1

table clinic "One row per patient" {
  age     : integer in 0..11 'a'            "Age"
  sex     : one of {female, male}           "Sex"
  smoker  : yes/no                          "Smokes"  may be missing
  packs   : integer in 0..3                 "Packs"   applies when smoker is yes coded "none"
  stage   : ordered {1 < 2 < 3}             "Stage"
}

statistics from "Table 1" {
  age  mean 5.2, sd 2.9
  sex  shares {female: 61%}
  smoker  shares {yes: 33%}, missing 4%
  stage by sex  shares {female: {1: 20%, 3: 45%}, male: {1: 60%, 3: 10%}}
  age by sex  mean {female: 5.8, male: 4.3}
  PAIRS
}

rule adults "Smokers are 4 or older"
  when smoker is yes then age >= 4
"""
PAIRED = CLINIC.replace("PAIRS", "pearson(age, packs) 0.4")
PLAIN = CLINIC.replace("PAIRS", "")
CONDITIONS = (
    "sex is female",
    "age in 3..7 and stage is 1",
    "smoker is yes or age > 9",
    "age > 2 * packs + 3",
    "sex is male and (stage is 3 or packs = age - 4)",
)


def given_from(text: str, spec: Spec, core: CoreSpec) -> Given:
    condition, mistakes = read_condition(text, "--given", spec)
    assert condition is not None, mistakes
    return lower_given(text, condition, spec, core)


def rows_of(space: RowSpace) -> Iterator[Row]:
    """Every row of a space of diagrams."""
    parts = [[dict(zip(p.fields, row, strict=True)) for row in rows_in(p)] for p in space.diagrams]
    for chosen in product(*parts):
        yield {name: cell for part in chosen for name, cell in part.items()}


def key(row: Row, core: CoreSpec) -> tuple[int | Special, ...]:
    return tuple(row[column.name] for column in core.columns)


def expected_rows(spec: Spec, core: CoreSpec, condition: Condition) -> set[object]:
    return {
        key({name: encode_value(core.by_name[name], cell) for name, cell in row.items()}, core)
        for row in all_rows(spec)
        if row_is_valid(row, spec) and evaluate_condition(condition, row, spec) is Truth.TRUE
    }


@settings(max_examples=12)
@given_any(small_specs(), conditions(["a"], 2))
def test_its_rows_are_the_valid_ones_that_meet_the_condition(
    spec: Spec, condition: Condition
) -> None:
    check_rows(spec, condition)


@pytest.mark.slow
@settings(max_examples=80)
@given_any(small_specs(), conditions(["a"], 2))
def test_its_rows_are_the_valid_ones_on_many_specs(spec: Spec, condition: Condition) -> None:
    check_rows(spec, condition)


def check_rows(spec: Spec, condition: Condition) -> None:
    core = lower(spec)
    given = lower_given("", condition, spec, core)
    expected = expected_rows(spec, core, condition)

    found = build_given_space(spec, core, given)

    event(f"rows: {min(len(expected), 3)}")
    assert not isinstance(found, Undecided)
    if isinstance(found, NoRow):
        assert not expected
        return
    assert {key(row, core) for row in rows_of(found)} == expected


@settings(max_examples=12)
@given_any(small_specs(), conditions(["a"], 1), conditions(["a"], 1))
def test_a_group_is_within_a_condition_where_all_its_valid_rows_meet_it(
    spec: Spec, condition: Condition, group: Condition
) -> None:
    check_group(spec, condition, group)


@pytest.mark.slow
@settings(max_examples=60)
@given_any(small_specs(), conditions(["a"], 1), conditions(["a"], 1))
def test_groups_are_within_conditions_on_many_specs(
    spec: Spec, condition: Condition, group: Condition
) -> None:
    check_group(spec, condition, group)


def check_group(spec: Spec, condition: Condition, group: Condition) -> None:
    core = lower(spec)
    given = lower_given("", condition, spec, core)
    meeting = expected_rows(spec, core, condition)
    own = expected_rows(spec, core, group)

    within = groups_within([group], given, spec, core)

    event(f"within: {bool(within)}, empty: {not own}")
    assert bool(within) == (own <= meeting)


def test_what_rules_a_condition_out_is_named() -> None:
    spec = synllm.loads(PLAIN).spec
    core = lower(spec)

    found = build_given_space(spec, core, given_from("smoker is yes and age < 3", spec, core))

    assert isinstance(found, NoRow)
    assert [claim.name for claim in found.claims] == ["rule `adults`"]


def probabilities(fitted: FittedRows, given: Given, rows: list[Row]) -> dict[Key, float]:
    """Every given row's probability in the fitted distribution, computed row by row."""
    core, tilted = fitted.core, fitted.tilted
    keys = [
        tuple(place_of(fitted.listings[each.name], row[each.name]) for each in core.columns)
        for row in rows
    ]
    weights = np.zeros(len(rows))
    for bins, factor in tilted.class_bins():
        product = np.exp(factor) * np.ones(len(rows))
        for number, column in enumerate(core.columns):
            product *= bins[column.name][[each[number] for each in keys]]
        weights += product
    places = {
        column.name: np.array([each[number] for each in keys])
        for number, column in enumerate(core.columns)
    }
    table = fitted.table(places)
    weights *= np.exp(fitted.moments_on(table) @ fitted.theta)
    weights *= table.group(given.condition)
    return dict(zip(keys, weights / weights.sum(), strict=True))


def fits(drawn: dict[str, Integers], expected: dict[Key, float], core: CoreSpec) -> bool:
    """Whether rows are as often as expected, by a chi-squared test."""
    rows = np.column_stack([drawn[column.name] for column in core.columns])
    seen = Counter(tuple(each) for each in rows.tolist())
    assert all(expected.get(each, 0.0) > 0 for each in seen)
    pairs = [(seen[each], p * len(rows)) for each, p in expected.items() if p * len(rows) >= 5]
    rest = len(rows) - sum(a for a, _ in pairs), len(rows) - sum(b for _, b in pairs)
    observed, wanted = np.array([*pairs, rest] if rest[1] >= 5 else pairs).T
    return bool(stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue > 1e-3)


@pytest.mark.parametrize("text", [PLAIN, PAIRED], ids=["single columns", "pairs"])
@pytest.mark.parametrize("condition", CONDITIONS)
def test_rows_have_the_fitted_probabilities_given_the_condition(text: str, condition: str) -> None:
    spec = synllm.loads(text).spec
    core = lower(spec)
    whole = build_row_space(spec, core)
    assert whole is not None
    given = given_from(condition, spec, core)
    space = build_given_space(spec, core, given)
    assert isinstance(space, RowSpace)
    fitted = FittedRows(spec, core, whole)
    expected = probabilities(fitted, given, list(rows_of(whole)))

    rows = GivenRows(fitted, space, given)
    drawn = rows._draw_block(15_000, np.random.default_rng(3), together=False)

    assert rows.exact
    assert fits(drawn, expected, core)


def test_a_wide_column_is_cut_inside_its_bins_without_a_change_of_its_shape() -> None:
    text = PLAIN.replace("0..11", "0..4000").replace("mean 5.2, sd 2.9", "mean 900, sd 700")
    text = text.replace("  age by sex  mean {female: 5.8, male: 4.3}\n", "")
    spec = synllm.loads(text).spec
    core = lower(spec)
    whole = build_row_space(spec, core)
    assert whole is not None
    given = given_from("age in 1003..1018", spec, core)
    space = build_given_space(spec, core, given)
    assert isinstance(space, RowSpace)
    fitted = FittedRows(spec, core, whole)
    (drawn,) = GivenRows(fitted, space, given).draw(15_000, 1)
    prior = fitted.tilted.prior["age"][1003:1019]

    seen = np.bincount(drawn["age"] - 1003, minlength=16)

    assert fitted.tilted.bins("age").edges.size < 1000
    assert np.abs(seen / seen.sum() - prior / prior.sum()).max() < 0.01


def test_rows_of_parts_without_a_diagram_are_sorted_out() -> None:
    head, _, rest = PLAIN.partition("statistics")
    spec = synllm.loads(f"{head}rule{rest.partition('rule')[2]}").spec
    core = lower(spec)
    whole = build_row_space(spec, core, nodes=2)
    assert whole is not None
    assert whole.open_parts
    fitted = FittedRows(spec, core, whole)
    given = given_from("smoker is yes and age > 2 * packs + 3", spec, core)
    space = build_given_space(spec, core, given)
    assert isinstance(space, RowSpace)

    rows = GivenRows(fitted, space, given)
    drawn = rows._draw_block(4_000, np.random.default_rng(3), together=False)

    assert rows.exact
    free = fitted.draw_free(20_000, np.random.default_rng(4))
    meeting = free["age"][fitted.table(free).group(given.condition)]
    both = [np.bincount(each, minlength=12) for each in (drawn["age"], meeting)]
    both = [each[both[1] > 0] for each in both]
    assert stats.chi2_contingency(both).pvalue > 1e-3


@pytest.mark.parametrize("text", [PLAIN, PAIRED], ids=["single columns", "pairs"])
@pytest.mark.parametrize("nodes", [2, 20_000])
def test_where_hardly_a_row_meets_it_rows_are_near(
    text: str, nodes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LEAST_KEPT", 2.0)
    spec = synllm.loads(text).spec
    core = lower(spec)
    whole = build_row_space(spec, core)
    assert whole is not None
    given = given_from("sex is male and age > 2 * packs + 3", spec, core)
    space = build_row_space(spec, core, given=given.formula, nodes=nodes)
    assert space is not None
    fitted = FittedRows(spec, core, whole)
    expected = probabilities(fitted, given, list(rows_of(whole)))

    rows = GivenRows(fitted, space, given)
    drawn = rows._draw_block(4_000, np.random.default_rng(3), together=False)

    assert not rows.exact
    assert fitted.table(drawn).group(given.condition).all()
    # On diagrams weights alone make up for it; a part without one is drawn field by field.
    assert space.open_parts or fits(drawn, expected, core)


@pytest.mark.slow
@pytest.mark.parametrize("nodes", [0, 20_000], ids=["open", "diagrams"])
@settings(max_examples=12)
@given_any(small_specs(), conditions(["a"], 1))
def test_rows_drawn_are_all_those_that_meet_the_condition(
    nodes: int, spec: Spec, condition: Condition
) -> None:
    core = lower(spec)
    given = lower_given("", condition, spec, core)
    whole = build_row_space(spec, core, nodes=nodes)
    space = build_row_space(spec, core, given=given.formula, nodes=nodes)
    expected = expected_rows(spec, core, condition)
    if whole is None or space is None or not expected:
        return
    fitted = FittedRows(spec, core, whole)

    drawn = GivenRows(fitted, space, given)._draw_meeting(3_000, np.random.default_rng(1))

    found = {
        tuple(
            cell_at(fitted.listings[column.name], place)
            for column, place in zip(core.columns, row, strict=True)
        )
        for row in np.unique(
            np.column_stack([drawn[column.name] for column in core.columns]), axis=0
        ).tolist()
    }
    event(f"rows: {min(len(expected), 3)}")
    assert found <= expected
    # A row that is missing in all of its columns is rare by its priors.
    assert len(expected) > 20 or len(found) >= len(expected) / 2


def test_figures_of_groups_within_the_condition_are_held() -> None:
    spec = synllm.loads(PLAIN).spec
    core = lower(spec)
    whole = build_row_space(spec, core)
    assert whole is not None
    given = given_from("sex is female", spec, core)
    space = build_given_space(spec, core, given)
    assert isinstance(space, RowSpace)
    fitted = FittedRows(spec, core, whole)

    rows = GivenRows(fitted, space, given)
    (drawn,) = rows.draw(300, 5)

    assert len(rows.held) == 1
    assert fitted.table(drawn).numbers("age").mean() == pytest.approx(5.8, abs=0.03)
