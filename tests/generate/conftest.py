"""Small models of several shapes, made on the spot: random weights, own tokenizers, no network."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the extra: pip install 'synllm[generate]'")
pytest.importorskip("transformers", reason="needs the extra: pip install 'synllm[generate]'")
pytest.importorskip("outlines", reason="needs the extra: pip install 'synllm[generate]'")

SHAPE = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "max_position_embeddings": 512,
}


@pytest.fixture(scope="session")
def embedded():
    from synllm.generate.models import load_model

    return load_model(device="cpu")


@pytest.fixture(scope="session")
def untrained_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny model that chooses almost evenly and reads every prompt level."""
    from synllm.generate.embedded.recipe.network import Shape
    from synllm.generate.embedded.recipe.tokenizer import SIZE
    from synllm.generate.embedded.recipe.untrained import write_untrained

    folder = tmp_path_factory.mktemp("untrained")
    write_untrained(folder, Shape(SIZE, width=64, layers=2, heads=4, feed_forward=192))
    return folder


@pytest.fixture(scope="session")
def untrained(untrained_folder: Path):
    from synllm.generate.models import load_model

    return load_model(str(untrained_folder), device="cpu")


@pytest.fixture(scope="session")
def make_folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a model folder of the named shape and return its path."""

    def make(shape: str) -> Path:
        folder = tmp_path_factory.mktemp(shape)
        SHAPES[shape](folder)
        return folder

    return make


@pytest.fixture(scope="session", params=["gpt2", "llama", "mistral", "mamba"])
def small_model(request: pytest.FixtureRequest, make_folder: Callable[..., Path]):
    from synllm.generate.models import load_model

    return load_model(str(make_folder(request.param)), device="cpu")


def _save_gpt2(folder: Path) -> None:
    """GPT-2: byte-level tokens, numbers joined, no chat template, no padding token."""
    from transformers import GPT2Config, GPT2LMHeadModel

    size = _save_byte_level_tokenizer(folder)
    save_network(
        GPT2LMHeadModel(
            GPT2Config(vocab_size=size, n_positions=512, n_embd=32, n_layer=2, n_head=2)
        ),
        folder,
    )


def _save_llama(folder: Path) -> None:
    """Llama: SentencePiece-like tokens with single bytes to fall back on, a begin token."""
    from transformers import LlamaConfig, LlamaForCausalLM

    size = _save_sentence_piece_tokenizer(folder, byte_fallback=True)
    # More rows than tokens: real models pad their vocabulary.
    save_network(LlamaForCausalLM(LlamaConfig(vocab_size=size + 5, **SHAPE)), folder)


def _save_llama_without_bytes(folder: Path) -> None:
    """The same without single bytes: what is not in its pieces can't be written."""
    from transformers import LlamaConfig, LlamaForCausalLM

    size = _save_sentence_piece_tokenizer(folder, byte_fallback=False)
    save_network(LlamaForCausalLM(LlamaConfig(vocab_size=size, **SHAPE)), folder)


def _save_mistral(folder: Path) -> None:
    """Mistral: attention that looks back over 16 tokens only."""
    from transformers import MistralConfig, MistralForCausalLM

    size = _save_byte_level_tokenizer(folder)
    config = MistralConfig(vocab_size=size, sliding_window=16, head_dim=16, **SHAPE)
    save_network(MistralForCausalLM(config), folder)


def _save_mamba(folder: Path) -> None:
    """Mamba: no keys and values to remember a prompt by."""
    from transformers import MambaConfig, MambaForCausalLM

    size = _save_byte_level_tokenizer(folder)
    config = MambaConfig(vocab_size=size, hidden_size=32, num_hidden_layers=2, state_size=4)
    save_network(MambaForCausalLM(config), folder)


def _save_qwen2(folder: Path) -> None:
    """Qwen2: biases in its attention, a token for each digit, tied weights."""
    from transformers import Qwen2Config, Qwen2ForCausalLM

    from tests.generate.small_tokenizers import END, single_digits

    size = _save_tokenizer(single_digits(), folder, {"eos_token": END})
    save_network(
        Qwen2ForCausalLM(Qwen2Config(vocab_size=size, tie_word_embeddings=True, **SHAPE)), folder
    )


def _save_gemma(folder: Path) -> None:
    """Gemma 2: SentencePiece's BPE, scores capped, attention over few tokens in every other layer."""
    from transformers import Gemma2Config, Gemma2ForCausalLM

    from tests.generate.small_tokenizers import BEGIN, CLOSE, UNKNOWN, sentence_piece_bpe

    tokens = {"bos_token": BEGIN, "eos_token": CLOSE, "unk_token": UNKNOWN}
    size = _save_tokenizer(sentence_piece_bpe(), folder, tokens)
    config = Gemma2Config(vocab_size=size, head_dim=16, sliding_window=16, **SHAPE)
    save_network(Gemma2ForCausalLM(config), folder)


def _save_wide(folder: Path) -> None:
    """Llama 3: digits in groups of three, a head much wider than the tokenizer."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from tests.generate.small_tokenizers import END, digits_by_three

    size = _save_tokenizer(digits_by_three(), folder, {"eos_token": END})
    save_network(LlamaForCausalLM(LlamaConfig(vocab_size=size + 300, **SHAPE)), folder)


SHAPES: dict[str, Callable[[Path], None]] = {
    "gpt2": _save_gpt2,
    "llama": _save_llama,
    "asciionly": _save_llama_without_bytes,
    "mistral": _save_mistral,
    "mamba": _save_mamba,
    "qwen2": _save_qwen2,
    "gemma": _save_gemma,
    "wide": _save_wide,
}


def save_network(network, folder: Path) -> None:
    import torch

    from synllm.generate.models import quiet_libraries

    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in network.parameters():
            if weight.dim() > 1:
                weight.normal_(std=0.2, generator=generator)
    # A model's own sampling settings must not reach the rows.
    network.generation_config.update(do_sample=True, top_k=1, repetition_penalty=2.0)
    with quiet_libraries():
        network.save_pretrained(folder)


def _save_byte_level_tokenizer(folder: Path) -> int:
    from tests.generate.small_tokenizers import END, TEXT, byte_level

    tokenizer = byte_level(learn=iter(TEXT), size=340)
    tokenizer.add_tokens(["Orléans"])
    tokenizer.save(str(folder / "tokenizer.json"))
    _save_tokenizer_settings(folder, {"eos_token": END})
    return tokenizer.get_vocab_size()


def _save_sentence_piece_tokenizer(folder: Path, *, byte_fallback: bool) -> int:
    from tests.generate.small_tokenizers import unigram

    tokenizer = unigram(byte_fallback=byte_fallback)
    tokenizer.save(str(folder / "tokenizer.json"))
    template = (
        "<s>{% for message in messages %}"
        "{% if message.role == 'system' %}{{ raise_exception('no system messages') }}{% endif %}"
        "[{{ message.role }}] {{ message.content }}\n{% endfor %}"
    )
    tokens = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    _save_tokenizer_settings(folder, {**tokens, "chat_template": template})
    return tokenizer.get_vocab_size()


def _save_tokenizer(tokenizer: Any, folder: Path, settings: dict[str, str]) -> int:
    tokenizer.save(str(folder / "tokenizer.json"))
    _save_tokenizer_settings(folder, settings)
    return tokenizer.get_vocab_size()


def _save_tokenizer_settings(folder: Path, settings: dict[str, str]) -> None:
    content = {"tokenizer_class": "PreTrainedTokenizerFast", **settings}
    (folder / "tokenizer_config.json").write_text(json.dumps(content), encoding="utf-8")
