"""Which statements narrow a field of a row, given the fields before it.

A statement narrows a field where it alone, with the fields before it as they are, leaves the field
fewer cells than its own domain: whatever of their domains later fields hold, some cell breaks it.
Each statement is a row space of its own, of the fields it mentions, and all rows walk through it
side by side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from synllm.proof.claims import name_statement
from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.constraints import conjuncts, constraints_of, solve_relations
from synllm.rowspace.continuation import UndecidedError
from synllm.rowspace.diagram import Arc, Diagram, TooLargeError, build_diagram
from synllm.rowspace.domains import column_domains
from synllm.rowspace.intervals import Mask
from synllm.rowspace.open_rows import OpenRows
from synllm.rowspace.places import cell_at
from synllm.rowspace.residual import Remainders
from synllm.rowspace.sample import Integers, Listing, list_cells
from synllm.spec.core import CoreSpec, Formula, formula_columns
from synllm.spec.model import Spec
from synllm.spec.passes.formulas import TRUE, all_of
from synllm.spec.values import Special

GIVEN = "what is given"
"""How a condition given apart from the spec is called among the statements."""

_NODES, _EFFORT = 5_000, 5_000
"""The budget of one statement's diagram; arithmetic beyond it is narrowed and checked."""

_BLOCKS = 32

_LOOKED_INTO = 100
"""For how many beginnings of a field a statement beyond a diagram is gone through cell by cell."""

NOT_WORKED_OUT = " (not worked out)"
"""Follows the name of a statement of which it stayed open whether it narrows a field."""


@dataclass(frozen=True, slots=True, eq=False)
class NarrowedField:
    """The statements that narrow a field: those of row r are `sets[of_row[r]]`."""

    sets: tuple[tuple[str, ...], ...]
    of_row: Integers


class Attribution:
    """The statements of a spec, ready to tell of valid rows which of them narrow which field.

    `fields` are all generated columns in the order in which they were chosen. `domains` are their
    cells by themselves.
    """

    def __init__(
        self, spec: Spec, core: CoreSpec, fields: Sequence[str], given: Formula = TRUE
    ) -> None:
        domains = column_domains(spec, core)
        self.fields = tuple(fields)
        self.domains: Mapping[str, CellSet] = domains.cells
        named = [
            (name_statement(each), constraints_of(each, spec, core, domains))
            for each in core.statements
        ]
        every = tuple(solve_relations(each, core, domains) for each in conjuncts(given))
        named.append((GIVEN, every))
        listings = {column.name: list_cells(column) for column in core.columns}
        self._alone: dict[str, _Alone] = {}
        for name, constraints in named:
            left = tuple(each for each in constraints if each != TRUE)
            if left:
                self._alone[name] = _Alone(fields, domains.cells, left, core, listings)

    def narrow(self, places: Mapping[str, Integers]) -> dict[str, NarrowedField]:
        """Return for each field of valid rows, given by their places, which statements narrow it.

        A statement of which that stays open is named with NOT_WORKED_OUT behind it; that happens
        only in arithmetic beyond a diagram.
        """
        size = next(iter(places.values())).size
        masks: dict[str, list[tuple[str, Mask]]] = {name: [] for name in self.fields}
        for statement, alone in self._alone.items():
            for field, narrows, stays_open in alone.narrow(places):
                if narrows.any():
                    masks[field].append((statement, narrows))
                if stays_open.any():
                    masks[field].append((statement + NOT_WORKED_OUT, stays_open))
        return {field: _gather(found, size) for field, found in masks.items()}

    def allowed(self, row: Mapping[str, int | Special], field: str) -> dict[str, CellSet]:
        """Return what each statement that mentions a field alone leaves it after a row's cells.

        A statement of which that stays open is left out.
        """
        found: dict[str, CellSet] = {}
        for statement, alone in self._alone.items():
            if field in alone.fields:
                try:
                    found[statement] = alone.allowed(row, field)
                except UndecidedError:
                    continue
        return found


