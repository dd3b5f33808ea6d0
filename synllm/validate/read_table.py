"""Open a table of any supported kind and check its header against the spec."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from synllm.diagnostics.diagnostic import Diagnostic, has_errors, report
from synllm.diagnostics.suggest import suggest
from synllm.spec.model import Spec
from synllm.validate.delimited import open_delimited
from synllm.validate.json_lines import open_json_lines
from synllm.validate.sniff import TableKind, sniff_kind
from synllm.validate.table_text import TableText
from synllm.validate.typed_table import open_frame, open_parquet


def open_table(table: Path | pd.DataFrame, spec: Spec) -> tuple[TableText | None, list[Diagnostic]]:
    """Return the table as text batches of the columns that the spec reads, and what is wrong.

    CSV (comma, semicolon, tab or bar), JSONL and Parquet files are told apart by their content. No
    table is returned where the file can't be read or its header lacks a column.
    """
    if isinstance(table, pd.DataFrame):
        opened: TableText | None
        opened, diagnostics = open_frame(table, spec)
    else:
        kind, diagnostics = sniff_kind(table)
        match kind:
            case None:
                return None, diagnostics
            case TableKind.PARQUET:
                opened, diagnostics = open_parquet(table, spec)
            case TableKind.JSON_LINES:
                opened, diagnostics = open_json_lines(table, spec)
            case TableKind.DELIMITED:
                opened, diagnostics = open_delimited(table, spec)
    if opened is None or has_errors(diagnostics):
        return None, diagnostics
    diagnostics = [*diagnostics, *check_header(opened.name, opened.columns, spec)]
    return (None if has_errors(diagnostics) else opened), diagnostics


def check_header(table: str, header: Sequence[str], spec: Spec) -> list[Diagnostic]:
    """Return the doubled and missing columns of a header, and a note on those the spec lacks.

    Identifier and derived columns may be absent: they are not needed to check anything.
    """
    needed = [column.name for column in spec.generated_columns]
    absent = [name for name in needed if name not in header]
    if len(absent) == len(needed) > 1:
        return [_no_header(table, header, needed)]
    doubled = [name for name, times in Counter(header).items() if times > 1 and name]
    if doubled:
        return [
            report(
                "duplicate-header",
                f"{table} has more than one column named `{name}`",
                fix="rename or remove the extra columns, so that each name occurs once",
            )
            for name in doubled
        ]
    unnamed = [name for name in header if name not in spec.by_name]
    findings = [_missing_column(table, name, unnamed) for name in absent]
    if unnamed:
        shown = ", ".join(f"`{name}`" if name else "one without a name" for name in unnamed[:8])
        more = f" and {len(unnamed) - 8} more" if len(unnamed) > 8 else ""
        findings.append(
            report(
                "column-not-in-spec",
                f"{table} has columns that the spec doesn't name, left unchecked: {shown}{more}",
            )
        )
    return findings


def _missing_column(table: str, name: str, candidates: Sequence[str]) -> Diagnostic:
    closest = suggest(name, candidates)
    if closest is None:
        fix = f"add the column `{name}` to the table, or take it out of the spec"
    else:
        fix = f"did you mean `{closest}`? rename one of the two: names must agree letter by letter"
    return report("missing-column", f"{table} has no column `{name}`", fix=fix)


def _no_header(table: str, header: Sequence[str], needed: Sequence[str]) -> Diagnostic:
    def listed(names: Sequence[str]) -> str:
        shown = [name if len(name) <= 40 else name[:39] + "…" for name in names[:4]]
        return ", ".join(f"`{name}`" for name in shown) + (", …" if len(names) > 4 else "")

    return report(
        "no-header",
        f"the first line of {table} names none of the spec's columns",
        fix=f"it reads {listed(header)}; the first line must name the columns ({listed(needed)})",
    )
