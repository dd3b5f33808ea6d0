"""One valid row, field by field: what could have stood there, and which statements saw to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.inquiry import Inquiry
from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.constraints import list_constraints, narrow_domains
from synllm.rowspace.continuation import UndecidedError
from synllm.rowspace.diagram import TooLargeError, build_diagram
from synllm.rowspace.domains import column_domains
from synllm.rowspace.narrowed_by import GIVEN, Attribution
from synllm.rowspace.space import OpenPart, Part, RowSpace, build_row_space
from synllm.spec.core import NO_VALUE, CoreSpec, Formula, Membership, ValueSet, formula_columns
from synllm.spec.model import Spec
from synllm.spec.passes.formulas import TRUE, all_of
from synllm.spec.values import MISSING, Special


@dataclass(frozen=True, slots=True)
class ExplainedField:
    """A field of a row: its cell, and the number of cells that it could have held.

    `own` is how many its column has by itself, `allowed` how many the fields before it left of
    these, None where that stays open. `narrowed_by` are the statements that alone exclude some.
    `later` are those that exclude more only because of what later fields can hold, together: none
    of them could be left out.
    """

    name: str
    cell: int | Special
    own: int
    allowed: int | None
    narrowed_by: tuple[str, ...]
    fewer: int
    later: tuple[str, ...]


def explain_row(
    spec: Spec,
    core: CoreSpec,
    fields: Sequence[str],
    row: Mapping[str, int | Special],
    given: Formula = TRUE,
) -> tuple[ExplainedField, ...]:
    """Return a valid row's fields in the order in which they were chosen.

    Raises ValueError where the row is not valid, or does not meet what is given.
    """
    space = build_row_space(spec, core, given=given)
    if space is None:
        raise ValueError("no row is valid")
    space = _in_order(space, spec, core, fields, given)
    attribution = Attribution(spec, core, fields, given)
    inquiry = Inquiry(spec, core, DEFAULT_BUDGET)
    found: list[ExplainedField] = []
    for number, name in enumerate(fields):
        own = attribution.domains[name]
        alone = {
            statement: cells
            for statement, cells in attribution.allowed(row, name).items()
            if len(cells) < len(own)
        }
        left = own
        for cells in alone.values():
            left = left.intersect(cells)
        try:
            allowed = space.allowed(row, name)
        except UndecidedError:
            found.append(ExplainedField(name, row[name], len(own), None, tuple(alone), 0, ()))
            continue
        if row[name] not in allowed:
            raise ValueError(f"{name} can't hold its cell")
        beyond = left.minus(allowed)
        later: tuple[str, ...] = ()
        if beyond:
            before = {each: row[each] for each in fields[:number]}
            later = _blame(inquiry, core, before, name, beyond, given)
        found.append(
            ExplainedField(
                name, row[name], len(own), len(allowed), tuple(alone), len(beyond), later
            )
        )
    return tuple(found)


def _blame(
    inquiry: Inquiry,
    core: CoreSpec,
    before: Mapping[str, int | Special],
    name: str,
    beyond: CellSet,
    given: Formula,
) -> tuple[str, ...]:
    """Return statements that together exclude some cells of a field, none of which could be left
    out; none where they are not statements at all but what a file can hold.
    """
    prefix = [_exactly(each, cell) for each, cell in before.items()]
    own = Membership(name, beyond.values, beyond.missing, beyond.not_applicable)
    for extra, names in ((TRUE, ()), (given, (GIVEN,))):
        formula = all_of((*prefix, own, extra), core.by_name)
        try:
            return (*(inquiry.claim(each).name for each in inquiry.blame(formula)), *names)
        except ValueError:
            continue
    return ()


def _exactly(name: str, cell: int | Special) -> Formula:
    if isinstance(cell, Special):
        return Membership(name, NO_VALUE, cell is MISSING, cell is not MISSING)
    return Membership(name, ValueSet.between(cell, cell))


def _in_order(
    space: RowSpace, spec: Spec, core: CoreSpec, fields: Sequence[str], given: Formula
) -> RowSpace:
    """Return the row space with the fields of each part in another order."""
    domains = narrow_domains(column_domains(spec, core), given, core)
    assert domains is not None, "the space has rows"
    constraints = list_constraints(spec, core, domains, given)

    def in_order(part: Part) -> Part:
        order = tuple(name for name in fields if name in part.fields)
        if order == part.fields:
            return part
        if isinstance(part, OpenPart):
            return replace(part, fields=order)
        own = tuple(each for each in constraints if formula_columns(each) <= set(order))
        try:
            diagram = build_diagram(order, domains.cells, own, core.by_name)
        except TooLargeError as error:
            cells = {name: domains.cells[name] for name in order}
            return OpenPart(order, cells, own, f"too many combinations at `{error.field}`")
        assert diagram is not None, "the part has rows"
        return diagram

    return RowSpace(core, tuple(in_order(part) for part in space.parts))
