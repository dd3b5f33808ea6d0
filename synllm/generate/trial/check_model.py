"""A model tried out on a spec: everything that tells whether and how well it can write rows."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files

from synllm.generate.constrained import RowWriter
from synllm.generate.errors import ModelError
from synllm.generate.models import LoadedModel, load_model
from synllm.generate.prompt_text import Message, choose_prompt
from synllm.generate.trial.facts import ModelFacts, read_facts
from synllm.generate.trial.judge import judge_model, judge_sampler
from synllm.generate.trial.quality import Quality
from synllm.generate.trial.reading import (
    TemplateCheck,
    TokenizerShape,
    check_template,
    describe_tokenizer,
)
from synllm.language.load import parse_spec
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.write import CompiledSpec, compile_targets


@dataclass(frozen=True, slots=True)
class ModelCheck:
    """What trying a model out showed.

    `loading` is in seconds, `memory` the most bytes that the process (on a card, the card) held,
    None where the system doesn't tell. `quality` is that of the model's own rows, unsteered, and
    `floor` that of as many rows of the sampler; the former is None where the decoder can't write
    the model's rows, and `obstacle` says why. `by_outlines` tells whether `--engine outlines` can,
    where that was tried.
    """

    facts: ModelFacts
    device: str
    dtype: str
    loading: float
    tokenizer: TokenizerShape
    template: TemplateCheck
    rows: int
    quality: Quality | None
    floor: Quality
    memory: int | None
    obstacle: ModelError | None = None
    by_outlines: bool = False


def load_probe() -> Spec:
    """Return the spec that models are tried out on."""
    text = files("synllm.generate.trial").joinpath("probe.synspec").read_text(encoding="utf-8")
    spec, diagnostics = parse_spec(text)
    assert spec is not None, diagnostics
    return spec


def check_model(
    name: str | None,
    spec: Spec,
    *,
    rows: int = 200,
    prompt: PromptLevel = PromptLevel.CLIN_RULE,
    device: str = "auto",
    dtype: str = "auto",
    progress: Callable[[str], None] = lambda what: None,
) -> ModelCheck:
    """Load a model, tell it the spec and let it write rows by itself; return what was found.

    Raises ModelError where the model can't be loaded or told the spec at all, CannotSampleError
    where the spec's rows can't be drawn.
    """
    progress("reading the folder")
    facts = read_facts(name)
    progress("loading the model")
    began = time.monotonic()
    model = load_model(name, device=device, dtype=dtype)
    loading = time.monotonic() - began
    compiled = compile_targets(spec, lower(spec))
    messages: list[Message] = [
        message.model_dump() for message in choose_prompt(compiled, model, prompt).messages
    ]
    template = check_template(model, messages)
    quality, obstacle, by_outlines = None, None, False
    progress(f"writing {rows} rows")
    try:
        quality = judge_model(spec, model, messages, rows)
    except ModelError as error:
        obstacle = error
        progress("trying Outlines")
        by_outlines = _can_outlines(model, compiled, messages)
    return ModelCheck(
        facts=facts,
        device=model.device,
        dtype=model.dtype,
        loading=loading,
        tokenizer=describe_tokenizer(model),
        template=template,
        rows=rows,
        quality=quality,
        floor=judge_sampler(spec, rows),
        memory=_peak_memory(model.device),
        obstacle=obstacle,
        by_outlines=by_outlines,
    )


def _can_outlines(model: LoadedModel, compiled: CompiledSpec, messages: list[Message]) -> bool:
    """Whether check-and-regenerate can write a row with the model."""
    try:
        written = RowWriter(model, compiled.row_regex).write_batch(messages, 1, seed=1)
    except ModelError:
        return False
    return all(isinstance(row, str) for row in written)


def _peak_memory(device: str) -> int | None:
    import torch

    if device.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device))
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
