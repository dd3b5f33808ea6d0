"""Every row that leaves synllm is checked against every hard rule, whoever drew it."""

from __future__ import annotations

from dataclasses import replace

from synllm.columns.program import UNDEFINED, VIOLATED, Program, compile_program
from synllm.columns.table import Table
from synllm.spec.core import CoreSpec


class RowCheck:
    """The hard statements of a spec, compiled to judge rows in bulk."""

    def __init__(self, core: CoreSpec) -> None:
        # A rule may be named as a column whose own statement goes by that name.
        hard = [
            replace(each, name=f"{each.kind} {each.name}") for each in core.statements if each.hard
        ]
        self._program: Program = compile_program(replace(core, statements=tuple(hard)))

    def check(self, table: Table) -> None:
        """Raise AssertionError for a row that breaks a rule: a defect of synllm."""
        counts = self._program.counts(table.batch)
        broken = [name for name, each in counts.items() if each[VIOLATED] or each[UNDEFINED]]
        assert not broken, f"rows about to be delivered break {broken}"
