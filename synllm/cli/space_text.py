"""A row space for people and machines."""

from __future__ import annotations

import textwrap

from synllm.diagnostics.json_text import write_json
from synllm.rowspace.outline import PartOutline, SpaceOutline

_EXACT_DIGITS = 15


def space_text(outline: SpaceOutline) -> str:
    """Return how many rows are valid, what holds each statement, and the order of the fields."""
    bound = "at most " if outline.at_most else ""
    lines = [f"{outline.name}: {bound}{word_count(outline.rows)} valid rows"]
    if outline.in_domains:
        lines += ["", "held by the columns' own values:"]
        lines += [f"  {name}" for name in outline.in_domains]
    tied = [part for part in outline.parts if part.statements]
    free = [name for part in outline.parts if not part.statements for name in part.fields]
    for part in tied:
        lines += ["", *_part_lines(part)]
    if free:
        lines += ["", *_wrap("tied to no other column: " + ", ".join(free))]
    if len(tied) > 1:
        about = ", ".join(outline.largest.fields)
        lines += ["", *_wrap(f"the largest of these parts is about {about}")]
    return "\n".join(lines) + "\n"


def space_json(outline: SpaceOutline) -> str:
    """Return the outline as JSON; counts of rows are exact, as texts."""
    return write_json(
        {
            "spec": outline.name,
            "rows": str(outline.rows),
            "rows_are": "at most" if outline.at_most else "exact",
            "held_by_columns": list(outline.in_domains),
            "parts": [
                {
                    "fields": list(part.fields),
                    "rows": str(part.rows),
                    "rows_are": "at most" if part.at_most else "exact",
                    "held": "narrowed and checked" if part.nodes is None else "diagram",
                    "nodes": part.nodes,
                    "statements": list(part.statements),
                    "reason": part.reason or None,
                }
                for part in outline.parts
            ],
        }
    )


def word_count(number: int) -> str:
    """Return a whole number with its digits, or a large one rounded: 1.07 × 10^33."""
    if number < 10**_EXACT_DIGITS:
        return f"{number:,}"
    digits = str(number)
    return f"{digits[0]}.{digits[1:3]} × 10^{len(digits) - 1}"


def _part_lines(part: PartOutline) -> list[str]:
    rows = f"{'at most ' if part.at_most else ''}{word_count(part.rows)} combinations"
    if part.nodes is None:
        head = f"narrowed field by field and checked, {rows}, as {part.reason}:"
    else:
        nodes = "1 node" if part.nodes == 1 else f"{part.nodes:,} nodes"
        head = f"held by a decision diagram of {nodes}, {rows}:"
    lines = _wrap(head)
    lines += [f"  {name}" for name in part.statements]
    lines += _wrap("  chosen in this order: " + ", ".join(part.fields))
    return lines


def _wrap(text: str) -> list[str]:
    indent = " " * (len(text) - len(text.lstrip()))
    return textwrap.wrap(text, 96, subsequent_indent=indent + "  ", break_on_hyphens=False)
