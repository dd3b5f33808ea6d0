"""The order in which a row's fields are generated, in blocks of columns that decide each other.

It is the order of the row space, where there is one: the prompt, the grammar and the decoder all
follow it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from synllm.rowspace.space import RowSpace
from synllm.spec.model import Spec
from synllm.spec.passes.lower import written_columns


@dataclass(frozen=True, slots=True)
class FieldOrder:
    """The generated columns in blocks: only columns of one block are tied by a missing-together
    group or by an `applies when`.
    """

    blocks: tuple[tuple[str, ...], ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The generated columns in the order of generation."""
        return tuple(name for block in self.blocks for name in block)


def order_fields(spec: Spec) -> FieldOrder:
    """Return the order of generation: the declared one, but with each block in one piece.

    A block stands where its first member was declared. In it, columns follow those that their
    `applies when` mentions, and the members of a missing-together group are adjacent.
    """
    names = [column.name for column in spec.generated_columns]
    conditions = {
        column.name: written_columns((column.applies_when,), spec)
        for column in spec.generated_columns
        if column.applies_when is not None
    }
    groups = [tuple(group.columns) for group in spec.groups]
    units = _connect(names, groups)
    links = [(name, *mentioned) for name, mentioned in conditions.items()]
    blocks = _connect(names, [*groups, *links])
    return FieldOrder(tuple(_arrange(block, units, conditions) for block in blocks))


def follow_row_space(spec: Spec, space: RowSpace) -> FieldOrder:
    """Return the row space's order in blocks: the shortest runs that keep ties within one."""
    links = [tuple(group.columns) for group in spec.groups]
    links += [
        (column.name, *written_columns((column.applies_when,), spec))
        for column in spec.generated_columns
        if column.applies_when is not None
    ]
    blocks = [block for part in space.parts for block in _cut_part(part.fields, links)]
    return FieldOrder(tuple(blocks))


def _cut_part(
    fields: tuple[str, ...], links: Iterable[tuple[str, ...]]
) -> Iterator[tuple[str, ...]]:
    """Yield a part's fields in the shortest runs that have no link to another."""
    last = list(range(len(fields)))
    for link in links:
        places = [fields.index(name) for name in link if name in fields]
        for place in places:
            last[min(places)] = max(last[min(places)], place)
    start = end = 0
    for place in range(len(fields)):
        end = max(end, last[place])
        if place == end:
            yield fields[start : place + 1]
            start = end = place + 1


def _connect(names: list[str], links: Iterable[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the names partitioned by the links, parts and members in the order of the names."""
    part_of = {name: name for name in names}
    for link in links:
        parts = {part_of[name] for name in link}
        first = part_of[link[0]]
        part_of = {name: first if part in parts else part for name, part in part_of.items()}
    members: dict[str, list[str]] = {}
    for name in names:
        members.setdefault(part_of[name], []).append(name)
    return [tuple(part) for part in members.values()]


def _arrange(
    block: tuple[str, ...],
    units: list[tuple[str, ...]],
    conditions: dict[str, tuple[str, ...]],
) -> tuple[str, ...]:
    """Return a block's columns, each unit of adjacent columns after those it depends on."""
    waiting = [unit for unit in units if unit[0] in block]
    arranged: list[str] = []
    while waiting:
        ready = [
            unit
            for unit in waiting
            if all(
                needed in arranged or needed in unit
                for name in unit
                for needed in conditions.get(name, ())
            )
        ]
        # Two groups whose conditions mention each other have no such order: keep the declared one.
        unit = (ready or waiting)[0]
        waiting.remove(unit)
        arranged.extend(_inside(unit, conditions))
    return tuple(arranged)


def _inside(unit: tuple[str, ...], conditions: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return a unit's columns, each after the members that its own condition mentions."""
    placed: list[str] = []

    def place(name: str, pending: frozenset[str]) -> None:
        if name in placed or name in pending:
            return
        for needed in conditions.get(name, ()):
            if needed in unit:
                place(needed, pending | {name})
        placed.append(name)

    for name in unit:
        place(name, frozenset())
    return tuple(placed)
