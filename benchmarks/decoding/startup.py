"""From the text of a spec to a ready plan of its tokens, the model being loaded already."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from transformers import PreTrainedTokenizerFast

from decoding.ward import find_space, list_places
from synllm.generate.decoder.piece_tokens import Encoder
from synllm.generate.decoder.plan import plan_rows
from synllm.generate.token_bytes import spell_tokens
from synllm.language import load_spec
from synllm.rowspace.walk import SpaceWalk

_SPECS = Path(__file__).resolve().parents[2] / "specs"
_REPEATS = 3
GOAL = 0.5


def show_startup(tokenizer: PreTrainedTokenizerFast) -> None:
    """Print the least seconds from reading each published spec to its ready plan."""
    spelled = spell_tokens(tokenizer, name="made up", size=len(tokenizer))
    encoder = Encoder(tokenizer, spelled)
    for name in ("diabetes", "stroke", "cirrhosis"):
        seconds = min(_start(_SPECS / f"{name}.synspec", encoder) for _ in range(_REPEATS))
        whole, read, space, plan = seconds
        print(
            f"{name:<10} ready in {whole:.2f} s: read {read:.2f}, row space {space:.2f}, "
            f"tokens {plan:.2f} (goal {GOAL} s)"
        )


def _start(path: Path, encoder: Encoder) -> tuple[float, float, float, float]:
    began = perf_counter()
    spec, _ = load_spec(path)
    assert spec is not None
    read = perf_counter()
    space = find_space(spec)
    found = perf_counter()
    listings = list_places(space)
    plan_rows(spec, space.fields, listings, encoder)
    assert SpaceWalk(space, listings).levels
    planned = perf_counter()
    return planned - began, read - began, found - read, planned - found
