"""The text of each prompt level, from the templates beside this file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from string import Template

from synllm.spec.model import Column, Spec
from synllm.spec.types import NumberType
from synllm.spec.values import Row
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.row_format import RowFormat, json_text
from synllm.targets.wording import (
    word_block,
    word_column,
    word_derivation,
    word_group,
    word_rule,
    word_statistics,
    word_type,
)


def write_content(
    level: PromptLevel, spec: Spec, row_format: RowFormat, examples: tuple[Row, ...] = ()
) -> str:
    """Return what a level tells the model; example rows appear only where its template asks."""
    content = _template(level.value).substitute(
        {
            section: _write_section(section, spec, row_format, examples)
            for section in sections_of(level)
        }
    )
    # A section may be empty; the blank lines around it are then one too many.
    while "\n\n\n" in content:
        content = content.replace("\n\n\n", "\n\n")
    return content.strip()


def system_text() -> str:
    """Return what every conversation starts with."""
    return _template("system").template.strip()


def sections_of(level: PromptLevel) -> tuple[str, ...]:
    """Return the sections that the level's template asks for, in its order."""
    return tuple(_template(level.value).get_identifiers())


def _write_section(
    section: str, spec: Spec, row_format: RowFormat, examples: tuple[Row, ...]
) -> str:
    match section:
        case "title":
            return spec.title or spec.name
        case "names":
            return ", ".join(json_text(name) for name in row_format.fields)
        case "columns":
            return _write_columns(spec, row_format)
        case "statistics":
            return _write_statistics(spec)
        case "rules":
            return _write_rules(spec)
        case "examples":
            return _write_examples(row_format, examples)
        case "row_format":
            skeleton = {"skeleton": _write_skeleton(spec, row_format)}
            return _template("row-format").substitute(skeleton).strip()
        case _:
            raise ValueError(f"a prompt template asks for an unknown section: ${section}")


def _write_columns(spec: Spec, row_format: RowFormat) -> str:
    lines = [word_column(spec.by_name[name]) for name in row_format.fields]
    lines += [word_group(group) for group in spec.groups]
    derived = [column for column in spec.columns if column.derivation is not None]
    text = _bullets(lines)
    if derived:
        computed = _bullets([word_derivation(column) for column in derived])
        text += f"\n\nComputed from the row afterwards, so not written in it:\n{computed}"
    return text


def _write_statistics(spec: Spec) -> str:
    sections = [
        f"{heading[0].upper()}{heading[1:]} ({word_block(block)}):\n{_bullets(lines)}"
        for block in spec.statistics
        for heading, lines in word_statistics(block, spec)
    ]
    return "\n\n".join(sections) or "None are declared."


def _write_rules(spec: Spec) -> str:
    hard = [word_rule(rule) for rule in spec.rules if rule.hard]
    soft = [word_rule(rule) for rule in spec.rules if not rule.hard]
    parts = []
    if hard:
        parts.append(f"Every row must obey these rules:\n{_bullets(hard)}")
    if soft:
        parts.append(f"Most rows should obey these rules:\n{_bullets(soft)}")
    return "\n\n".join(parts) or "No rules are declared."


def _write_examples(row_format: RowFormat, examples: tuple[Row, ...]) -> str:
    if not examples:
        return ""
    rows = "\n".join(row_format.write_row(row) for row in examples)
    return f"Example rows, to learn the form from and never to copy:\n{rows}"


def _write_skeleton(spec: Spec, row_format: RowFormat) -> str:
    cells = (f"{json_text(name)}:{_placeholder(spec.by_name[name])}" for name in row_format.fields)
    return "{" + ",".join(cells) + "}"


def _placeholder(column: Column) -> str:
    return f"<{word_type(column.type)}>" if isinstance(column.type, NumberType) else "<code>"


def _bullets(lines: list[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


@cache
def _template(name: str) -> Template:
    folder = files("synllm.targets.prompt") / "templates"
    return Template((folder / f"{name}.txt").read_text(encoding="utf-8"))
