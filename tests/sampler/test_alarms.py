"""Alarms are raised for what is planted, and not for real tables or the sampler's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import synllm
from synllm.generate.alarms import COMPARED, AlarmTally, find_alarms
from synllm.generate.read_back import read_places
from synllm.generate.run_manifest import AlarmRecord
from synllm.generate.sampler import RowSampler, sample_to_file
from synllm.generate.settings import RunSettings
from synllm.resources import specs_folder
from synllm.rowspace.expectation import expect
from synllm.rowspace.sample import Integers, list_cells
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower

REAL = {
    "diabetes": "diabetes_prediction_dataset.csv",
    "stroke": "healthcare-dataset-stroke-data.csv",
    "cirrhosis": "cirrhosis.csv",
}
STRESS = sorted((Path(__file__).parent.parent / "rowspace" / "stress").glob("*.synspec"))
SLOW_TO_DRAW = ("vectors", "hundred_features")

TEXT = """
synspec 1

table rows "Rows" {
  age    : integer in 18..90 'a'   "Age"
  weight : decimal(1) in 30..200   "Weight"
  score  : integer in 0..50        "A score of which nothing is known"
  sex    : one of {female, male}   "Sex"
  site   : one of {A, B, C}        "Site"
}

statistics from "Table 1" {
  age     mean 52, sd 15
  weight  mean 78, sd 14
  sex     shares {female: 60%}
}
"""

Places = dict[str, Integers]


def sampled(count: int, seed: int = 1, text: str = TEXT) -> tuple[Spec, RowSpace, Places]:
    spec = synllm.loads(text).spec
    sampler = RowSampler(spec, count)
    blocks = list(sampler.draw(count, seed))
    places = {name: np.concatenate([each[name] for each in blocks]) for name in blocks[0]}
    return spec, sampler.space, places


def alarms(
    spec: Spec, space: RowSpace, places: Places, examples: list[dict[str, int]] | None = None
) -> tuple[AlarmRecord, ...]:
    listings = {column.name: list_cells(column) for column in space.core.columns}
    tally = AlarmTally(spec, space, listings, examples or [])
    size = next(iter(places.values())).size
    for part in np.array_split(np.arange(size), 3):
        tally.add({name: each[part] for name, each in places.items()})
    return tally.alarms()


def test_values_at_a_bound_are_told() -> None:
    spec, space, places = sampled(1_000)
    assert alarms(spec, space, places) == ()
    places["age"][:120] = 72
    places["weight"][:150] = 1

    high, low = alarms(spec, space, places)

    at_top = int((places["age"] >= 71).sum())
    assert (high.kind, high.column, high.rows, high.of) == ("bound", "age", at_top, 1_000)
    assert high.text.startswith(
        f"{at_top} of 1,000 values of `age` are its highest possible value, 90, or the next one; "
    )
    assert low.text.endswith(
        "its lowest possible value, 30.0, or the next one; fewer than 1 was to be expected"
    )


def test_a_bound_of_which_a_point_mass_is_declared_is_none() -> None:
    text = TEXT.replace("mean 52, sd 15", "mean 52, sd 15, point 90 at 12%")
    _, space, places = sampled(1_000)
    declared = synllm.loads(text).spec
    places["age"][:120] = 72

    assert alarms(declared, space, places) == ()


def test_one_value_for_nearly_all_is_told_even_where_nothing_is_declared() -> None:
    spec, space, places = sampled(1_000)
    places["sex"][:950] = 1
    places["score"][:] = 7

    found = alarms(spec, space, places)

    assert [(each.kind, each.column) for each in found] == [("value", "score"), ("value", "sex")]
    assert found[0].text.startswith("1,000 of 1,000 values of `score` are 7; about 20 were")


def test_a_rare_value_of_which_nothing_is_declared_is_no_alarm() -> None:
    spec, space, places = sampled(1_000)
    places["site"][:] = 0
    places["site"][:20] = 1
    places["score"][:980] = 0

    assert alarms(spec, space, places) == ()


def test_what_the_rules_leave_a_column_is_no_alarm() -> None:
    text = TEXT + '\nrule site "Only site B is open"\n  when age > 10 then site is B\n'

    assert alarms(*sampled(1_000, text=text)) == ()


@pytest.mark.parametrize("copies", [12, 400, 999])
def test_repeated_rows_are_told(copies: int) -> None:
    spec, space, places = sampled(1_000)
    for each in places.values():
        each[1 : copies + 1] = each[0]

    found = [each for each in alarms(spec, space, places) if each.kind == "repeats"]

    assert [each.rows for each in found] == [copies]
    assert f"{copies} of 1,000 rows repeat an earlier row; fewer than 1 was" in found[0].text


def test_rows_of_which_few_are_possible_may_repeat() -> None:
    head, _, rest = TEXT.partition("  weight :")
    text = head + rest.partition("\n")[2].replace("  weight  mean 78, sd 14\n", "")
    spec, space, places = sampled(3_000, text=text)
    size = space.count

    assert size is not None
    assert size < 30_000
    assert alarms(spec, space, places) == ()


def test_where_only_one_row_is_possible_it_may_repeat() -> None:
    text = 'synspec 1\n\ntable t "T" { a : integer in 3..3 "A" }\n'

    assert alarms(*sampled(100, text=text)) == ()


def test_only_so_many_rows_are_compared() -> None:
    spec, space, places = sampled(1_000)
    tally = AlarmTally(spec, space, {c.name: list_cells(c) for c in space.core.columns})
    for _ in range(COMPARED // 1_000 + 5):
        tally.add(places)

    (found,) = (each for each in tally.alarms() if each.kind == "repeats")

    assert (found.rows, found.of) == (COMPARED - 1_000, COMPARED)


def test_copies_of_the_prompts_examples_are_told() -> None:
    spec, space, places = sampled(1_000)
    example = {name: int(each[0]) for name, each in places.items()}
    other = {name: int(each[500]) for name, each in places.items()}
    for name, each in places.items():
        each[1:4] = example[name]

    found = [
        each for each in alarms(spec, space, places, [example, other]) if each.kind == "examples"
    ]

    assert [each.rows for each in found] == [5]
    assert alarms(spec, space, sampled(1_000, 2)[2], [example, other]) == ()


def test_how_likely_rows_are_alike_is_exact_on_diagrams() -> None:
    text = TEXT.replace("integer in 18..90", "integer in 18..30").replace("30..200", "30..31")
    text = text.replace("mean 52, sd 15", "mean 25, sd 4").replace(
        "mean 78, sd 14", "mean 30.5, sd 0.4"
    )
    spec = synllm.loads(text + '\nrule r "R"\n  when sex is male then age > 25 or site is A\n').spec
    core = lower(spec)
    listings = {column.name: list_cells(column) for column in core.columns}
    space = build_row_space(spec, core)
    assert space is not None
    expected = expect(spec, space, listings)
    rows = RowSampler(spec, 60_000).rows.tilted  # the prior, as no figure tilts single columns much

    assert rows.by is None
    tied = sum(part.count for part in space.diagrams if len(part.fields) > 1)
    assert tied > 0
    own = {name: shares[0] for name, shares in expected.shares.items()}
    weight = own["age"][:, None, None] * own["sex"][None, :, None] * own["site"][None, None, :]
    for age in range(weight.shape[0]):
        for site in range(weight.shape[2]):
            if not (age + 18 > 25 or site == 0):
                weight[age, 1, site] = 0
    weight /= weight.sum()
    alone = 1.0
    for axis in range(3):
        share = weight.sum(axis=tuple(each for each in range(3) if each != axis))
        assert expected.shares[("age", "sex", "site")[axis]][1] == pytest.approx(share, abs=1e-9)
        alone *= float((share**2).sum())
    assert expected.tied == pytest.approx(float((weight**2).sum()) / alone)


@pytest.mark.parametrize("is_told", [True, False], ids=["with figures", "without figures"])
@pytest.mark.parametrize("name", REAL)
def test_real_tables_raise_no_alarm(name: str, is_told: bool, real_data: Path) -> None:
    spec = synllm.load(specs_folder() / f"{name}.synspec").spec
    spec = spec if is_told else replace(spec, statistics=())

    assert find_alarms(real_data / REAL[name], spec, lower(spec)) == ()


def test_alarms_of_a_run_are_in_its_manifest(tmp_path: Path) -> None:
    spec = synllm.loads(TEXT).spec

    manifest = sample_to_file(
        spec, RunSettings(rows=500, model="sampler"), tmp_path / "t.csv"
    ).manifest

    assert manifest.alarms == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    "path", [each for each in STRESS if each.stem not in SLOW_TO_DRAW], ids=lambda path: path.stem
)
def test_the_samplers_rows_of_stress_specs_raise_no_alarm(path: Path) -> None:
    spec = synllm.load(path).spec
    sampler = RowSampler(spec, 300)

    for places in sampler.draw(300, 1):
        assert alarms(spec, sampler.space, places) == ()


@pytest.mark.slow
def test_no_alarm_comes_up_by_chance() -> None:
    spec = synllm.loads(TEXT).spec
    sampler = RowSampler(spec, 300)
    raised = 0
    for seed in range(200):
        for places in sampler.draw(300, seed):
            raised += bool(alarms(spec, sampler.space, places))

    assert raised <= 2


def test_a_table_that_a_run_wrote_is_read_for_alarms(tmp_path: Path) -> None:
    spec, space, _ = sampled(200)
    output = tmp_path / "t.csv"
    header = ",".join(space.core.by_name)
    output.write_text(header + "\n" + "60,80.0,4,female,A\n" * 100, encoding="utf-8")
    listings = {column.name: list_cells(column) for column in space.core.columns}
    (read,) = read_places(output, spec, space.core, listings)

    found = find_alarms(output, spec, space.core)

    assert found == alarms(spec, space, read)
    assert {each.kind for each in found} == {"value", "repeats"}
