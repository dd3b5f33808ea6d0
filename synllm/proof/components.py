"""Columns that no chain of statements ties together: questions about them need not be mixed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def find_components(columns: Iterable[str], groups: Iterable[Sequence[str]]) -> Mapping[str, int]:
    """Return a number for each column: equal where a chain of groups connects two columns."""
    leader = {name: name for name in columns}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for group in groups:
        for name in group[1:]:
            leader[find(name)] = find(group[0])
    numbers: dict[str, int] = {}
    return {name: numbers.setdefault(find(name), len(numbers)) for name in leader}
