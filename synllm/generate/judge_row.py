"""A generated text → a row with its verdict, by the defining semantics."""

from __future__ import annotations

from dataclasses import dataclass

from synllm.spec.cells import CellProblem, read_row
from synllm.spec.evaluate import broken_statements
from synllm.spec.model import Spec
from synllm.spec.values import Value
from synllm.targets.row_format import RowFormat

UNREADABLE = "row text"
"""The name under which rows are counted whose text can't be read; the grammar allows none."""


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """A candidate row: its values, and the names of the hard statements that it breaks."""

    values: dict[str, Value]
    broken: tuple[str, ...]


def judge_row(text: str, row_format: RowFormat) -> JudgedRow:
    """Return the row that a model wrote, checked cell by cell and rule by rule."""
    spec: Spec = row_format.spec
    cells = row_format.parse_row(text)
    if cells is None:
        return JudgedRow({}, (UNREADABLE,))
    row = read_row(spec, dict(cells))
    unreadable = tuple(name for name, value in row.items() if isinstance(value, CellProblem))
    if unreadable:
        return JudgedRow({}, unreadable)
    values = {name: value for name, value in row.items() if not isinstance(value, CellProblem)}
    return JudgedRow(values, tuple(dict.fromkeys(broken_statements(values, spec))))
