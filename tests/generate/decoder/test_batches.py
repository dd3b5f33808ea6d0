"""A row depends on the seed and on its number, and on nothing that is written beside it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.generate.decoder.slot_writer import Written
from synllm.spec.model import Spec
from tests.generate.decoder.stand_ins import KINDS, Ready, make_ready
from tests.generate.decoder.test_adversaries import SPEECH, ready
from tests.proof.small_specs import small_specs

NAMES = ("cirrhosis", "stroke", "exactly_one", "body_mass", "chained_sums", "absences")


def put_together(parts: list[Written]) -> dict[str, np.ndarray]:
    names = parts[0].places
    return {name: np.concatenate([each.places[name] for each in parts]) for name in names}


def written_apart(own: Ready, kind: str, numbers: np.ndarray, sizes: list[int]) -> Written:
    """The rows written in batches of these sizes."""
    stops = np.cumsum(sizes)
    writer = own.writer(kind, 3)
    parts = [writer.write(each, seed=11) for each in np.split(numbers, stops) if each.size]
    return Written(
        put_together(parts),
        np.concatenate([each.log_chance for each in parts]),
        np.concatenate([each.divergence for each in parts]),
        np.concatenate([each.log_model for each in parts]),
        0,
    )


def assert_same(one: Written, two: Written) -> None:
    for name, places in one.places.items():
        assert (places == two.places[name]).all(), name
    assert np.allclose(one.log_chance, two.log_chance, rtol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", NAMES)
def test_rows_are_the_same_in_batches_of_any_size(name: str, kind: str) -> None:
    own = ready(name)
    numbers = np.arange(60)
    together = own.writer(kind, 3).write(numbers, seed=11)

    assert_same(together, written_apart(own, kind, numbers, [1, 1, 3, 20, 35]))


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_the_same_beside_others_and_in_another_order(name: str) -> None:
    own = ready(name)
    numbers = np.arange(40, 80)
    shuffled = np.random.default_rng(0).permutation(120)
    found = own.writer("random", 3).write(numbers, seed=11)
    other = own.writer("random", 3).write(shuffled, seed=11)
    at = np.argsort(shuffled)[40:80]

    for field, places in found.places.items():
        assert (places == other.places[field][at]).all(), field


@settings(max_examples=8)
@given(small_specs(), st.sampled_from([None, 0]), st.sampled_from(KINDS))
def test_rows_of_small_specs_are_the_same_alone(spec: Spec, nodes: int | None, kind: str) -> None:
    own = make_ready(spec, SPEECH[0], nodes=nodes)
    if own is not None:
        numbers = np.arange(12)
        together = own.writer(kind, 3).write(numbers, seed=11)

        assert_same(together, written_apart(own, kind, numbers, [1] * 11))


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_gives_other_rows(name: str) -> None:
    writer = ready(name).writer("flat", 0)
    first, again, other = (writer.write(np.arange(50), seed).places for seed in (1, 1, 2))

    assert all((first[field] == again[field]).all() for field in first)
    assert any((first[field] != other[field]).any() for field in first)
