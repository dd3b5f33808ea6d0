"""Write the embedded model's folder: a Llama shape with its own tokenizer and random weights.

`python -m synllm.generate.embedded.build -o FOLDER` writes the same bytes every time. The weights
are drawn, never learned, and no table of patients is read: the tokenizer's pieces come from the
word list beside this file. The model is labelled untrained wherever it is described.
"""

import argparse
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path

NAME = "synllm-embedded-untrained"
SEED = 20240229
VOCABULARY_SIZE = 2048
HIDDEN_SIZE = 64
FEED_FORWARD_SIZE = 192
LAYERS = 2
HEADS = 4
KEY_VALUE_HEADS = 1
CONTEXT_LENGTH = 32768
WEIGHT_DEVIATION = 0.02

PAD, END, SYSTEM, USER, ASSISTANT = "<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"
SPECIAL_TOKENS = (PAD, END, SYSTEM, USER, ASSISTANT)

CHAT_TEMPLATE = (
    "{% for message in messages %}<|{{ message['role'] }}|>\n{{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>\n{% endif %}"
)

MODEL_CARD = f"""---
license: apache-2.0
library_name: transformers
tags:
- untrained
---
# {NAME}

**This model is untrained.** Its weights are random numbers with a fixed seed. Under a row grammar
it chooses almost evenly among the allowed pieces of text, so its rows obey the grammar and nothing
else: they carry no clinical knowledge and no statistics. It is here so that the whole pipeline
runs offline, in seconds, on any machine.

Shape: Llama, {LAYERS} layers, width {HIDDEN_SIZE}, {HEADS} heads, {VOCABULARY_SIZE} tokens, context
{CONTEXT_LENGTH} tokens, float16. Tokenizer: byte-level pairs from a written word list; every digit
is a token of its own. No patient data was used.

Rebuild it, byte for byte: `python -m synllm.generate.embedded.build -o FOLDER`.
"""


def describe_shape() -> dict[str, object]:
    """Return the model's config.json: a Llama shape marked as untrained."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": None,
        "dtype": "float16",
        "eos_token_id": SPECIAL_TOKENS.index(END),
        "head_dim": HIDDEN_SIZE // HEADS,
        "hidden_act": "silu",
        "hidden_size": HIDDEN_SIZE,
        "initializer_range": WEIGHT_DEVIATION,
        "intermediate_size": FEED_FORWARD_SIZE,
        "max_position_embeddings": CONTEXT_LENGTH,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "num_key_value_heads": KEY_VALUE_HEADS,
        "pad_token_id": SPECIAL_TOKENS.index(PAD),
        "rms_norm_eps": 1e-6,
        "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
        "synllm": {"name": NAME, "trained": False},
        "tie_word_embeddings": False,
        "use_cache": True,
        "vocab_size": VOCABULARY_SIZE,
    }


def list_weights() -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield each weight's name and shape, in the order in which they are drawn."""
    key_value_size = HIDDEN_SIZE // HEADS * KEY_VALUE_HEADS
    yield "model.embed_tokens.weight", (VOCABULARY_SIZE, HIDDEN_SIZE)
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}"
        yield f"{prefix}.input_layernorm.weight", (HIDDEN_SIZE,)
        yield f"{prefix}.self_attn.q_proj.weight", (HIDDEN_SIZE, HIDDEN_SIZE)
        yield f"{prefix}.self_attn.k_proj.weight", (key_value_size, HIDDEN_SIZE)
        yield f"{prefix}.self_attn.v_proj.weight", (key_value_size, HIDDEN_SIZE)
        yield f"{prefix}.self_attn.o_proj.weight", (HIDDEN_SIZE, HIDDEN_SIZE)
        yield f"{prefix}.post_attention_layernorm.weight", (HIDDEN_SIZE,)
        yield f"{prefix}.mlp.gate_proj.weight", (FEED_FORWARD_SIZE, HIDDEN_SIZE)
        yield f"{prefix}.mlp.up_proj.weight", (FEED_FORWARD_SIZE, HIDDEN_SIZE)
        yield f"{prefix}.mlp.down_proj.weight", (HIDDEN_SIZE, FEED_FORWARD_SIZE)
    yield "model.norm.weight", (HIDDEN_SIZE,)
    yield "lm_head.weight", (VOCABULARY_SIZE, HIDDEN_SIZE)


def write_weights(path: Path) -> None:
    """Write random float16 weights: norms are one, the rest even draws of deviation 0.02.

    The draws come from Python's own generator, whose uniform numbers are the same in every version
    and on every processor; the normal draws of numeric libraries are not.
    """
    import numpy
    from safetensors.numpy import save

    draw = random.Random(SEED).uniform
    bound = WEIGHT_DEVIATION * math.sqrt(3)
    weights = {}
    for name, shape in list_weights():
        if len(shape) == 1:
            weights[name] = numpy.ones(shape, dtype=numpy.float16)
            continue
        numbers = [draw(-bound, bound) for _ in range(math.prod(shape))]
        weights[name] = numpy.array(numbers, dtype=numpy.float16).reshape(shape)
    path.write_bytes(save(weights, metadata={"format": "pt"}))


def train_tokenizer(vocabulary: str) -> str:
    """Return tokenizer.json: byte-level pairs learned from the word list, digits never joined."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    words = Regex(r" ?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+|\s+")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(words, behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY_SIZE,
        min_frequency=1,
        show_progress=False,
        special_tokens=list(SPECIAL_TOKENS),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
    )
    lines = vocabulary.splitlines()
    bare_words = vocabulary.split()
    tokenizer.train_from_iterator([*lines, *(f" {line}" for line in lines), *bare_words], trainer)
    return tokenizer.to_str()


def write_json(path: Path, content: object) -> None:
    """Write content as JSON with sorted keys and a closing line break."""
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def build_model(folder: Path) -> None:
    """Write the whole model folder: configuration, tokenizer, weights and model card."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = Path(__file__).with_name("vocabulary.txt").read_text(encoding="utf-8")
    write_json(folder / "config.json", describe_shape())
    write_json(
        folder / "generation_config.json",
        {
            "eos_token_id": SPECIAL_TOKENS.index(END),
            "pad_token_id": SPECIAL_TOKENS.index(PAD),
        },
    )
    write_json(
        folder / "tokenizer_config.json",
        {
            "chat_template": CHAT_TEMPLATE,
            "clean_up_tokenization_spaces": False,
            "eos_token": END,
            "model_max_length": CONTEXT_LENGTH,
            "pad_token": PAD,
            "padding_side": "left",
            "tokenizer_class": "PreTrainedTokenizerFast",
        },
    )
    tokenizer = json.loads(train_tokenizer(vocabulary))
    (folder / "tokenizer.json").write_text(
        json.dumps(tokenizer, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    write_weights(folder / "model.safetensors")
    (folder / "README.md").write_text(MODEL_CARD, encoding="utf-8")


def main() -> None:
    """Build the folder named on the command line."""
    parser = argparse.ArgumentParser(description="Build synllm's untrained embedded model.")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write")
    build_model(parser.parse_args().output)


if __name__ == "__main__":
    main()
