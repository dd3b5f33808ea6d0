"""The column programme's instructions: elementwise operations between numbered arrays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

Kind: TypeAlias = Literal["mask", "number", "values", "states"]
"""What an array holds: truths, float64 integers, or a column's values or states."""

Operation: TypeAlias = Callable[..., object]
"""Called with the input arrays and the array to fill: `operation(first, second, out)`."""

DTYPES: dict[str, type[np.generic]] = {
    "mask": np.bool_,
    "number": np.float64,
}


@dataclass(frozen=True, slots=True)
class Step:
    """One operation: nodes in, node out."""

    operation: Operation
    inputs: tuple[int, ...]
    output: int


@dataclass(slots=True)
class Recorder:
    """Collects steps; asking for the same operation on the same inputs twice records it once."""

    steps: list[Step] = field(default_factory=list)
    kinds: list[Kind] = field(default_factory=list)
    columns: list[str | None] = field(default_factory=list)
    known: dict[Hashable, int] = field(default_factory=dict)

    def column(self, name: str, kind: Literal["values", "states"]) -> int:
        """Return the node of a column's values or states."""
        key = (kind, name)
        if key not in self.known:
            self.known[key] = self._new(kind, name)
        return self.known[key]

    def record(
        self, kind: Kind, label: Hashable, operation: Operation, inputs: Sequence[int]
    ) -> int:
        """Return the node of an operation's result; `label` identifies operation and constants."""
        key = (kind, label, tuple(inputs))
        if key not in self.known:
            node = self._new(kind, None)
            self.steps.append(Step(operation, tuple(inputs), node))
            self.known[key] = node
        return self.known[key]

    def _new(self, kind: Kind, column: str | None) -> int:
        self.kinds.append(kind)
        self.columns.append(column)
        return len(self.kinds) - 1
