"""Every cell of truth_tables.md is what the semantics says, and what the column programme says.

A heading is an expression of the language over the operands below, or a rule. An operand that is
undefined is divided by zero; a number's cell `2.5` is checked as `expression = 2.5`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from synllm.columns.batch import batch_from_rows
from synllm.columns.program import VERDICTS, compile_program
from synllm.language import parse_spec
from synllm.spec.evaluate import evaluate_rule
from synllm.spec.passes.lower import lower
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Value, Verdict

TABLES = Path(__file__).with_name("truth_tables.md")

SPEC = """
synspec 1
table truth "Operands of every kind" {{
  always_no : yes/no "No table checks applicability: a cell may be absent in any way"
  {columns}
}}
derived computed : decimal(1) = cell / cell_divisor rounded half up
derived half_up : integer = tenths rounded half up
derived down : integer = tenths rounded down
derived up : integer = tenths rounded up
rule tabled "The rule of the table" {rule}
"""

ABSENT = ' may be missing coded "NA" applies when always_no is no coded "none"'
DECIMAL = "decimal(1) in -99..99"

COLUMNS = {
    **dict.fromkeys(("a", "b", "c", "x", "y", "cell", "tenths"), DECIMAL),
    "grams": "decimal(1) in 0..10 'g'",
    "milligrams": "integer in 0..10000 'mg'",
    "kind": "one of {A, B, C}",
    "grade": "ordered {mild < moderate < severe}",
}
DIVISORS = ("a", "b", "c", "x", "y", "cell")
OPERANDS = {
    **{name: f"({name} / {name}_divisor = 1)" for name in "abc"},
    **{name: f"({name} / {name}_divisor)" for name in "xy"},
}
"""What an operand's name in a heading stands for, where it is not the column's own."""

NUMBER = re.compile(r"-?[\d.]+")
TRUTHS = {
    "true": Verdict.HOLDS,
    "false": Verdict.VIOLATED,
    "unknown": Verdict.UNDECIDED,
    "missing": Verdict.UNDECIDED,
    "undefined": Verdict.UNDEFINED,
}
"""The verdict of `always condition` by the condition's outcome."""


@dataclass(frozen=True)
class Cell:
    """One cell of a table: the operands' labels, and what is expected there."""

    heading: str
    operands: tuple[tuple[str, str], ...]
    expected: str

    def __str__(self) -> str:
        given = ", ".join(f"{name} {label}" for name, label in self.operands)
        return f"{self.heading}: {given}"


def read_tables(text: str) -> Iterator[Cell]:
    """Yield the cells of every table; `, where c is L` in a heading fixes a third operand."""
    for section in text.split("\n## ")[1:]:
        heading, *lines = section.splitlines()
        expression, _, fixed = heading.partition(", where ")
        third = [tuple(fixed.split(" is ", 1))] if fixed else []
        rows = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in lines
            if line.startswith("|")
        ]
        header, _, *body = rows
        names = header[0].split(" \\ ")
        for first, *results in body:
            for label, result in zip(header[1:], results, strict=True):
                labels = [(names[0], first)]
                labels += [(names[1], label)] if len(names) > 1 else []
                yield Cell(expression, (*labels, *third), result)


def row_of(cell: Cell) -> dict[str, Value]:
    """Return a row in which the operands are as labelled."""
    row: dict[str, Value] = {"always_no": "no"}
    for name, kind in COLUMNS.items():
        row[name] = Fraction(1) if " in " in kind else kind.split("{")[1].split()[0].strip(",}")
        if name in DIVISORS:
            row[f"{name}_divisor"] = Fraction(1)
    for name, label in cell.operands:
        column = "cell" if name == "computed" else name
        match label:
            case "missing":
                row[column] = MISSING
            case "not applicable":
                row[column] = NOT_APPLICABLE
            case "undefined":
                row[f"{column}_divisor"] = Fraction(0)
            case "undefined, missing":
                row[column] = MISSING
                row[f"{column}_divisor"] = Fraction(0)
            case "true" | "false":
                row[column] = Fraction(int(label == "true"))
            case _:
                row[column] = Fraction(label) if NUMBER.fullmatch(label) else label
    return row


def written_rule(cell: Cell) -> str:
    """Return the rule whose verdict says what the cell says."""
    rule = cell.heading
    for name, meaning in OPERANDS.items():
        rule = re.sub(rf"\b{name}\b", meaning, rule)
    if re.match(r"when|always|never", rule):
        return rule
    if cell.expected in ("true", "false", "unknown"):
        return f"always {rule}"
    number = cell.expected if NUMBER.fullmatch(cell.expected) else "0"
    return f"always {rule} = {number}" if cell.heading in NUMERIC else f"always {rule}"


def verdict_of(cell: Cell) -> Verdict:
    """Return the verdict that the cell's rule must have."""
    if re.match(r"when|always|never", cell.heading):
        return Verdict(cell.expected)
    if NUMBER.fullmatch(cell.expected):
        return Verdict.HOLDS
    return TRUTHS[cell.expected]


CELLS = tuple(read_tables(TABLES.read_text(encoding="utf-8")))
NUMERIC = {cell.heading for cell in CELLS if NUMBER.fullmatch(cell.expected)}


@pytest.mark.parametrize("heading", dict.fromkeys(cell.heading for cell in CELLS))
def test_table(heading: str) -> None:
    cells = [cell for cell in CELLS if cell.heading == heading]
    for rule in dict.fromkeys(written_rule(cell) for cell in cells):
        check([cell for cell in cells if written_rule(cell) == rule], rule)


def check(cells: list[Cell], rule: str) -> None:
    """Fail unless the semantics and the column programme give every cell its verdict."""
    columns = "\n  ".join(
        [f'{name} : {kind} "{name}"{ABSENT}' for name, kind in COLUMNS.items()]
        + [f'{name}_divisor : integer in 0..1 "0 or 1"' for name in DIVISORS]
    )
    spec, mistakes = parse_spec(SPEC.format(columns=columns, rule=rule))
    assert spec is not None, [each.headline for each in mistakes]
    rows: list[Row] = [row_of(cell) for cell in cells]
    core = lower(spec)
    found = compile_program(core).verdicts(batch_from_rows(core, rows))["tabled"]
    for cell, row, code in zip(cells, rows, found, strict=True):
        expected = verdict_of(cell)

        assert evaluate_rule(spec.rules[0], row, spec) == expected, f"{cell}, by evaluate"
        assert VERDICTS[code] == expected, f"{cell}, by the column programme"
