"""What changed between two versions, as Markdown ready to be a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synllm.diagnostics.markdown_text import cell, code, code_block, escape_prose
from synllm.diff.model import Direction, Labels, PartChange, PatientRow, SpecChange
from synllm.diff.word_changes import (
    count_changes,
    name_part,
    state_of,
    state_of_part,
    summary,
    word_detail,
    word_statistic,
)


def render_markdown(
    specs: Sequence[SpecChange], labels: Labels, *, prompts: bool = False, quiet: bool = False
) -> str:
    """Return a table with a line a spec, then what changed in each, its details folded.

    `quiet` leaves the table only; `prompts` shows what changed in the prompts.
    """
    changed = [spec for spec in specs if not spec.is_unchanged]
    lines = [f"### Specs: from {escape_prose(labels.old)} to {escape_prose(labels.new)}", ""]
    if changed:
        rows = [(code(spec.name), f"**{state_of(spec)}**", _count_parts(spec)) for spec in changed]
        lines += [*_table(("spec", "patients", "changed"), rows), ""]
    lines += [f"{escape_prose(count_changes(specs))}.", ""]
    if not quiet:
        for spec in changed:
            lines += _spec(spec, labels, prompts)
    return "\n".join(lines).rstrip() + "\n"


def _spec(spec: SpecChange, labels: Labels, prompts: bool) -> Iterator[str]:
    yield f"#### {code(spec.name)}: {state_of(spec)}"
    yield ""
    yield from (f"- {escape_prose(sentence)}" for sentence in summary(spec, labels))
    yield ""
    parts = [*spec.rules, *spec.columns]
    if parts:
        header = ("", "change", "refused now", "accepted now")
        yield from _table(header, [_part(part) for part in parts])
        yield ""
    for row in (spec.refused, spec.admitted):
        if row is not None and row.cells:
            yield from _patient(row, labels)
    details = list(_details(spec))
    if details:
        yield from _folded("Texts and figures, before and after", details)
    if spec.prompts:
        levels = ", ".join(code(prompt.level) for prompt in spec.prompts)
        yield f"Prompts that change: {levels}"
        yield ""
        if prompts:
            for prompt in spec.prompts:
                yield from _folded(
                    f"Prompt {prompt.level}", [code_block(prompt.difference, "diff")]
                )


def _part(part: PartChange) -> tuple[str, str, str, str]:
    name = escape_prose(name_part(part))
    state = escape_prose(state_of_part(part))
    note = f"<br>{escape_prose(part.note)}" if part.note else ""
    return name, state + note, _shown(part.refused), _shown(part.admitted)


def _shown(direction: Direction) -> str:
    if direction.found is None:
        return "not worked out"
    if not direction.found:
        return ""
    if direction.row is None:
        return "no patient"
    return code(direction.row.text) + ("" if direction.affects_patients else " (by it alone)")


def _patient(row: PatientRow, labels: Labels) -> Iterator[str]:
    examples = [
        f"# in {labels.of(side)}\n{example}"
        for side, example in (
            (row.accepted_by, row.example_ok),
            (row.accepted_by.other, row.example_breaks),
        )
        if example is not None
    ]
    if examples:
        yield code_block("\n".join(examples), "synspec")
        yield ""


def _details(spec: SpecChange) -> Iterator[str]:
    for part in (*spec.rules, *spec.columns):
        if part.details:
            yield f"- {escape_prose(name_part(part))}"
            yield from (f"  - {escape_prose(word_detail(detail))}" for detail in part.details)
    yield from (f"- {escape_prose(word_statistic(statistic))}" for statistic in spec.statistics)
    yield from (f"- {escape_prose(word_detail(detail))}" for detail in spec.texts)


def _count_parts(spec: SpecChange) -> str:
    counted = (
        (len(spec.rules), "rule"),
        (len(spec.columns), "column"),
        (len(spec.statistics), "figure"),
        (len(spec.texts), "text"),
        (len(spec.prompts), "prompt"),
    )
    words = [f"{number} {noun}{'' if number == 1 else 's'}" for number, noun in counted if number]
    return ", ".join(words)


def _folded(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"<details><summary>{escape_prose(title)}</summary>"
    yield ""
    yield from lines
    yield ""
    yield "</details>"
    yield ""


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    yield from (f"| {' | '.join(cell(each) for each in row)} |" for row in rows)
