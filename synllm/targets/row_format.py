"""A row as models write it: one compact JSON object, its cells as the data file writes them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from synllm.spec.cells import write_cell
from synllm.spec.model import Column, Spec
from synllm.spec.types import Code, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Value

_JSON_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")


def json_text(text: str) -> str:
    """Return a JSON string with characters beyond ASCII as they are."""
    return json.dumps(text, ensure_ascii=False)


def json_code(code: Code) -> str:
    """Return a file code as JSON: a number, a string, or null for the empty cell."""
    if code.text == "":
        return "null"
    if code.numeric and _JSON_NUMBER.fullmatch(code.text):
        return code.text
    return json_text(code.text)


def json_value(column: Column, value: Value) -> str:
    """Return a cell's value as JSON, by the column's codes and recorded decimals."""
    if value is MISSING:
        return json_code(column.missing_codes[0].code)
    if value is NOT_APPLICABLE:
        return json_code(column.not_applicable_code)
    if isinstance(column.type, NumberType):
        return write_cell(column, value)
    assert isinstance(value, str)
    return json_code(column.code_of(value))


@dataclass(frozen=True, slots=True)
class RowFormat:
    """The fields of a spec's rows, in the order of generation."""

    spec: Spec
    fields: tuple[str, ...]

    def write_row(self, row: Row) -> str:
        """Return a row's fields as one compact JSON object."""
        cells = (
            f"{json_text(name)}:{json_value(self.spec.by_name[name], row[name])}"
            for name in self.fields
        )
        return "{" + ",".join(cells) + "}"

    def parse_row(self, text: str) -> dict[str, str] | None:
        """Return each field's cell text, or None where the text is no JSON object of the fields.

        Numbers keep their written digits; null is the empty cell.
        """
        try:
            pairs = json.loads(
                text,
                parse_int=str,
                parse_float=str,
                parse_constant=_refuse,
                object_pairs_hook=tuple,
            )
        except (ValueError, RecursionError):
            return None
        if not isinstance(pairs, tuple) or sorted(name for name, _ in pairs) != sorted(self.fields):
            return None
        found = {name: "" if cell is None else cell for name, cell in pairs}
        if not all(isinstance(cell, str) for cell in found.values()):
            return None
        return {name: found[name] for name in self.fields}


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
