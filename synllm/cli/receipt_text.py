"""A row's receipt for people and machines."""

from __future__ import annotations

import textwrap

from synllm.diagnostics.json_text import write_json
from synllm.generate.column_cells import place_value
from synllm.generate.explain_receipt import ExplainedRow
from synllm.proof.claims import list_names
from synllm.rowspace.explain_row import ExplainedField
from synllm.rowspace.places import place_of
from synllm.rowspace.sample import list_cells
from synllm.spec.cells import write_cell
from synllm.spec.passes.lower import lower


def receipt_text(row: ExplainedRow) -> str:
    """Return where a row came from, and for each field what it could have held and why not more."""
    receipt = row.receipt
    head = receipt.head
    lines = [f"row {receipt.row:,} of {row.table}, a patient of `{head.spec}`"]
    if row.is_unchanged is False:
        lines.append("the table was changed since it was written: this tells of the row as it is")
    lines += [
        f"written by {head.model.name}, revision {head.model.revision}, with synllm {head.synllm}",
        f"  batch {receipt.batch:,}, seed {receipt.seed}; spec {head.spec_sha256[:12]}, "
        f"prompt {'none' if head.prompt_sha256 is None else head.prompt_sha256[:12]}",
        "",
    ]
    cells = _cells(row)
    table = [("field", "cell", "could hold", "of", "narrowed by")]
    for field in row.fields:
        could = "?" if field.allowed is None else f"{field.allowed:,}"
        why = [*field.narrowed_by, *([_word_later(field)] if field.fewer else [])] or [""]
        table.append((field.name, cells[field.name], could, f"{field.own:,}", why[0]))
        table += [("", "", "", "", each) for each in why[1:]]
    a, b, c, d = (max(len(line[place]) for line in table) for place in range(4))
    for name, cell, could, of, by in table:
        lines.append(f"{name:<{a}}  {cell:<{b}}  {could:>{c}}  {of:>{d}}  {by}".rstrip())
    named = dict.fromkeys(
        name for field in row.fields for name in (*field.narrowed_by, *field.later)
    )
    if named:
        lines.append("")
    for name in named:
        says = row.says.get(name, name)
        lines += textwrap.wrap(says, 96, subsequent_indent="  ", break_on_hyphens=False)
    return "\n".join(lines) + "\n"


def receipt_json(row: ExplainedRow) -> str:
    """Return the receipt as JSON."""
    receipt = row.receipt
    cells = _cells(row)
    return write_json(
        {
            "table": str(row.table),
            "row": receipt.row,
            "batch": receipt.batch,
            "seed": receipt.seed,
            "unchanged": row.is_unchanged,
            "run": receipt.head.model_dump(mode="json", exclude={"files"}),
            "fields": [
                {
                    "name": field.name,
                    "cell": cells[field.name],
                    "own_cells": field.own,
                    "could_hold": field.allowed,
                    "narrowed_by": list(field.narrowed_by),
                    "fewer_by_later_fields": field.fewer,
                    "together": list(field.later),
                }
                for field in row.fields
            ],
            "statements": row.says,
        }
    )


def _word_later(field: ExplainedField) -> str:
    cells = "1 cell" if field.fewer == 1 else f"{field.fewer:,} cells"
    by = list_names(field.later, "and") or "what a file can hold"
    return f"{cells} fewer as no later fields could follow: {by}"


def _cells(row: ExplainedRow) -> dict[str, str]:
    core = lower(row.spec)
    found: dict[str, str] = {}
    for field in row.fields:
        column, listing = row.spec.by_name[field.name], list_cells(core.by_name[field.name])
        place = place_of(listing, field.cell)
        assert place is not None, "a cell of a row that was read is listed"
        text = write_cell(column, place_value(column, listing, place))
        found[field.name] = text or "(empty)"
    return found
