"""Loading a model: the one that ships, folders of several shapes, and folders that are not right."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from synllm.generate import model_folder
from synllm.generate.embedded.recipe.export import EMBEDDED, describe_config
from synllm.generate.embedded.recipe.network import CardReader, Shape
from synllm.generate.embedded.recipe.tokenizer import SIZE, train_tokenizer
from synllm.generate.model_folder import EMBEDDED_FOLDER, find_model
from synllm.generate.models import ModelError, load_model
from synllm.generate.prompt_text import render_prompt


def test_the_embedded_model_says_what_it_is(embedded):
    weights = hashlib.sha256((EMBEDDED_FOLDER / "model.safetensors").read_bytes()).hexdigest()
    marker = json.loads((EMBEDDED_FOLDER / "config.json").read_text())["synllm"]

    assert marker == {"name": "synllm-embedded", "prompt": "card", "trained": True}
    assert embedded.name == "synllm-embedded"
    assert embedded.revision == f"sha256:{weights}"
    assert embedded.trained
    assert embedded.reads_cards
    assert (embedded.device, embedded.dtype) == ("cpu", "float32")
    assert embedded.context_length == 32768


def test_the_embedded_model_fits_into_the_wheel_and_has_a_card():
    size = sum(file.stat().st_size for file in EMBEDDED_FOLDER.iterdir())
    card = (EMBEDDED_FOLDER / "README.md").read_text()

    assert size <= 10_000_000
    for part in ("Trained on", "Evaluation", "Limits", "no data set"):
        assert part in card


def test_the_embedded_model_is_one_that_the_recipe_exports():
    shape = Shape(SIZE)
    config = json.loads((EMBEDDED_FOLDER / "config.json").read_text())
    headers = {header.name: header.shape for header in find_model(None).headers}

    assert config == describe_config(shape, EMBEDDED)
    assert (EMBEDDED_FOLDER / "tokenizer.json").read_text() == train_tokenizer().to_str()
    assert headers == {
        name: tuple(weight.shape) for name, weight in CardReader(shape).state_dict().items()
    }


@pytest.mark.parametrize(
    ("name", "what"),
    [("embeded", "did you mean `embedded`"), ("sampler", "is no language model")],
)
def test_names_that_are_nearly_models_are_not_looked_for_on_the_hub(name: str, what: str):
    assert what in _refusal(name).what


def test_an_untrained_model_says_so(untrained):
    assert untrained.name.endswith("untrained0")
    assert not untrained.trained
    assert not untrained.reads_cards


def test_the_embedded_tokenizer_keeps_text_and_joins_no_digits_of_numbers(embedded):
    text = '{"sex":"Female","age":67.05,"days":12345,"unit":"µg/l"}\né Ω 日本'
    tokens = embedded.tokenizer.encode(text)
    pieces = [embedded.token_bytes[token] for token in tokens]

    assert embedded.tokenizer.decode(tokens) == text
    assert [len(piece) for piece in pieces if piece.isdigit()] == [1] * 9


def test_a_local_folder_is_loaded_by_the_same_path(small_model):
    assert small_model.trained
    assert small_model.revision.startswith("sha256:")
    assert small_model.tokenizer.pad_token_id is not None
    assert small_model.tokenizer.padding_side == "left"
    assert small_model.network.generation_config.top_k is None


def test_the_bytes_of_tokens_spell_every_text_the_tokenizer_can_write(small_model):
    for text in ['{"sex":"Female","age":67.05}', "Orléans µg  two spaces", "\tline\n日本"]:
        tokens = small_model.tokenizer.encode(text, add_special_tokens=False)
        written = b"".join(small_model.token_bytes[token] for token in tokens)

        assert written.decode().removeprefix(" ") == text


def test_special_tokens_write_nothing(small_model, embedded):
    for model in (small_model, embedded):
        assert not set(model.tokenizer.all_special_ids) & set(model.token_bytes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(EMBEDDED_FOLDER, tmp_path / "model")


def _refusal(name: Path | str, **settings: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        load_model(str(name), **settings)
    assert caught.value.where
    assert caught.value.fix.endswith((".", "[generate]'", "hf auth login"))
    assert "\n" not in str(caught.value)
    return caught.value


def test_a_missing_folder_is_named(tmp_path: Path):
    assert "no such model folder" in _refusal(tmp_path / "nothing").what


def test_a_file_is_no_model_folder(folder: Path):
    assert "this is a file" in _refusal(folder / "config.json").what


@pytest.mark.parametrize(
    ("absent", "what"),
    [
        ("model.safetensors", "has no weights"),
        ("tokenizer.json", "has no tokenizer"),
        ("config.json", "has no config.json"),
    ],
)
def test_a_folder_without_a_part_says_which(folder: Path, absent: str, what: str):
    (folder / absent).unlink()

    assert what in _refusal(folder).what


def test_pickle_weights_are_refused(folder: Path):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")

    error = _refusal(folder)

    assert "pickle" in error.what
    assert "safetensors" in error.fix


@pytest.mark.parametrize("kept", [0, 4, 5_000, -1])
def test_damaged_weights_are_named(folder: Path, kept: int):
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:kept])

    error = _refusal(folder)

    assert "damaged" in error.what
    assert error.where == str(weights)


def test_a_missing_shard_is_named(folder: Path):
    (folder / "model.safetensors").rename(folder / "model-00001-of-00002.safetensors")
    shards = {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))

    error = _refusal(folder)

    assert "lacks 1 of its 2 weight files" in error.what
    assert error.where.endswith("model-00002-of-00002.safetensors")


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"num_hidden_layers": 9}, "lacks 18 of the model's weights"),
        ({"num_hidden_layers": 5}, "fewer layers than the weights have: model.layers.5 is left"),
        ({"hidden_size": 32}, "can't be loaded"),
        ({"model_type": "nonesuch"}, "can't be loaded"),
        ({"model_type": "t5"}, "can't be loaded"),
    ],
)
def test_a_config_that_does_not_fit_is_refused(folder: Path, change: dict[str, object], what: str):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))

    assert what in _refusal(folder).what


@pytest.mark.parametrize("text", ["{", "[1]", "\x00\x01"])
def test_an_unreadable_config_is_refused(folder: Path, text: str):
    (folder / "config.json").write_text(text)

    assert "config.json" in _refusal(folder).what


def test_a_damaged_tokenizer_is_refused(folder: Path):
    (folder / "tokenizer.json").write_text("{}")

    assert "tokenizer" in _refusal(folder).what


def test_a_tokenizer_without_bytes_is_refused(folder: Path):
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tokenizer["decoder"] = {"type": "WordPiece", "prefix": "##", "cleanup": True}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))

    assert "which bytes" in _refusal(folder).what


def test_a_model_that_ends_no_text_is_refused(folder: Path):
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"eos_token_id": None}))
    (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "PreTrainedTokenizerFast"}')

    assert "no token that ends a text" in _refusal(folder).what


@pytest.mark.parametrize("device", ["tpu", "cpu:1", "cuda:x", "cuda:99", ""])
def test_a_device_that_is_not_there_is_refused(device: str):
    error = _refusal("embedded", device=device)

    assert error.where == f"--device {device}"


def test_an_unknown_number_format_is_refused():
    assert "'int8'" in _refusal("embedded", dtype="int8").what


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_number_formats_can_be_chosen(dtype: str):
    model = load_model("embedded", device="cpu", dtype=dtype)

    assert model.dtype == dtype
    assert str(model.network.dtype) == f"torch.{dtype}"


def test_a_hub_that_does_not_answer_is_one_message(monkeypatch: pytest.MonkeyPatch):
    import huggingface_hub
    from huggingface_hub.errors import LocalEntryNotFoundError

    def fail(*_: object, **__: object):
        raise LocalEntryNotFoundError("no connection")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)

    error = _refusal("some-owner/some-model")

    assert "can't be reached" in error.what
    assert error.where == "some-owner/some-model"


def test_an_unknown_hub_name_is_one_message(monkeypatch: pytest.MonkeyPatch):
    import huggingface_hub
    from huggingface_hub.errors import HFValidationError

    def fail(*_: object, **__: object):
        raise HFValidationError("no such name")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)

    assert "no public Hugging Face model" in _refusal("some-owner/some-model").what


def test_a_downloaded_model_is_known_by_its_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    commit = shutil.copytree(EMBEDDED_FOLDER, tmp_path / ("0123456789" * 4))
    monkeypatch.setattr(model_folder, "download_model", lambda name: commit)

    found = model_folder.find_model("some-owner/some-model")

    assert (found.name, found.revision) == ("some-owner/some-model", "0123456789" * 4)


def test_memory_that_runs_out_is_one_message(monkeypatch: pytest.MonkeyPatch):
    from transformers import LlamaForCausalLM

    def fail(*_: object, **__: object):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 99 bytes.")

    monkeypatch.setattr(LlamaForCausalLM, "to", fail)

    assert "not enough memory" in _refusal("embedded").what


def test_nothing_is_printed_while_loading(folder: Path, capfd: pytest.CaptureFixture[str]):
    load_model(str(folder), device="cpu")

    assert capfd.readouterr() == ("", "")


def test_importing_the_room_loads_no_torch():
    code = (
        "import sys, synllm.generate.models, synllm.generate.constrained; "
        "print([m for m in ('torch', 'transformers', 'outlines') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_a_missing_extra_says_what_to_install():
    code = (
        "import sys; sys.modules['outlines'] = None\n"
        "from synllm.generate.models import ModelError, load_model\n"
        "try: load_model()\n"
        "except ModelError as error: print(error.fix)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "Install it with: pip install 'synllm[generate]'\n"


MESSAGES = [
    {"role": "system", "content": "Write rows."},
    {"role": "user", "content": "Go."},
]


def test_the_embedded_chat_format_names_the_roles(embedded):
    text = render_prompt(embedded.tokenizer, MESSAGES, name="m")

    assert text == "<|system|>\nWrite rows.\n<|user|>\nGo.\n<|assistant|>\n"


def test_a_model_without_a_chat_format_gets_plain_headings(make_folder):
    model = load_model(str(make_folder("gpt2")), device="cpu")

    text = render_prompt(model.tokenizer, MESSAGES, name="m")

    assert text == "### System\nWrite rows.\n\n### User\nGo.\n\n### Assistant\n"


def test_system_messages_are_folded_and_the_begin_token_comes_once(make_folder):
    model = load_model(str(make_folder("llama")), device="cpu")

    text = render_prompt(model.tokenizer, MESSAGES, name="m")
    tokens = model.outlines.tokenizer.encode(text)[0][0].tolist()

    assert text == "<s>[user] Write rows.\n\nGo.\n"
    assert tokens.count(model.tokenizer.bos_token_id) == 1
