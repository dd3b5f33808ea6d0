"""A batch of rows as figures see it: numbers in their own units, labels, and who is in a group."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from synllm.columns.batch import IS_MISSING, PRESENT, Batch
from synllm.columns.derive import derive
from synllm.columns.program import HOLDS, compile_program
from synllm.spec.core import Constant, CoreSpec, Outcomes, Statement, StatementKind
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.lower import written_columns
from synllm.spec.passes.terms import Scope
from synllm.spec.types import CategoryType, NumberType

Mask: TypeAlias = NDArray[np.bool_]
Floats: TypeAlias = NDArray[np.float64]


class Table:
    """Rows of a spec, with what is worked out about them kept for the next figure."""

    def __init__(self, spec: Spec, core: CoreSpec, batch: Batch) -> None:
        self.spec = spec
        self.core = core
        self.batch = batch
        self._numbers: dict[str, Floats] = {}
        self._groups: dict[Condition, Mask] = {}

    @property
    def length(self) -> int:
        """The number of rows."""
        return self.batch.length

    def numbers(self, name: str) -> Floats:
        """Return a column as numbers, NaN where it is absent.

        Labels count as their places in ascending order, but yes as 1 and no as 0.
        """
        if name not in self._numbers:
            column = self.spec.by_name[name]
            if column.derivation is None:
                raw: NDArray[Any] = self.batch.values[name]
            else:
                raw = derive(column, self.spec, self.core, self.batch)
            numbers = raw.astype(np.float64)
            match column.type:
                case NumberType(decimals=decimals):
                    numbers = numbers / 10**decimals
                case CategoryType(yes_no=True):
                    numbers = np.where(np.isnan(numbers), np.nan, numbers == yes_place(column.type))
            self._numbers[name] = numbers
        return self._numbers[name]

    def holds(self, name: str, at: Fraction | str) -> Mask:
        """Return where a column has one value: a label, or a number."""
        kind = self.spec.by_name[name].type
        if isinstance(kind, CategoryType):
            return np.asarray(self.batch.values[name] == kind.labels.index(str(at)))
        return np.asarray(np.isclose(self.numbers(name), float(Fraction(at)), rtol=0, atol=1e-9))

    def missing(self, name: str) -> Mask:
        """Return where a column is missing; a derived one is where it has no value."""
        if self.spec.by_name[name].derivation is not None:
            return np.isnan(self.numbers(name))
        return np.asarray(self.batch.states[name] == IS_MISSING)

    def present(self, name: str) -> Mask:
        """Return where a column has a value."""
        if self.spec.by_name[name].derivation is not None:
            return ~np.isnan(self.numbers(name))
        return np.asarray(self.batch.states[name] == PRESENT)

    def group(self, where: Condition | None) -> Mask:
        """Return the rows on which a condition is surely true; all rows without one."""
        if where is None:
            return np.ones(self.length, dtype=np.bool_)
        if where not in self._groups:
            self.prepare([where])
        return self._groups[where]

    def prepare(self, groups: Sequence[Condition | None]) -> None:
        """Work out several groups together, which is faster than one by one."""
        asked = [
            each for each in dict.fromkeys(groups) if each is not None and each not in self._groups
        ]
        if not asked:
            return
        scope = Scope(self.spec, self.core.by_name)
        no = Constant(False)
        statements = tuple(
            Statement(
                f"group {place}",
                StatementKind.RULE,
                Outcomes(split(each, scope).true, no, no, no),
                written_columns((each,), self.spec),
            )
            for place, each in enumerate(asked)
        )
        program = compile_program(CoreSpec(self.core.name, self.core.columns, statements))
        verdicts = program.verdicts(self.batch)
        for place, each in enumerate(asked):
            self._groups[each] = verdicts[f"group {place}"] == HOLDS


def yes_place(kind: CategoryType) -> int:
    """Return the place of `yes` among the labels of a yes/no column."""
    return kind.labels.index("yes")
