"""A trained network as a model folder: what transformers loads, and what synllm asks it."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from synllm.generate.embedded.chat import END, PAD, SPECIAL_TOKENS, write_frame, write_json
from synllm.generate.embedded.recipe.network import CardReader, Shape
from synllm.generate.model_folder import Mark

CONTEXT_LENGTH = 32768


EMBEDDED = Mark("synllm-embedded", trained=True, reads_cards=True)


def export_model(
    network: CardReader,
    tokenizer: str,
    folder: Path,
    card: str | None = None,
    mark: Mark = EMBEDDED,
) -> None:
    """Write the folder: half-precision weights, tokenizer, configurations and model card.

    `tokenizer` is the text of tokenizer.json, `card` that of the model card; without one, what is
    there stays.
    """
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: weight.detach().to(torch.float16).contiguous()
        for name, weight in network.state_dict().items()
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    write_json(folder / "config.json", describe_config(network.shape, mark))
    write_frame(folder, CONTEXT_LENGTH)
    (folder / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
    if card is not None:
        (folder / "README.md").write_text(card, encoding="utf-8")


def describe_config(shape: Shape, mark: Mark) -> dict[str, object]:
    """Return the model's config.json: a Llama shape, and what synllm is told of it."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": None,
        "dtype": "float16",
        "eos_token_id": SPECIAL_TOKENS.index(END),
        "head_dim": shape.width // shape.heads,
        "hidden_act": "silu",
        "hidden_size": shape.width,
        "initializer_range": 0.02,
        "intermediate_size": shape.feed_forward,
        "max_position_embeddings": CONTEXT_LENGTH,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": shape.heads,
        "num_hidden_layers": shape.layers,
        "num_key_value_heads": shape.heads,
        "pad_token_id": SPECIAL_TOKENS.index(PAD),
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_theta": shape.theta, "rope_type": "default"},
        "synllm": mark.as_dict(),
        "tie_word_embeddings": True,
        "use_cache": True,
        "vocab_size": shape.vocabulary,
    }
