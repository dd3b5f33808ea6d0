"""The pipeline on one page: start reading here.

    .synspec text ─ read ─→ SyntaxTree ─ resolve ─→ Spec ─ lower ─→ CoreSpec
    CoreSpec ─ prove ─→ findings
    Spec, CoreSpec ─ compile ─→ row space, prompts, JSON Schemas, row regex, guarantees
    row space, prompts, model ─ generate ─→ rows     (synllm/generate/decode.py)
    CoreSpec, table ─ validate ─→ verdicts           (synllm/validate/validate.py)
    Spec, Spec ─ compare ─→ what changed             (synllm/diff/compare_specs.py)
    Spec, table ─ measure ─→ coverage                (synllm/coverage/measure.py)

Every arrow is one function, every value between two arrows is immutable, and `emit` prints it.
What a rule means is defined in one place, synllm/spec/evaluate.py; the rest is tested against it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.source import Source
from synllm.language.load import load_spec, parse_spec
from synllm.language.parse import parse
from synllm.proof.allowances import apply_allowances
from synllm.proof.check import prove
from synllm.spec.core import CoreSpec
from synllm.spec.dump import dump
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower

if TYPE_CHECKING:
    from synllm.targets.write import CompiledSpec

__all__ = [
    "EMITTED",
    "check_loaded",
    "check_spec",
    "compile_spec",
    "emit",
    "load_spec",
    "parse_spec",
]


def check_spec(
    path: Path | str, enabled: frozenset[str] = frozenset()
) -> tuple[Spec | None, list[Diagnostic]]:
    """Return a file's spec and all findings: mistakes first, and without any, the proofs.

    `enabled` names findings to look for that are off by default. Those that the author allows
    are marked as such.
    """
    spec, diagnostics = load_spec(path)
    if spec is not None:
        diagnostics = check_loaded(spec, diagnostics, enabled)
    return spec, diagnostics


def check_loaded(
    spec: Spec, mistakes: Sequence[Diagnostic], enabled: frozenset[str] = frozenset()
) -> list[Diagnostic]:
    """Return all findings of a spec, with those of reading it; allowed ones are marked."""
    return apply_allowances(spec, mistakes, prove(spec, lower(spec), enabled=enabled), enabled)


def compile_spec(spec: Spec, examples: Sequence[Mapping[str, str]] = ()) -> CompiledSpec:
    """Return everything that a model, a grammar or a reviewer needs, from one spec.

    `examples` are rows of the data file, by column, shown in the prompts that show examples.
    """
    # Compiling needs numpy, whose loading would double the time of a check.
    from synllm.targets.write import compile_targets

    return compile_targets(spec, lower(spec), examples)


def emit(spec: Spec, phase: str) -> str:
    """Return the stable text of one phase's value; the phases are the keys of EMITTED."""
    return EMITTED[phase](spec)


def _emit_core(spec: Spec) -> str:
    core: CoreSpec = lower(spec)
    return dump(core)


def _emit_syntax(spec: Spec) -> str:
    tree, _ = parse(Source(spec.source.name, spec.source.text))
    return dump(tree)


def _emit_schema(spec: Spec) -> str:
    return compile_spec(spec).outlines_schema.rstrip()


def _emit_regex(spec: Spec) -> str:
    return compile_spec(spec).row_regex


def _emit_prompt(spec: Spec) -> str:
    from synllm.targets.prompt.levels import PromptLevel

    prompt = compile_spec(spec).prompts[PromptLevel.CLIN_RULE]
    return "\n\n".join(f"[{message.role}]\n{message.content}" for message in prompt.messages)


EMITTED: Mapping[str, Callable[[Spec], str]] = {
    "syntax": _emit_syntax,
    "spec": dump,
    "core": _emit_core,
    "schema": _emit_schema,
    "regex": _emit_regex,
    "prompt": _emit_prompt,
}
