"""The table of the benchmark: sixteen columns, with and without the rules that tie them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from synllm.compiler import compile_spec, parse_spec
from synllm.diagnostics.show_text import render_text
from synllm.generate.decoder.prepare import prepare_writer
from synllm.generate.decoder.slot_writer import SlotWriter
from synllm.generate.models import LoadedModel
from synllm.generate.prompt_text import render_prompt
from synllm.rowspace.ready_space import NoSpace, ready_space
from synllm.rowspace.sample import Listing, list_cells
from synllm.rowspace.space import RowSpace
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.write import CompiledSpec

_FOLDER = Path(__file__).resolve().parent
PROMPT_TOKENS = 600


def read(text: str) -> Spec:
    """Return the spec of a text without mistakes."""
    spec, findings = parse_spec(text)
    assert spec is not None, render_text(findings)
    return spec


def find_space(spec: Spec) -> RowSpace:
    """Return the row space of a spec that has one."""
    space = ready_space(spec, lower(spec))
    assert not isinstance(space, NoSpace), space
    return space


def list_places(space: RowSpace) -> dict[str, Listing]:
    """Return what the places of each of the space's columns stand for."""
    return {name: list_cells(space.core.by_name[name]) for name in space.fields}


@dataclass(frozen=True)
class Ward:
    """The compiled spec with all its rules, and the row regex of its columns by themselves."""

    compiled: CompiledSpec
    free_regex: str

    @property
    def spec(self) -> Spec:
        """The spec with all its rules."""
        return self.compiled.spec

    @cached_property
    def space(self) -> RowSpace:
        """The rows that obey all rules."""
        return find_space(self.spec)

    @cached_property
    def texts(self) -> list[str]:
        """What a tokenizer may learn from."""
        return [message["content"] for message in self._messages] * 2

    @property
    def _messages(self) -> list[dict[str, str]]:
        return [dict(each) for each in self.compiled.prompts[PromptLevel.CLIN_RULE].as_chat()]

    def prompt(self, model: LoadedModel) -> str:
        """Return the spec's own prompt, repeated and cut to the benchmark's number of tokens."""
        text = render_prompt(model.tokenizer, self._messages, name=model.name)
        tokens = model.tokenizer(text).input_ids
        tokens = (tokens * (PROMPT_TOKENS // len(tokens) + 1))[-PROMPT_TOKENS:]
        return str(model.tokenizer.decode(tokens))

    def writer(self, model: LoadedModel, prompt: str, *, score: bool = False) -> SlotWriter:
        """Return the slot decoder with all rules, ready."""
        listings = list_places(self.space)
        return prepare_writer(self.spec, self.space, listings, model, prompt, score=score)


def load_ward() -> Ward:
    """Return the benchmark's table."""
    columns = (_FOLDER / "ward.synspec").read_text(encoding="utf-8")
    rules = (_FOLDER / "ward_rules.synspec").read_text(encoding="utf-8")
    compiled = compile_spec(read(columns + rules))
    return Ward(compiled, compile_spec(read(columns)).row_regex)
