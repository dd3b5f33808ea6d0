"""Everything that a spec compiles to, and the folder it is written to."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.rowspace.ready_space import NoSpace, ready_space
from synllm.rowspace.space import RowSpace
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.values import Row
from synllm.targets.dictionary import data_dictionary
from synllm.targets.examples import read_examples
from synllm.targets.guarantees import GuaranteeTable, list_guarantees
from synllm.targets.json_schema import outlines_schema, standard_schema
from synllm.targets.json_text import render_json
from synllm.targets.manifest import Manifest, make_manifest
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.prompt.matrix import DisclosureMatrix, disclosure_matrix
from synllm.targets.prompt.messages import Prompt, write_prompt
from synllm.targets.regex import RowGrammar, build_row_grammar
from synllm.targets.row_format import RowFormat


@dataclass(frozen=True, slots=True)
class CompiledSpec:
    """What a spec compiles to; `files` holds the text of each output file by its name.

    `standard_schema` and `outlines_schema` are JSON texts, as their numbers are exact. `space` is
    what the decoder holds rows to, in the order in which they are written.
    """

    spec: Spec
    space: RowSpace | NoSpace
    grammar: RowGrammar
    field_order: tuple[str, ...]
    row_regex: str
    longest_row: int
    standard_schema: str
    outlines_schema: str
    prompts: Mapping[PromptLevel, Prompt]
    guarantees: GuaranteeTable
    matrix: DisclosureMatrix
    dictionary: str
    manifest: Manifest
    files: Mapping[str, str]
    examples: tuple[Row, ...]
    diagnostics: tuple[Diagnostic, ...]

    @property
    def row_format(self) -> RowFormat:
        """The format that writes rows as text and reads them back."""
        return self.grammar.row_format


def compile_targets(
    spec: Spec, core: CoreSpec, examples: Sequence[Mapping[str, str]] = ()
) -> CompiledSpec:
    """Return all that a spec with a table compiles to; the same input gives the same texts.

    `examples` are rows as the data file holds them; those that can't be read are left out, with a
    finding each.
    """
    rows, findings = read_examples(spec, examples)
    space = ready_space(spec, core)
    grammar = build_row_grammar(spec, core, space if isinstance(space, RowSpace) else None)
    standard = render_json(standard_schema(grammar)) + "\n"
    for_outlines = render_json(outlines_schema(grammar)) + "\n"
    prompts = {level: write_prompt(level, spec, grammar.row_format, rows) for level in PromptLevel}
    guarantees = list_guarantees(spec, core, grammar, space)
    matrix = disclosure_matrix(spec, len(rows))
    dictionary = data_dictionary(spec)
    files: dict[str, str] = {}
    for level, prompt in prompts.items():
        files[f"prompts/{level.value}.json"] = _chat_json(prompt)
        files[f"prompts/{level.value}.md"] = _chat_markdown(prompt)
    files |= {
        "schema.json": standard,
        "schema.outlines.json": for_outlines,
        "row.regex": grammar.pattern,
        "guarantees.md": guarantees.render_markdown(),
        "guarantees.json": guarantees.model_dump_json(indent=2) + "\n",
        "data-dictionary.md": dictionary,
        "disclosure.md": matrix.render_markdown(),
    }
    manifest = make_manifest(spec, grammar, matrix, guarantees, files)
    files["manifest.json"] = manifest.model_dump_json(indent=2) + "\n"
    return CompiledSpec(
        spec=spec,
        space=space,
        grammar=grammar,
        field_order=grammar.fields,
        row_regex=grammar.pattern,
        longest_row=grammar.longest_row,
        standard_schema=standard,
        outlines_schema=for_outlines,
        prompts=prompts,
        guarantees=guarantees,
        matrix=matrix,
        dictionary=dictionary,
        manifest=manifest,
        files=files,
        examples=rows,
        diagnostics=findings,
    )


def write_targets(compiled: CompiledSpec, folder: Path) -> list[Path]:
    """Write every output file into the folder, made where it is missing, and return their paths.

    A file is either written in full or left as it was. Raises OSError where the folder can't be
    written to or the disk is full.
    """
    written = []
    for name, text in compiled.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
        written.append(path)
    return written


def write_whole(path: Path, text: str) -> None:
    """Write a file in full, or leave it as it was; raises OSError."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as partial:
        try:
            partial.write(text.encode())
            partial.flush()
            os.chmod(partial.name, 0o666 & ~_umask())
            os.replace(partial.name, path)
        except BaseException:
            Path(partial.name).unlink(missing_ok=True)
            raise


def _umask() -> int:
    """Return the process's file mode mask; it can only be read by setting it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _chat_json(prompt: Prompt) -> str:
    return render_json(prompt.as_chat()) + "\n"


def _chat_markdown(prompt: Prompt) -> str:
    parts = [f"# {message.role}\n\n{message.content}\n" for message in prompt.messages]
    return "\n".join(parts)
