"""What changed between two versions, as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synllm.diagnostics.terminal_text import make_visible, wrap
from synllm.diff.model import Labels, PartChange, PatientRow, SpecChange
from synllm.diff.word_changes import (
    count_changes,
    headline,
    name_part,
    state_of_part,
    summary,
    word_detail,
    word_direction,
    word_statistic,
)


def render_text(
    specs: Sequence[SpecChange],
    labels: Labels,
    *,
    prompts: bool = False,
    quiet: bool = False,
    color: bool = False,
    width: int = 100,
) -> str:
    """Return one block a spec that changed, and a last line that counts all specs.

    `quiet` leaves each spec's first line only; `prompts` shows what changed in the prompts.
    """
    blocks = []
    for spec in specs:
        if spec.is_unchanged:
            continue
        title = make_visible(headline(spec))
        lines = [f"\x1b[1m{title}\x1b[0m" if color else title]
        if not quiet:
            lines += [line.rstrip() for line in _details(spec, labels, prompts, width)]
        blocks.append("\n".join(lines) + ("\n" if quiet else "\n\n"))
    return "".join(blocks) + count_changes(specs) + "\n"


def _details(spec: SpecChange, labels: Labels, prompts: bool, width: int) -> Iterator[str]:
    for sentence in summary(spec, labels):
        yield from _indented(sentence, 2, width)
    yield from _rows(spec)
    for heading, parts in (("columns", spec.columns), ("rules", spec.rules)):
        if parts:
            yield ""
            yield f"  {heading}"
            for part in parts:
                yield from _part(part, labels, width)
    if spec.statistics:
        yield ""
        yield "  statistics"
        for statistic in spec.statistics:
            yield from _indented(word_statistic(statistic), 4, width)
    if spec.texts:
        yield ""
        yield "  texts"
        for detail in spec.texts:
            yield from _indented(word_detail(detail), 4, width)
    if spec.prompts:
        yield ""
        yield f"  prompts that change: {', '.join(prompt.level for prompt in spec.prompts)}"
        if prompts:
            for prompt in spec.prompts:
                yield f"    {prompt.level}"
                yield from (f"      {make_visible(line)}" for line in prompt.difference.split("\n"))


def _rows(spec: SpecChange) -> Iterator[str]:
    """Yield the rows as examples that can be pasted into the specs."""
    for row in (spec.refused, spec.admitted):
        if row is not None and (row.example_ok or row.example_breaks):
            yield ""
            yield from _examples(row)


def _examples(row: PatientRow) -> Iterator[str]:
    accepting, refusing = row.accepted_by, row.accepted_by.other
    for side, example in ((accepting, row.example_ok), (refusing, row.example_breaks)):
        if example is not None:
            yield f"    {side}: {make_visible(example)}"


def _part(part: PartChange, labels: Labels, width: int) -> Iterator[str]:
    yield f"    {make_visible(name_part(part))}: {state_of_part(part)}"
    if part.note:
        yield from _indented(part.note, 6, width)
    for sentence in word_direction(part, labels):
        yield from _indented(sentence, 6, width)
    for detail in part.details:
        yield from _indented(word_detail(detail), 6, width)


def _indented(text: str, indent: int, width: int) -> Iterator[str]:
    first, *rest = wrap(text, width - indent - 2)
    yield " " * indent + first
    yield from (" " * (indent + 2) + line for line in rest)
