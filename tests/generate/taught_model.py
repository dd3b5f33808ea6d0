"""A small model taught some rows of a spec, after the very prompt that it will be asked with."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from synllm.compiler import compile_spec
from synllm.generate.prompt_text import render_prompt
from synllm.spec.model import Spec
from synllm.spec.values import Value
from synllm.targets.prompt.levels import PromptLevel

ROWS_A_STEP = 48

LEVEL = PromptLevel.FEAT_DESC
"""The prompt after which the model is taught: a short one, which takes less to look past."""


def teach_model(
    folder: Path, spec: Spec, rows: Sequence[Mapping[str, Value]], *, steps: int = 400
) -> None:
    """Write a model folder whose model has learned to write rows like the given ones."""
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    compiled = compile_spec(spec)
    messages = compiled.prompts[LEVEL].as_chat()
    lines = [compiled.row_format.write_row(row) for row in rows]
    size = save_tokenizer(folder, [lines[0], "".join(m["content"] for m in messages)])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    text = render_prompt(tokenizer, messages, name="taught")
    prompt = tokenizer(text).input_ids
    written = [tokenizer(line, add_special_tokens=False).input_ids for line in lines]
    torch.manual_seed(0)
    network = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=size,
            hidden_size=64,
            intermediate_size=128,
            num_hidden_layers=2,
            num_attention_heads=4,
            num_key_value_heads=2,
            max_position_embeddings=4096,
            bos_token_id=None,
            eos_token_id=0,
            initializer_range=0.1,
        )
    )
    optimizer = torch.optim.AdamW(network.parameters(), lr=4e-3, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps, 2e-4)
    random = np.random.default_rng(0)
    for _ in range(steps):
        chosen = [written[each] for each in random.integers(len(written), size=ROWS_A_STEP)]
        optimizer.zero_grad()
        rows_loss(network, prompt, chosen).backward()
        optimizer.step()
        schedule.step()
    network.save_pretrained(folder)


def rows_loss(network, prompt: list[int], rows: list[list[int]]) -> torch.Tensor:
    """The mean loss of the rows' tokens, each row after the prompt and blind to the others."""
    tokens = torch.tensor([prompt + [token for row in rows for token in row]])
    owner = torch.tensor([-1] * len(prompt) + [n for n, row in enumerate(rows) for _ in row])
    place = list(range(len(prompt))) + [len(prompt) + at for row in rows for at in range(len(row))]
    positions = torch.tensor([place])
    earlier = positions[0][:, None] >= positions[0][None, :]
    visible = earlier & ((owner[None, :] == -1) | (owner[:, None] == owner[None, :]))
    mask = torch.where(visible, 0.0, torch.finfo(torch.float32).min)[None, None]
    logits = network(tokens, attention_mask=mask, position_ids=positions, use_cache=False).logits[0]
    starts = torch.tensor([len(prompt), *np.cumsum([len(row) for row in rows])[:-1] + len(prompt)])
    before = torch.arange(len(prompt), tokens.shape[1]) - 1
    before[starts - len(prompt)] = len(prompt) - 1  # A row's first token follows the prompt.
    return torch.nn.functional.cross_entropy(logits[before], tokens[0, len(prompt) :])


def save_tokenizer(folder: Path, texts: list[str]) -> int:
    """Write a byte-level tokenizer whose digits are tokens of their own; returns its size."""
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
        vocab_size=700,
        special_tokens=["<end>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts * 3, trainer)
    tokenizer.save(str(folder / "tokenizer.json"))
    settings = {"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<end>"}
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    return tokenizer.get_vocab_size()
