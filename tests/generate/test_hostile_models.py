"""Model folders that are damaged on purpose: each is refused in one sentence, nothing is run."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import pytest

from synllm.generate import folder_limits
from synllm.generate.errors import ModelError, OutOfMemoryError
from synllm.generate.model_folder import EMBEDDED_FOLDER, find_model
from synllm.generate.models import load_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(EMBEDDED_FOLDER, tmp_path / "model")


def refusal(folder: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load_model(str(folder), device="cpu")
    assert caught.value.where
    assert caught.value.fix.endswith(".")
    assert "\n" not in str(caught.value)
    return caught.value


def change_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | changes))


def change_header(folder: Path, change) -> None:
    """Rewrite the weights with another header before the same bytes."""
    file = folder / "model.safetensors"
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    change(header)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])


def test_code_that_comes_with_a_model_is_not_run(folder: Path) -> None:
    mark = folder / "ran"
    code = f"open({str(mark)!r}, 'w').close()\nclass Own: pass\n"
    for name in ("modeling_own.py", "tokenization_own.py", "configuration_own.py"):
        (folder / name).write_text(code)
    own = {
        "AutoConfig": "configuration_own.Own",
        "AutoModelForCausalLM": "modeling_own.Own",
        "AutoTokenizer": ["tokenization_own.Own", None],
    }
    change_config(folder, auto_map=own)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(json.dumps(settings | {"auto_map": own}))

    load_model(str(folder), device="cpu")  # Its kind is known: its own code isn't needed.
    change_config(folder, auto_map=own, model_type="own")
    refusal(folder)

    assert not mark.exists()


@pytest.mark.parametrize("name", ["../elsewhere.safetensors", "/etc/hostname", "a/b", 7, None])
def test_a_list_of_weights_can_not_point_elsewhere(folder: Path, name: object) -> None:
    shutil.move(folder / "model.safetensors", folder.parent / "elsewhere.safetensors")
    index = {"weight_map": {"model.norm.weight": name}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))

    assert "outside its folder" in refusal(folder).what


def test_a_header_longer_than_its_file_is_named(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(struct.pack("<Q", 2**62) + weights.read_bytes()[8:])

    assert "damaged" in refusal(folder).what


def test_a_weight_that_reaches_beyond_its_file_is_named(folder: Path) -> None:
    def reach(header: dict[str, dict[str, list[int]]]) -> None:
        header["model.norm.weight"]["data_offsets"][1] = 2**50

    change_header(folder, reach)

    assert "damaged" in refusal(folder).what


def test_a_weight_of_another_size_than_its_shape_is_named(folder: Path) -> None:
    def grow(header: dict[str, dict[str, list[int]]]) -> None:
        header["model.norm.weight"]["shape"] = [2**40]

    change_header(folder, grow)

    assert "damaged" in refusal(folder).what


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_size": 2**20, "head_dim": 2**18},
        {"vocab_size": 2**40},
        {"intermediate_size": 2**40},
        {"num_attention_heads": 0},
        {"num_key_value_heads": 2**30},
        {"hidden_size": -1},
        {"rope_parameters": "none"},
        {"dtype": "float7"},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_a_shape_that_is_not_that_of_the_weights_is_refused_before_it_is_built(
    folder: Path, changes: dict[str, object]
) -> None:
    change_config(folder, **changes)

    refusal(folder)


@pytest.mark.parametrize("layers", [10**9, 66])
def test_more_layers_than_weights_are_refused_before_they_are_built(
    folder: Path, layers: int
) -> None:
    change_config(folder, num_hidden_layers=layers)

    assert f"tells of {layers:,} layers, and the weights are 65 tensors" in refusal(folder).what


def test_a_text_of_a_size_that_no_model_needs_is_not_read(folder: Path) -> None:
    with (folder / "tokenizer.json").open("r+b") as file:
        file.truncate(200 * 2**20)

    error = refusal(folder)

    assert "tokenizer.json has 210 MB" in error.what
    assert error.where == str(folder / "tokenizer.json")


def test_a_model_larger_than_the_memory_is_refused_before_it_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_limits, "_memory_of", lambda device: 4_000_000)

    error = refusal(folder)

    assert isinstance(error, OutOfMemoryError)
    assert error.what == "The model takes 0.0 GB in float32, and this machine has 0.0 GB"
    load_model(str(folder), device="cpu", dtype="bfloat16")


def test_the_memory_of_this_machine_is_known() -> None:
    import torch

    room = folder_limits._memory_of(torch.device("cpu"))
    assert room is not None
    assert room > 2**28


@pytest.mark.parametrize("place", ["config.json", "tokenizer.json", "tokenizer_config.json"])
@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "NaN", b"\xff\xfe\x00"])
def test_texts_that_parsers_choke_on_give_one_sentence(
    folder: Path, place: str, text: str | bytes
) -> None:
    content = text if isinstance(text, bytes) else text.encode()
    (folder / place).write_bytes(content)

    refusal(folder)


def test_a_chat_template_that_reaches_for_the_system_is_stopped(folder: Path) -> None:
    from synllm.generate.prompt_text import render_prompt

    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["chat_template"] = "{{ messages.__class__.__mro__[1].__subclasses__() }}"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    model = load_model(str(folder), device="cpu")

    with pytest.raises(ModelError, match="chat template refuses"):
        render_prompt(model.tokenizer, [{"role": "user", "content": "hi"}], name=model.name)


def test_the_headers_tell_what_is_in_the_files() -> None:
    headers = find_model(None).headers

    assert {header.stored for header in headers} == {"float16"}
    assert (
        sum(header.size for header in headers) * 2
        < EMBEDDED_FOLDER.joinpath("model.safetensors").stat().st_size
    )
