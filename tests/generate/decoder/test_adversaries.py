"""Whatever a model wants, every row it is let write is valid, and every valid row can be written."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from synllm.generate.column_cells import list_rows
from synllm.generate.decoder.slot_writer import Written
from synllm.spec.evaluate import broken_statements, row_is_valid
from synllm.spec.model import Spec
from tests.generate.decoder.stand_ins import KINDS, Ready, make_ready, ready_file
from tests.proof.small_specs import all_rows, small_specs
from tests.strategies import specs

ROOT = Path(__file__).parents[3]
FILES = {
    path.stem: path
    for folder in (ROOT / "specs", ROOT / "tests/rowspace/stress")
    for path in sorted(folder.glob("*.synspec"))
}
SPEECH = ("single digits", "digits by three", "joined digits", "unigram", "without splits")
OPEN = {
    "absences",
    "body_mass",
    "chained_sums",
    "filtration",
    "hundred_features",
    "ordered_days",
    "result_first",
    "vectors",
}
"""Specs whose diagram is known to be too large; none is tried."""

ROWS = {
    "cirrhosis": 2_500,
    "diabetes": 4_000,
    "stroke": 3_000,
    "absences": 400,
    "body_mass": 1_500,
    "chained_sums": 600,
    "exactly_one": 2_500,
    "filtration": 600,
    "hundred_features": 15,
    "ordered_days": 150,
    "percentages": 2_000,
    "pressures": 1_500,
    "result_first": 600,
    "vectors": 25,
    "whole_body_mass": 2_000,
}
DEAR = {"hundred_features", "vectors"}
"""Specs of which a few rows take seconds."""

MANY = {
    "cirrhosis": 150_000,
    "diabetes": 250_000,
    "stroke": 200_000,
    "absences": 3_000,
    "body_mass": 30_000,
    "chained_sums": 10_000,
    "exactly_one": 120_000,
    "filtration": 10_000,
    "hundred_features": 200,
    "ordered_days": 2_000,
    "percentages": 120_000,
    "pressures": 30_000,
    "result_first": 10_000,
    "vectors": 300,
    "whole_body_mass": 70_000,
}


def ready(name: str) -> Ready:
    """A spec file in one of the ways in which tokenizers write it."""
    speech = SPEECH[list(ROWS).index(name) % len(SPEECH)]
    return ready_file(FILES[name], speech, nodes=1 if name in OPEN else None)


def check(found: Written, spec: Ready, *, judged: int) -> None:
    """Judge all rows by the columns' programme, and some by the meaning of the language itself."""
    assert spec.faults(found.places) == 0

    some = {name: places[:judged] for name, places in found.places.items()}
    for row in list_rows(spec.spec, spec.listings, some):
        assert not list(broken_statements(row, spec.spec))


def test_there_are_rows_of_every_file() -> None:
    assert set(ROWS) == set(MANY) == set(FILES)
    assert sum(ROWS.values()) >= 20_000
    assert sum(MANY.values()) >= 1_000_000


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=pytest.mark.slow) if each in DEAR else each for each in ROWS],
)
def test_no_adversary_gets_an_invalid_row_written(name: str) -> None:
    spec = ready(name)
    for number, kind in enumerate(KINDS):
        count = ROWS[name] // len(KINDS)

        check(spec.writer(kind, number).write(np.arange(count), seed=number), spec, judged=4)


@pytest.mark.slow
@pytest.mark.parametrize("name", MANY)
def test_no_adversary_gets_an_invalid_row_written_among_a_million(name: str) -> None:
    spec = ready(name)
    batch = 4_000
    for number, kind in enumerate(KINDS):
        writer = spec.writer(kind, 100 + number)
        for first in range(0, MANY[name] // len(KINDS), batch):
            last = min(first + batch, MANY[name] // len(KINDS))

            check(writer.write(np.arange(first, last), seed=7), spec, judged=2)


@settings(max_examples=20)
@given(small_specs(), st.sampled_from(SPEECH), st.sampled_from([None, 0]))
def test_exactly_the_valid_rows_can_be_written(spec: Spec, speech: str, nodes: int | None) -> None:
    valid = {tuple(row.items()) for row in all_rows(spec) if row_is_valid(row, spec)}
    own = make_ready(spec, speech, nodes=nodes)
    if own is None or not valid:
        assert not valid
        return
    event(f"rows: {min(len(valid), 20)}")
    found = set()
    for attempt in range(40):
        writer = own.writer(("flat", "random")[attempt % 2], attempt)
        places = writer.write(np.arange(1_000), seed=attempt).places
        found |= {tuple(row.items()) for row in list_rows(spec, own.listings, places)}
        if found >= valid:
            break

    assert found == valid


@settings(max_examples=20)
@given(specs(), st.sampled_from(SPEECH), st.sampled_from([None, 0]), st.sampled_from(KINDS))
def test_rows_of_random_specs_are_valid(
    spec: Spec, speech: str, nodes: int | None, kind: str
) -> None:
    own = make_ready(spec, speech, nodes=nodes)
    if own is not None:
        places = own.writer(kind, 0).write(np.arange(20), seed=1).places
        for row in list_rows(spec, own.listings, places):
            assert row_is_valid(row, spec)


@pytest.mark.parametrize("name", ["cirrhosis", "diabetes", "stroke", "exactly_one"])
def test_every_allowed_cell_of_narrow_columns_and_every_digit_of_wide_ones_is_written(
    name: str,
) -> None:
    own = ready(name)
    places = own.writer("flat", 0).write(np.arange(3_000), seed=1).places
    for field, level in own.walk.levels.items():
        sets = level.sets
        allowed = {
            place
            for start, stop in zip(sets.start.tolist(), sets.stop.tolist(), strict=True)
            for place in range(start, stop)
        }
        found = set(places[field].tolist())
        if len(allowed) <= 40:
            assert found == allowed, field
        else:
            tokens = own.plan.tries[field].tokens
            first = own.plan.tries[field].shared
            begins = {int(tokens[place, first]) for place in allowed}

            assert {int(tokens[place, first]) for place in found} == begins, field
