"""A model made ready to write a spec's rows: tokens planned, prompt read."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synllm.generate.decoder.attention import UnsupportedAttentionError
from synllm.generate.decoder.cell_texts import write_cells
from synllm.generate.decoder.piece_tokens import ABSENT, Encoder
from synllm.generate.decoder.plan import Plan, plan_rows
from synllm.generate.decoder.reader import RowReader
from synllm.generate.decoder.slot_writer import SlotWriter
from synllm.generate.errors import ModelError
from synllm.generate.models import LoadedModel, explain_memory, quiet_libraries
from synllm.generate.prompt_text import encode_prompt
from synllm.generate.token_bytes import find_unwritable
from synllm.rowspace.sample import Listing
from synllm.rowspace.space import RowSpace
from synllm.rowspace.walk import SpaceWalk
from synllm.spec.model import Spec
from synllm.targets.row_format import json_text

_OUTLINES = "Use --engine outlines, which checks rows after they are written."


def prepare_writer(
    spec: Spec,
    space: RowSpace,
    listings: Mapping[str, Listing],
    model: LoadedModel,
    prompt: str,
    *,
    temperature: float = 1.0,
    score: bool = False,
) -> SlotWriter:
    """Return a writer of the row space's rows that has read the prompt.

    With `score` the model's own probability of every row is worked out, which needs its whole head.
    Raises ModelError where the model can't write such rows: a tokenizer without the characters, too
    short a context, attention of another kind, too little memory.
    """
    encoder = Encoder(model.tokenizer, model.token_bytes)
    plan = plan_rows(spec, space.fields, listings, encoder)
    _check_characters(plan, spec, listings, model)
    tokens = _encode_prompt(plan, prompt, model, encoder)
    room = plan.longest
    if model.context_length is not None and len(tokens) + room > model.context_length:
        raise ModelError(
            f"The prompt has {len(tokens)} tokens and a row takes up to {room}, "
            f"but the model reads {model.context_length} in all",
            where=model.name,
            fix="Use a shorter prompt level, fewer example rows or a model with a longer context.",
        )
    try:
        with quiet_libraries(), explain_memory(model.name, model.device):
            reader = RowReader(
                model.network, tokens, plan.choices, room, full=score, name=model.name
            )
    except UnsupportedAttentionError as error:
        raise ModelError(
            f"The fast decoder can't read rows side by side with this model, which has {error}",
            where=model.name,
            fix=_OUTLINES,
        ) from error
    return SlotWriter(
        plan, SpaceWalk(space, listings), reader, temperature=temperature, exact=score
    )


def _check_characters(
    plan: Plan, spec: Spec, listings: Mapping[str, Listing], model: LoadedModel
) -> None:
    """Refuse a tokenizer whose tokens can't write what rows contain."""
    spelled = model.token_bytes
    for name, trie in plan.tries.items():
        used = np.unique(trie.tokens)
        if any(token not in spelled for token in used[used != ABSENT].tolist()):
            cells = write_cells(spec.by_name[name], listings[name])
            texts = (json_text(name), *cells.left, *cells.right, *filter(None, cells.others))
            letters = set("{:,}").union(*texts)
            missing = " ".join(find_unwritable(letters, spelled)) or "some characters"
            raise ModelError(
                f"The model's tokenizer has no token for {missing}, which `{name}` contains",
                where=model.name,
                fix="Choose a model with a byte-level tokenizer, or spell the codes without them.",
            )


def _encode_prompt(plan: Plan, prompt: str, model: LoadedModel, encoder: Encoder) -> list[int]:
    """Return the tokens of the prompt and of the row up to where its first cells part."""
    piece = b"".join(model.token_bytes[token] for token in plan.sample_tokens()).decode()
    whole = encode_prompt(model.tokenizer, prompt + plan.opening + piece)
    # Some tokenizers close every text, which here is not at its end.
    if whole and whole[-1] == model.tokenizer.eos_token_id:
        whole = whole[:-1]
    parts = encoder.cut(whole, [len(piece.encode())])
    if parts is None:
        before = encode_prompt(model.tokenizer, prompt + plan.opening)
    else:
        before = whole[: len(whole) - len(parts[0])]
    return [*before, *plan.beginning]
