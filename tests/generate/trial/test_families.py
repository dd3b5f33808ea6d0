"""The table of model families in docs/models.md, each tried out on a small model of its kind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from synllm.generate import models
from synllm.generate.errors import ModelError
from synllm.generate.trial.check_model import ModelCheck, check_model, load_probe
from synllm.generate.trial.reading import Digits
from tests.generate.conftest import SHAPE, save_network
from tests.generate.small_tokenizers import (
    BEGIN,
    CLOSE,
    END,
    UNKNOWN,
    byte_level,
    every_number_by_three,
    sentence_piece_bpe,
    single_digits,
)

PAGE = Path(__file__).parents[3] / "docs" / "models.md"
TEMPLATES = Path(__file__).parent / "templates"
ROOM = SHAPE | {"max_position_embeddings": 4096}


class Family(NamedTuple):
    name: str
    example: str
    architecture: str
    tokenizer: str
    format: str
    engine: str


def read_table() -> list[Family]:
    lines = PAGE.read_text(encoding="utf-8").split("## Families")[1].splitlines()
    rows = [line.strip("| ").split(" | ") for line in lines if line.startswith("|")]
    return [Family(*row) for row in rows[2:]]


FAMILIES = {family.name: family for family in read_table()}

TOKENIZERS: dict[str, Callable[[], Any]] = {
    "SentencePiece, digits alone": sentence_piece_bpe,
    "byte-level, digits by three": every_number_by_three,
    "byte-level, digits alone": single_digits,
    "byte-level, digits joined": byte_level,
}


def write_folder(family: Family, folder: Path) -> None:
    """Write a small model of the family's kind."""
    tokenizer = TOKENIZERS[family.tokenizer]()
    settings: dict[str, object] = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END}
    if family.tokenizer.startswith("SentencePiece"):
        settings |= {"bos_token": BEGIN, "eos_token": CLOSE, "unk_token": UNKNOWN}
    if family.name == "Llama 3":
        settings["bos_token"] = "<|begin_of_text|>"
    if ":" in family.format:
        template = (TEMPLATES / f"{family.format.split(': ')[1]}.jinja").read_text("utf-8")
        marks = re.findall(r"<\|\w+\|>|<(?:start|end)_of_turn>", template)
        tokenizer.add_special_tokens(sorted({*marks, str(settings.get("bos_token", END))}))
        settings["chat_template"] = template
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    if family.architecture == "internlm2":
        config = {"model_type": "internlm2", "auto_map": {"AutoConfig": "own.InternLM2Config"}}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
        write_some_weights(folder)
        return
    save_network(make_network(family.architecture, tokenizer.get_vocab_size()), folder)


def make_network(architecture: str, size: int) -> Any:
    import transformers as t

    match architecture:
        case "llama":
            return t.LlamaForCausalLM(t.LlamaConfig(vocab_size=size, **ROOM))
        case "mistral":
            config = t.MistralConfig(vocab_size=size, sliding_window=None, head_dim=16, **ROOM)
            return t.MistralForCausalLM(config)
        case "qwen2":
            return t.Qwen2ForCausalLM(t.Qwen2Config(vocab_size=size, **ROOM))
        case "gemma":
            return t.GemmaForCausalLM(t.GemmaConfig(vocab_size=size, head_dim=16, **ROOM))
        case "gemma2":
            return t.Gemma2ForCausalLM(t.Gemma2Config(vocab_size=size, head_dim=16, **ROOM))
        case "gpt2":
            config = t.GPT2Config(vocab_size=size, n_positions=4096, n_embd=32, n_layer=2, n_head=2)
            return t.GPT2LMHeadModel(config)
        case "mpt":
            config = t.MptConfig(
                vocab_size=size, d_model=32, n_heads=2, n_layers=2, max_seq_len=4096
            )
            return t.MptForCausalLM(config)
    raise AssertionError(architecture)


def write_some_weights(folder: Path) -> None:
    import torch
    from safetensors.torch import save_file

    save_file({"weight": torch.zeros(2)}, folder / "model.safetensors")


def try_out(family: Family, folder: Path) -> ModelCheck:
    write_folder(family, folder)
    return check_model(str(folder), load_probe(), rows=8, device="cpu")


@pytest.mark.parametrize("name", [n for n, family in FAMILIES.items() if family.engine != "none"])
def test_a_family_is_as_the_table_says(name: str, tmp_path: Path) -> None:
    family = FAMILIES[name]

    check = try_out(family, tmp_path)

    assert check.facts.kind == family.architecture
    assert check.facts.has_template == check.template.own == family.format.startswith("own")
    assert check.template.system == ("no system" not in family.format)
    assert check.template.same_tokens is (True if check.template.own else None)
    digits = {"alone": Digits.ALONE, "by three": Digits.BY_THREE, "joined": Digits.JOINED}
    assert check.tokenizer.digits == digits[family.tokenizer.split(" digits ")[1]]
    assert check.tokenizer.kind.split(",")[0] == family.tokenizer.split(",")[0]
    assert family.engine == ("decoder" if check.quality is not None else "outlines")
    assert check.by_outlines == (family.engine == "outlines")


def test_a_family_with_code_of_its_own_is_refused(tmp_path: Path) -> None:
    (family,) = (each for each in FAMILIES.values() if each.engine == "none")

    with pytest.raises(ModelError, match="can't be loaded"):
        try_out(family, tmp_path)


def test_a_tokenizer_that_adds_to_every_text_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without care the prompt begins with two begin tokens: the format's and the tokenizer's."""
    monkeypatch.setattr(models, "_drop_frame", lambda tokenizer: None)

    check = try_out(FAMILIES["Mistral"], tmp_path)

    assert check.template.same_tokens is False


def test_the_table_names_every_family_of_the_studies() -> None:
    named = " ".join(FAMILIES)
    for family in [
        "OpenChat",
        "Zephyr",
        "Nous-Hermes",
        "Mistral",
        "Vicuna",
        "Qwen2",
        "Gemma",
        "Yi",
        "MPT",
        "InternLM",
        "StableBeluga",
        "GPT-2",
    ]:
        assert family in named
    assert {"Llama 2", "Llama 3"} <= set(FAMILIES)
