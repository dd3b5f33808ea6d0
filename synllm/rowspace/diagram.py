"""The valid rows of some columns as a decision diagram: no path in it ends without a row.

A multi-valued decision diagram, reduced (Srinivasan, Kam, Malik & Brayton 1990, ICCAD, "Algorithms
for discrete function manipulation"): one level a field, an arc for the cells that lead to the
same next node. A node stands for what is left of the constraints once the fields above are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from synllm.rowspace.cell_set import NO_CELL, CellSet
from synllm.rowspace.constraints import conjuncts
from synllm.rowspace.partition import Effort, TooManyValuesError, part_cells
from synllm.rowspace.residual import Remainders
from synllm.spec.core import CoreColumn, Formula, formula_columns
from synllm.spec.passes.formulas import FALSE, TRUE
from synllm.spec.values import Special

DEFAULT_NODES = 20_000
"""The most nodes that a diagram may have while it is built."""

DEFAULT_EFFORT = 60_000
"""How many remainders of formulas may be worked out, the same on every machine: about 2 s."""


@dataclass(frozen=True, slots=True)
class Arc:
    """Cells of a level's field that lead to the same node of the next level."""

    cells: CellSet
    target: int


@dataclass(frozen=True)
class Diagram:
    """Levels of nodes, each a tuple of arcs with disjoint, non-empty cells; node 0 is the first.

    The last level's arcs lead to the end, target 0. Every node has an arc and every path ends.
    """

    fields: tuple[str, ...]
    levels: tuple[tuple[tuple[Arc, ...], ...], ...]

    @property
    def size(self) -> int:
        """The number of nodes."""
        return sum(len(level) for level in self.levels)

    @cached_property
    def count(self) -> int:
        """The exact number of rows."""
        below = [1]
        for level in reversed(self.levels):
            below = [sum(len(arc.cells) * below[arc.target] for arc in arcs) for arcs in level]
        return below[0]

    def follow(self, prefix: Sequence[int | Special]) -> int | None:
        """Return the node that the cells of the first fields lead to, or None if to none."""
        node = 0
        for level, cell in zip(self.levels, prefix, strict=False):
            arc = next((arc for arc in level[node] if cell in arc.cells), None)
            if arc is None:
                return None
            node = arc.target
        return node

    def allowed(self, prefix: Sequence[int | Special]) -> CellSet:
        """Return the cells that the field after the prefix may hold in a valid row.

        The prefix must itself be part of one.
        """
        node = self.follow(prefix)
        if node is None:
            raise ValueError("no valid row begins like that")
        cells = NO_CELL
        for arc in self.levels[len(prefix)][node]:
            cells = cells.union(arc.cells)
        return cells


class TooLargeError(Exception):
    """The diagram would outgrow its budget; `level` is the field at which it did."""

    def __init__(self, field: str) -> None:
        super().__init__(f"the diagram outgrows its budget at {field}")
        self.field = field


def build_diagram(
    fields: Sequence[str],
    cells: Mapping[str, CellSet],
    constraints: Sequence[Formula],
    columns: Mapping[str, CoreColumn],
    *,
    nodes: int = DEFAULT_NODES,
    effort: int = DEFAULT_EFFORT,
) -> Diagram | None:
    """Return the diagram of the rows that make all the constraints true; None if there are none.

    The constraints mention only the fields. Raises TooLargeError beyond the budget.
    """
    table = _States(columns, effort)
    start = table.state(constraints)
    if start is None:
        return None
    states: list[tuple[int, ...]] = [start]
    levels: list[list[list[tuple[CellSet, int]]]] = []
    built = 0
    for name in fields:
        numbers: dict[tuple[int, ...], int] = {}
        level: list[list[tuple[CellSet, int]]] = []
        for state in states:
            arcs = [
                (part, numbers.setdefault(left, len(numbers)))
                for part, left in table.expand(name, cells[name], state)
            ]
            level.append(arcs)
            built += 1
            if built + len(numbers) > nodes:
                raise TooLargeError(name)
        levels.append(level)
        states = list(numbers)
    return _reduce(tuple(fields), levels)


