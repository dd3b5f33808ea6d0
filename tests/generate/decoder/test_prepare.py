"""A model is made ready, or it is said in one message why it can't be."""

import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from synllm.generate.decoder.prepare import prepare_writer
from synllm.generate.decoder.slot_writer import SlotWriter
from synllm.generate.errors import ModelError
from synllm.generate.models import LoadedModel, load_model
from synllm.rowspace.sample import list_cells
from synllm.rowspace.space import build_row_space
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code
from tests.specs_in_code import category_column, number_column


def prepare(model: LoadedModel, spec: Spec, prompt: str = "Write rows.\n") -> SlotWriter:
    core = lower(spec)
    space = build_row_space(spec, core)
    assert space is not None
    listings = {column.name: list_cells(core.by_name[column.name]) for column in spec.columns}
    return prepare_writer(spec, space, listings, model, prompt)


def table(name: str = "unit", code: str = "mg") -> Spec:
    columns = (
        category_column(name, "one", "two", codes=[Code(code), Code("l")]),
        number_column("age", "0", "9"),
    )
    return Spec("small", "A small table", columns)


def refusal(
    make_folder: Callable[..., Path], shape: str, spec: Spec, prompt: str = "Write rows.\n"
) -> ModelError:
    model = load_model(str(make_folder(shape)), device="cpu")
    with pytest.raises(ModelError) as caught:
        prepare(model, spec, prompt)
    assert caught.value.where == model.name
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_model_without_keys_and_values_is_refused(make_folder: Callable[..., Path]) -> None:
    error = refusal(make_folder, "mamba", table())

    assert "can't read rows side by side with this model" in error.what
    assert "--engine outlines" in error.fix


@pytest.mark.parametrize(("name", "code"), [("unit", "日本"), ("größe", "mg")])
def test_a_tokenizer_without_the_characters_is_refused(
    make_folder: Callable[..., Path], name: str, code: str
) -> None:
    error = refusal(make_folder, "asciionly", table(name, code))
    wanted = "日 本" if name == "unit" else "ß ö"

    assert f"no token for {wanted}, which `{name}` contains" in error.what
    assert "byte-level" in error.fix


def test_a_prompt_that_leaves_no_room_for_a_row_is_refused(
    make_folder: Callable[..., Path],
) -> None:
    error = refusal(make_folder, "gpt2", table(), "x y " * 400)

    assert "but the model reads 512 in all" in error.what
    assert "shorter prompt level" in error.fix


def test_a_prompt_may_leave_just_the_room_for_a_row(make_folder: Callable[..., Path]) -> None:
    error = refusal(make_folder, "gpt2", table(), "x" * 600)
    tokens, row, whole = map(int, re.findall(r"[0-9]+", error.what))
    longest = 600 - (tokens + row - whole)
    model = load_model(str(make_folder("gpt2")), device="cpu")
    found = prepare(model, table(), "x" * longest).write(np.arange(4), seed=1)

    assert found.places["age"].size == 4
    refusal(make_folder, "gpt2", table(), "x" * (longest + 1))


def test_numbers_that_overflow_are_one_message(
    make_folder: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(str(make_folder("gpt2")), device="cpu")
    writer = prepare(model, table())
    forward = model.network.forward

    def overflow(*given: Any, **settings: Any) -> Any:
        result = forward(*given, **settings)
        result.logits = result.logits * math.nan
        return result

    monkeypatch.setattr(model.network, "forward", overflow)
    with pytest.raises(ModelError, match="--dtype float32"):
        writer.write(np.arange(20), seed=1)
