"""A model's rows in batches: fewer at once where memory runs out."""

import numpy as np
import pytest

import synllm
from synllm.compiler import compile_spec
from synllm.generate.decode import RowDecoder
from synllm.generate.errors import OutOfMemoryError
from synllm.generate.models import LoadedModel
from synllm.generate.settings import RunSettings
from tests.generate.test_decode import SPEC


@pytest.fixture(scope="module")
def model(untrained: LoadedModel) -> LoadedModel:
    return untrained


def make_scarce(decoder: RowDecoder, at_once: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let memory run out at more rows than that; returns the sizes that were tried."""
    writer = decoder.rows._writer
    write, tried = writer.write, []

    def write_few(numbers, seed, steer=None):
        tried.append(numbers.size)
        if numbers.size > at_once:
            raise OutOfMemoryError("no memory", where="here", fix="fewer rows")
        return write(numbers, seed, steer)

    monkeypatch.setattr(writer, "write", write_few)
    return tried


def test_batches_are_halved_until_they_fit_and_give_the_same_rows(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = compile_spec(synllm.loads(SPEC).spec)
    settings = RunSettings(rows=48, steer=0)
    said: list[str] = []
    decoder = RowDecoder(compiled, model, settings, notice=said.append)
    numbers = np.arange(48)
    whole = decoder.rows.write(numbers, 7)
    tried = make_scarce(decoder, 13, monkeypatch)
    parts = decoder.rows.write(numbers, 7)

    assert tried == [48, 24, 12, 12, 12, 12]
    assert said == [
        "memory ran out at 48 rows at once: going on with 24",
        "memory ran out at 24 rows at once: going on with 12",
    ]
    for name, places in whole.places.items():
        assert (parts.places[name] == places).all()
    assert np.allclose(parts.log_chance, whole.log_chance)


def test_where_not_even_one_row_fits_the_error_is_told(
    model: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = compile_spec(synllm.loads(SPEC).spec)
    decoder = RowDecoder(compiled, model, RunSettings(rows=4, steer=0))
    make_scarce(decoder, 0, monkeypatch)

    with pytest.raises(OutOfMemoryError, match="fewer rows"):
        decoder.rows.write(np.arange(4), 7)