class _States:
    """Formulas by number, and what each column's cells leave of sets of them."""

    def __init__(self, columns: Mapping[str, CoreColumn], effort: int) -> None:
        self._columns = columns
        self._remainders = Remainders(columns)
        self._effort = Effort(effort)
        self._numbers: dict[Formula, int] = {}
        self._formulas: list[Formula] = []
        self._mentioned: list[frozenset[str]] = []
        self._parts: dict[tuple[str, tuple[int, ...]], list[tuple[CellSet, tuple[int, ...]]]] = {}

    def state(self, formulas: Sequence[Formula]) -> tuple[int, ...] | None:
        """Return the numbers of all conjuncts that are not true anyway; None if one is false."""
        found: set[int] = set()
        for formula in formulas:
            for part in conjuncts(formula):
                if part == FALSE:
                    return None
                if part != TRUE:
                    found.add(self._number(part))
        return tuple(sorted(found))

    def expand(
        self, name: str, cells: CellSet, state: tuple[int, ...]
    ) -> list[tuple[CellSet, tuple[int, ...]]]:
        """Return the cells of a field that some row may have in a state, with the states after."""
        touched = tuple(number for number in state if name in self._mentioned[number])
        parts = self._parts.get((name, touched))
        if parts is None:
            parts = self._parts[name, touched] = self._part(name, cells, touched)
        kept = set(state) - set(touched)
        merged: dict[tuple[int, ...], CellSet] = {}
        for found, left in parts:
            after = tuple(sorted(kept.union(left)))
            merged[after] = merged[after].union(found) if after in merged else found
        return [(found, after) for after, found in merged.items()]

    def _part(
        self, name: str, cells: CellSet, touched: tuple[int, ...]
    ) -> list[tuple[CellSet, tuple[int, ...]]]:
        formulas = [self._formulas[number] for number in touched]
        if not formulas:
            return [(cells, ())]
        try:
            parts = part_cells(self._columns[name], cells, formulas, self._remainders, self._effort)
        except TooManyValuesError as error:
            raise TooLargeError(name) from error
        states = [(part.cells, self.state(part.left)) for part in parts]
        return [(found, state) for found, state in states if state is not None]

    def _number(self, formula: Formula) -> int:
        number = self._numbers.get(formula)
        if number is None:
            number = self._numbers[formula] = len(self._formulas)
            self._formulas.append(formula)
            self._mentioned.append(formula_columns(formula))
        return number


def _reduce(
    fields: tuple[str, ...], levels: list[list[list[tuple[CellSet, int]]]]
) -> Diagram | None:
    """Return the diagram without paths that end early, equal nodes made one, in a fixed order."""
    reduced: list[dict[tuple[Arc, ...], int]] = []
    renamed: list[int | None] = [0]
    for level in reversed(levels):
        nodes: dict[tuple[Arc, ...], int] = {}
        names: list[int | None] = []
        for arcs in level:
            merged: dict[int, CellSet] = {}
            for cells, target in arcs:
                after = renamed[target]
                if after is not None:
                    merged[after] = merged[after].union(cells) if after in merged else cells
            if merged:
                node = tuple(Arc(cells, target) for target, cells in merged.items())
                names.append(nodes.setdefault(node, len(nodes)))
            else:
                names.append(None)
        renamed = names
        reduced.append(nodes)
    if renamed[0] is None:
        return None
    return _keep_reached(fields, [list(level) for level in reversed(reduced)], renamed[0])


def _keep_reached(
    fields: tuple[str, ...], levels: list[list[tuple[Arc, ...]]], root: int
) -> Diagram:
    """Return the diagram of the nodes on a path from the root, numbered as they are reached."""
    reached = [root]
    kept: list[tuple[tuple[Arc, ...], ...]] = []
    for place, level in enumerate(levels):
        numbers: dict[int, int] = {}
        nodes: list[tuple[Arc, ...]] = []
        for node in reached:
            arcs = [
                Arc(arc.cells, numbers.setdefault(arc.target, len(numbers))) for arc in level[node]
            ]
            nodes.append(tuple(arcs))
        kept.append(tuple(nodes))
        reached = list(numbers) if place + 1 < len(levels) else []
    return Diagram(fields, tuple(kept))