class _Alone:
    """The rows that obey one statement, over the fields that it mentions."""

    def __init__(
        self,
        order: Sequence[str],
        cells: Mapping[str, CellSet],
        constraints: Sequence[Formula],
        core: CoreSpec,
        listings: Mapping[str, Listing],
    ) -> None:
        mentioned = frozenset[str]().union(*(formula_columns(each) for each in constraints))
        self.fields = tuple(name for name in order if name in mentioned)
        self._domains = [cells[name] for name in self.fields]
        self._listings = [listings[name] for name in self.fields]
        self._formula = all_of(constraints, core.by_name)
        self._remainders = Remainders(core.by_name)
        self._known: dict[int, dict[Formula, bool | None]] = {}
        self._rows: Diagram | OpenRows
        try:
            diagram = build_diagram(
                self.fields, cells, constraints, core.by_name, nodes=_NODES, effort=_EFFORT
            )
            assert diagram is not None, "a statement that nobody obeys leaves no valid row"
            self._rows = diagram
            self._levels = [
                _Level.of(arcs, domain, listing)
                for arcs, domain, listing in zip(
                    diagram.levels, self._domains, self._listings, strict=True
                )
            ]
        except TooLargeError:
            self._rows = OpenRows(self.fields, cells, constraints, core.by_name)

    def narrow(self, places: Mapping[str, Integers]) -> Iterator[tuple[str, Mask, Mask]]:
        """Yield for each field in which rows it is narrowed, and in which that stays open."""
        own = [places[name] for name in self.fields]
        if isinstance(self._rows, OpenRows):
            for number, name in enumerate(self.fields):
                yield name, *self._check(self._rows, number, np.array(own[:number]), own[0].size)
            return
        node = np.zeros(own[0].size, dtype=np.int64)
        known = np.zeros(own[0].size, dtype=bool)
        for name, place, level in zip(self.fields, own, self._levels, strict=True):
            yield name, level.narrows[node], known
            node = level.follow(node, place)

    def allowed(self, row: Mapping[str, int | Special], field: str) -> CellSet:
        """Return the cells that the statement leaves a field after a row's cells before it."""
        number = self.fields.index(field)
        return self._rows.allowed([row[name] for name in self.fields[:number]])

    def _check(self, rows: OpenRows, number: int, before: Integers, size: int) -> tuple[Mask, Mask]:
        """Return in which rows a field is narrowed, and where that stays open.

        Each distinct beginning is looked at once, and those that leave the same of the statement
        count as one.
        """
        if number == 0:
            distinct, of_row = np.zeros((0, 1), dtype=np.int64), np.zeros(size, dtype=np.int64)
        else:
            distinct, of_row = np.unique(before, axis=1, return_inverse=True)
            of_row = of_row.reshape(-1)
        found = self._is_cut(rows, number, distinct)
        stays_open = np.zeros(found.size, dtype=bool)
        for each in np.flatnonzero(~found).tolist():
            prefix = [
                cell_at(listing, int(place))
                for listing, place in zip(self._listings, distinct[:, each], strict=False)
            ]
            narrows = self._look_into(rows, number, prefix)
            found[each], stays_open[each] = narrows is True, narrows is None
        return found[of_row], stays_open[of_row]

    def _look_into(
        self, rows: OpenRows, number: int, prefix: Sequence[int | Special]
    ) -> bool | None:
        """Return whether a field is narrowed after its fields' cells; None where it stays open."""
        left = self._formula
        for name, cell in zip(self.fields, prefix, strict=False):
            left = self._remainders.fix_cell(left, name, cell)
        if left == TRUE:
            return False
        known = self._known.setdefault(number, {})
        if left not in known:
            if len(known) >= _LOOKED_INTO:
                return None
            try:
                known[left] = len(rows.allowed(prefix)) < len(self._domains[number])
            except UndecidedError:
                known[left] = None
        return known[left]

    def _is_cut(self, rows: OpenRows, number: int, distinct: Integers) -> Mask:
        """Return after which beginnings intervals alone show that some cell breaks the statement.

        Looked at are the first and last cell of each range, and blocks of those between.
        """
        starts: list[int] = []
        stops: list[int] = []
        for low, high in rows.narrowing.cells[number].spans:
            edges = np.unique(np.linspace(low, high, _BLOCKS + 1).astype(np.int64))
            starts += [low, high - 1, *edges[:-1].tolist()]
            stops += [low + 1, high, *edges[1:].tolist()]
        count, blocks = distinct.shape[1], len(starts)
        begun = np.zeros((len(self.fields), count), dtype=np.int64)
        begun[:number] = distinct
        possible = rows.narrowing.possible(
            number,
            begun,
            np.repeat(np.arange(count), blocks),
            np.tile(np.array(starts, dtype=np.int64), count),
            np.tile(np.array(stops, dtype=np.int64), count),
        )
        found: Mask = np.logical_not(np.all(possible.reshape(count, blocks), axis=1))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """Where the places of each node of a level lead, and whether some of them lead nowhere."""

    size: int
    keys: Integers
    targets: Integers
    narrows: Mask

    @staticmethod
    def of(level: Sequence[Sequence[Arc]], domain: CellSet, listing: Listing) -> _Level:
        """Return the level of a diagram laid out for many rows at once."""
        spans = sorted(
            (node * listing.size + start, arc.target)
            for node, arcs in enumerate(level)
            for arc in arcs
            for start, _ in listing.spans(arc.cells)
        )
        full = len(domain)
        return _Level(
            listing.size,
            np.array([key for key, _ in spans], dtype=np.int64),
            np.array([target for _, target in spans], dtype=np.int64),
            np.array([sum(len(arc.cells) for arc in arcs) < full for arcs in level]),
        )

    def follow(self, node: Integers, place: Integers) -> Integers:
        """Return the nodes of the next level that allowed places lead to."""
        arc = np.searchsorted(self.keys, node * self.size + place, side="right") - 1
        return self.targets[arc]


def _gather(found: Sequence[tuple[str, Mask]], size: int) -> NarrowedField:
    """Return the sets of statements that narrow a field together in some row, and who has which."""
    if not found:
        return NarrowedField(((),), np.zeros(size, dtype=np.int64))
    bits = np.array([mask for _, mask in found])
    distinct, of_row = np.unique(bits, axis=1, return_inverse=True)
    sets = tuple(
        tuple(name for (name, _), narrows in zip(found, column, strict=True) if narrows)
        for column in distinct.T.tolist()
    )
    return NarrowedField(sets, of_row.reshape(-1))
