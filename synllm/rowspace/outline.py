"""What a row space looks like: how many rows, in which parts, and which statement holds where."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from synllm.rowspace.diagram import Diagram
from synllm.rowspace.domains import broken_formula, column_domains, key_of
from synllm.rowspace.space import OpenPart, Part, RowSpace
from synllm.spec.core import CoreSpec, Statement, formula_columns
from synllm.spec.model import Spec


@dataclass(frozen=True, slots=True)
class PartOutline:
    """One part: fields in the order in which they are chosen, and what ties them together.

    `rows` is exact unless `at_most`, where it counts all combinations of the fields' own cells.
    `nodes` is the diagram's size; None for a part that is narrowed, and `reason` says why.
    """

    fields: tuple[str, ...]
    rows: int
    at_most: bool
    nodes: int | None
    statements: tuple[str, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SpaceOutline:
    """A row space: its parts, the statements held by single columns' domains, the number of rows.

    `at_most` says that `rows` is only a bound.
    """

    name: str
    rows: int
    at_most: bool
    in_domains: tuple[str, ...]
    parts: tuple[PartOutline, ...]

    @property
    def largest(self) -> PartOutline:
        """The part with the most nodes; one that is narrowed counts as larger than any other."""
        return max(self.parts, key=lambda part: (part.nodes is None, part.nodes or 0))


def outline_space(spec: Spec, core: CoreSpec, space: RowSpace) -> SpaceOutline:
    """Return the outline of a spec's row space."""
    enforced = column_domains(spec, core).enforced
    hard = [each for each in core.statements if each.hard]
    tying = [each for each in hard if key_of(each) not in enforced]
    parts = tuple(_outline_part(part, tying) for part in space.parts)
    return SpaceOutline(
        spec.name,
        prod(part.rows for part in parts),
        any(part.at_most for part in parts),
        tuple(each.name for each in hard if key_of(each) in enforced),
        parts,
    )


def _outline_part(part: Part, tying: list[Statement]) -> PartOutline:
    own = tuple(
        each.name for each in tying if formula_columns(broken_formula(each)) & set(part.fields)
    )
    match part:
        case Diagram():
            return PartOutline(part.fields, part.count, False, part.size, own)
        case OpenPart():
            most = prod(len(part.cells[name]) for name in part.fields)
            return PartOutline(part.fields, most, True, None, own, part.reason)
