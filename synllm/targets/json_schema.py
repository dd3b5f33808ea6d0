"""The row as JSON Schema: the standard form, and the one that Outlines turns into a grammar.

The standard form says all that the row regex says, in numbers. Outlines ignores bounds and
conditions, so its form writes numbers as strings with an exact pattern, and leaves what ties
columns together to checking after. Both carry the file's codes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from itertools import groupby

from synllm.rowspace.cell_set import CellSet
from synllm.spec.core import ValueSet
from synllm.spec.model import Column
from synllm.spec.types import CategoryType, Code, NumberType
from synllm.targets.blocks import BlockCases
from synllm.targets.json_text import JsonValue
from synllm.targets.number_regex import number_regex
from synllm.targets.regex import RowGrammar, cell_codes
from synllm.targets.row_format import json_code

JsonObject = dict[str, JsonValue]


def standard_schema(grammar: RowGrammar) -> JsonObject:
    """Return the draft 2020-12 schema that accepts exactly the rows of the grammar.

    Its numbers are exact decimals: validate with exact decimals too, as floats refuse valid ones.
    """
    ties: list[JsonValue] = [
        {"anyOf": [_case_schema(grammar, block, case) for case in block.cases]}
        for block in grammar.blocks
        if len(block.cases) > 1
    ]
    properties: dict[str, JsonValue] = {
        name: _described(grammar.spec.by_name[name])
        | _cells_schema(grammar.spec.by_name[name], cells)
        for name, cells in _cells_by_field(grammar).items()
    }
    schema = _object_schema(grammar, properties)
    return {**schema, "allOf": ties} if ties else schema


def outlines_schema(grammar: RowGrammar) -> JsonObject:
    """Return the schema for Outlines' JSON Schema path: fields in the order of generation.

    Numbers are strings whose pattern is the exact regex of the column.
    """
    properties: dict[str, JsonValue] = {}
    for name, cells in _cells_by_field(grammar).items():
        column = grammar.spec.by_name[name]
        branches: list[JsonValue] = []
        if isinstance(column.type, NumberType) and cells.values:
            pattern = number_regex(cells.values, column.type.decimals)
            branches.append({"type": "string", "pattern": f"^{pattern}$"})
        codes = _code_values(column, cells)
        if codes:
            branches.append({"enum": codes})
        properties[name] = _described(column) | _any_of(branches)
    return _object_schema(grammar, properties)


def _object_schema(grammar: RowGrammar, properties: dict[str, JsonValue]) -> JsonObject:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": grammar.spec.name,
        "description": grammar.spec.title,
        "type": "object",
        "properties": properties,
        "required": list(grammar.fields),
        "additionalProperties": False,
    }


def _cells_by_field(grammar: RowGrammar) -> dict[str, CellSet]:
    """Return each field's cells in any case, in the order of generation."""
    return {
        name: reduce(CellSet.union, (case[place] for case in block.cases))
        for block in grammar.blocks
        for place, name in enumerate(block.columns)
    }


def _case_schema(grammar: RowGrammar, block: BlockCases, case: tuple[CellSet, ...]) -> JsonObject:
    """Return what the columns of a block hold in one of its cases."""
    return {
        "properties": {
            name: _cells_schema(grammar.spec.by_name[name], cells)
            for name, cells in zip(block.columns, case, strict=True)
        }
    }


def _described(column: Column) -> JsonObject:
    """Return the annotations of a column: description, unit, labels, absences."""
    notes: JsonObject = {}
    if column.description:
        notes["description"] = column.description
    match column.type:
        case NumberType(unit=str() as unit):
            notes["x-unit"] = unit
        case CategoryType():
            if any(code.text != label for label, code in column.codes):
                notes["x-labels"] = {label: _code_value(code) for label, code in column.codes}
    if column.missing_codes:
        notes["x-missing"] = [_code_value(missing.code) for missing in column.missing_codes]
    if column.applies_when is not None:
        notes["x-applies-when"] = column.applies_text
        notes["x-not-applicable"] = _code_value(column.not_applicable_code)
    return notes


def _cells_schema(column: Column, cells: CellSet) -> JsonObject:
    branches: list[JsonValue] = []
    listed = _code_values(column, cells)
    if isinstance(column.type, NumberType):
        points: list[JsonValue] = []
        for run in _runs(cells.values):
            if run.low == run.high:
                points.append(_decimal(column.type, run.low))
            else:
                branches.append(_run_schema(column.type, run))
        listed = points + [value for value in listed if value not in points]
    if listed:
        branches.append({"enum": listed})
    return _any_of(branches)


def _any_of(branches: list[JsonValue]) -> JsonObject:
    if len(branches) == 1 and isinstance(branches[0], dict):
        return branches[0]
    return {"anyOf": branches}


def _code_values(column: Column, cells: CellSet) -> list[JsonValue]:
    return [_code_value(code) for code in cell_codes(column, cells)]


def _code_value(code: Code) -> JsonValue:
    """Return a code as the JSON value that rows hold for it."""
    literal = json_code(code)
    if literal == "null":
        return None
    return code.text if literal.startswith('"') else Decimal(literal)


@dataclass(frozen=True, slots=True)
class _Run:
    """The integers from `low` to `high`, both included, `step` apart and multiples of it."""

    low: int
    high: int
    step: int = 1


def _runs(values: ValueSet) -> Iterator[_Run]:
    """Yield the set as runs: its intervals, with isolated points joined where evenly spaced."""
    for isolated, pieces in groupby(values.intervals, key=lambda piece: piece[0] == piece[1]):
        bounds = [(low, high) for low, high in pieces if low is not None and high is not None]
        if isolated:
            yield from _even_runs([low for low, _ in bounds])
        else:
            yield from (_Run(low, high) for low, high in bounds)


def _even_runs(points: list[int]) -> Iterator[_Run]:
    start = 0
    while start < len(points):
        end = start + 1
        step = points[end] - points[start] if end < len(points) else 0
        while end < len(points) and points[end] - points[end - 1] == step:
            end += 1
        if end - start >= 3 and points[start] % step == 0:
            yield _Run(points[start], points[end - 1], step)
            start = end
        else:
            yield _Run(points[start], points[start])
            start += 1


def _run_schema(kind: NumberType, run: _Run) -> JsonObject:
    schema: JsonObject = {
        "type": "number" if kind.decimals else "integer",
        "minimum": _decimal(kind, run.low),
        "maximum": _decimal(kind, run.high),
    }
    if kind.decimals or run.step > 1:
        schema["multipleOf"] = _decimal(kind, run.step)
    return schema


def _decimal(kind: NumberType, value: int) -> Decimal:
    return Decimal(value).scaleb(-kind.decimals)
