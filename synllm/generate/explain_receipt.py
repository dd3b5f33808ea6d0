"""A row of a delivered table explained anew from its receipt and from the table itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from synllm.generate.read_back import UnreadableTableError, read_places
from synllm.generate.receipts import Receipt, UnreadableReceiptsError, reload_spec
from synllm.generate.run_manifest import RunManifest, hash_file, manifest_path
from synllm.language.given import read_condition
from synllm.proof.claims import locate_statement, name_statement
from synllm.rowspace.explain_row import ExplainedField, explain_row
from synllm.rowspace.given import lower_given
from synllm.rowspace.narrowed_by import GIVEN
from synllm.rowspace.places import cell_at
from synllm.rowspace.sample import list_cells
from synllm.spec.core import CoreSpec, Formula
from synllm.spec.model import Spec
from synllm.spec.passes.formulas import TRUE
from synllm.spec.passes.lower import lower
from synllm.spec.values import Special


@dataclass(frozen=True, slots=True)
class ExplainedRow:
    """A row's receipt, its fields as they were chosen, and what its statements say, by name.

    `is_unchanged` tells whether the table is as the run wrote it; None where no manifest says.
    """

    table: Path
    receipt: Receipt
    spec: Spec
    fields: tuple[ExplainedField, ...]
    says: dict[str, str]
    is_unchanged: bool | None


def explain_receipt(table: Path, receipt: Receipt) -> ExplainedRow:
    """Return a row explained by the spec that its run followed. Raises UnreadableReceiptsError."""
    spec = reload_spec(receipt.head)
    core = lower(spec)
    given = _read_given(receipt, spec, core)
    try:
        row = _find_row(table, receipt.row, spec, core)
        fields = explain_row(spec, core, receipt.head.fields, row, given)
    except (UnreadableTableError, ValueError) as error:
        raise UnreadableReceiptsError(
            f"row {receipt.row} of {table} is not the row that the run wrote",
            "take the table as it was written: `synllm validate` says what is wrong with this one",
        ) from error
    says = {
        name_statement(each): locate_statement(spec, each)[0]
        for each in core.statements
        if each.hard
    }
    says[GIVEN] = f"{GIVEN}: {receipt.head.settings.given}"
    return ExplainedRow(table, receipt, spec, fields, says, _is_unchanged(table))


def _read_given(receipt: Receipt, spec: Spec, core: CoreSpec) -> Formula:
    text = receipt.head.settings.given
    if text is None:
        return TRUE
    condition, _ = read_condition(text, "given", spec)
    assert condition is not None, "the run read it"
    return lower_given(text, condition, spec, core).formula


def _find_row(table: Path, row: int, spec: Spec, core: CoreSpec) -> dict[str, int | Special]:
    listings = {column.name: list_cells(column) for column in core.columns}
    left = row - 1
    for places in read_places(table, spec, core, listings):
        size = next(iter(places.values())).size
        if left < size:
            return {name: cell_at(listings[name], int(each[left])) for name, each in places.items()}
        left -= size
    raise ValueError("the table has fewer rows")


def _is_unchanged(table: Path) -> bool | None:
    path = manifest_path(table)
    if not path.is_file():
        return None
    try:
        manifest = RunManifest.model_validate_json(path.read_bytes())
    except ValueError:
        return None
    return manifest.output_sha256 == hash_file(table)
