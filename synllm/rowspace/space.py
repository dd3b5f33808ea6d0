"""The set of valid rows, in independent parts: which cells may a field hold after others?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TypeAlias

from synllm.proof.components import find_components
from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.constraint_order import order_by_open_constraints
from synllm.rowspace.constraints import list_constraints, narrow_domains
from synllm.rowspace.diagram import (
    DEFAULT_EFFORT,
    DEFAULT_NODES,
    Diagram,
    TooLargeError,
    build_diagram,
)
from synllm.rowspace.domains import column_domains
from synllm.rowspace.grouping import list_grouping_columns
from synllm.rowspace.open_rows import OpenRows
from synllm.rowspace.results import find_operands
from synllm.spec.core import CoreSpec, Formula, formula_columns
from synllm.spec.model import Spec
from synllm.spec.passes.formulas import TRUE
from synllm.spec.values import Special


@dataclass(frozen=True)
class OpenPart:
    """Fields whose valid rows don't fit into a diagram: their cells by themselves, and the
    constraints that tie them. `reason` says in words what made it outgrow its budget.
    """

    fields: tuple[str, ...]
    cells: Mapping[str, CellSet]
    constraints: tuple[Formula, ...]
    reason: str


Part: TypeAlias = Diagram | OpenPart


@dataclass(frozen=True)
class RowSpace:
    """The valid rows of a spec as a product of parts that no constraint ties together.

    `fields` is the order of generation: part after part, each in its own order. Columns that
    declared figures go by come first where that can be: what the figures say of their groups is
    then settled column by column, as each is written.
    """

    core: CoreSpec
    parts: tuple[Part, ...]

    @cached_property
    def fields(self) -> tuple[str, ...]:
        """All generated columns, each after those of its part that it is narrowed by."""
        return tuple(name for part in self.parts for name in part.fields)

    @property
    def diagrams(self) -> tuple[Diagram, ...]:
        """The parts that are known row by row."""
        return tuple(part for part in self.parts if isinstance(part, Diagram))

    @property
    def open_parts(self) -> tuple[OpenPart, ...]:
        """The parts whose rows are narrowed field by field and checked."""
        return tuple(part for part in self.parts if isinstance(part, OpenPart))

    @property
    def count(self) -> int | None:
        """The exact number of valid rows; None where a part is open."""
        return None if self.open_parts else prod(part.count for part in self.diagrams)

    def allowed(self, prefix: Mapping[str, int | Special], field: str) -> CellSet:
        """Return exactly the cells that a field has in valid rows that begin with a prefix.

        The prefix gives the cells of the fields before it in its part; others don't matter. Raises
        ValueError where no valid row begins like that, UndecidedError where it stays open.
        """
        part = next(part for part in self.parts if field in part.fields)
        before = part.fields[: part.fields.index(field)]
        rows = part if isinstance(part, Diagram) else self._open_rows[part.fields]
        return rows.allowed([prefix[name] for name in before])

    def has_rows(self) -> bool:
        """Return whether any row is valid; raises UndecidedError where that stays open."""
        return all(rows.starts.shape[1] > 0 for rows in self._open_rows.values())

    @cached_property
    def _open_rows(self) -> Mapping[tuple[str, ...], OpenRows]:
        columns = self.core.by_name
        return {
            part.fields: OpenRows(part.fields, part.cells, part.constraints, columns)
            for part in self.open_parts
        }


def build_row_space(
    spec: Spec,
    core: CoreSpec,
    *,
    given: Formula = TRUE,
    nodes: int = DEFAULT_NODES,
    effort: int = DEFAULT_EFFORT,
) -> RowSpace | None:
    """Return the row space of a lowered spec; None where it is known that no row is valid.

    Only rows on which the formula `given` is true count as valid. `nodes` and `effort` bound each
    diagram; both are counted, so that the result does not depend on the machine.
    """
    domains = narrow_domains(column_domains(spec, core), given, core)
    if domains is None:
        return None
    constraints = list_constraints(spec, core, domains, given)
    component = find_components(
        core.by_name, (sorted(formula_columns(each)) for each in constraints)
    )
    fields: dict[int, list[str]] = {}
    for column in core.columns:
        fields.setdefault(component[column.name], []).append(column.name)
    tied: dict[int, list[Formula]] = {number: [] for number in fields}
    for constraint in constraints:
        mentioned = formula_columns(constraint)
        if not mentioned:
            return None
        tied[component[min(mentioned)]].append(constraint)
    operands = find_operands(spec)
    leading = list_grouping_columns(spec)
    parts: list[Part] = []
    for number, names in fields.items():
        part = _build_part(
            names, domains.cells, tied[number], core, operands, leading, nodes, effort
        )
        if part is None:
            return None
        parts.append(part)
    # Parts that begin with a column which figures go by come first; sorting keeps the others.
    parts.sort(key=lambda part: part.fields[0] not in leading)
    return RowSpace(core, tuple(parts))


def _build_part(
    names: Sequence[str],
    cells: Mapping[str, CellSet],
    constraints: Sequence[Formula],
    core: CoreSpec,
    operands: Mapping[str, frozenset[str]],
    leading: Sequence[str],
    nodes: int,
    effort: int,
) -> Part | None:
    columns = [core.by_name[name] for name in names]
    if not set(names).isdisjoint(leading):
        fields = order_by_open_constraints(columns, constraints, operands, leading)
        with suppress(TooLargeError):
            return build_diagram(
                fields, cells, constraints, core.by_name, nodes=nodes, effort=effort
            )
    fields = order_by_open_constraints(columns, constraints, operands)
    try:
        return build_diagram(fields, cells, constraints, core.by_name, nodes=nodes, effort=effort)
    except TooLargeError as error:
        own = {name: cells[name] for name in fields}
        return OpenPart(
            fields, own, tuple(constraints), f"too many combinations are open at `{error.field}`"
        )
