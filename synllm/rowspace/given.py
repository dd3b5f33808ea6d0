"""The valid rows that meet a condition given apart from the spec, or what rules them out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.inquiry import Inquiry
from synllm.proof.session import Undecided
from synllm.proof.witnesses.witness_rows import NoRow, explain_no_row
from synllm.rowspace.continuation import UndecidedError
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.core import CoreSpec, Formula
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.formulas import TRUE, all_of
from synllm.spec.passes.relations import complement
from synllm.spec.passes.terms import Scope


@dataclass(frozen=True, slots=True)
class Given:
    """A condition that every row is to meet: as written, as read, and the rows that meet it surely.

    A row on which the condition is unknown, because a cell is missing, does not meet it.
    """

    text: str
    condition: Condition
    formula: Formula


def lower_given(text: str, condition: Condition, spec: Spec, core: CoreSpec) -> Given:
    """Return the condition with the formula of the rows on which it is surely true."""
    return Given(text, condition, split(condition, Scope(spec, core.by_name)).true)


def build_given_space(spec: Spec, core: CoreSpec, given: Given) -> RowSpace | NoRow | Undecided:
    """Return the row space of exactly the valid rows that meet a condition.

    Where there are none: the statements that rule them out, none of which could be left out.
    Undecided where it stays open whether there is any.
    """
    space = build_row_space(spec, core, given=given.formula)
    try:
        if space is not None and space.has_rows():
            return space
    except UndecidedError as error:
        return Undecided(str(error))
    return explain_no_row(Inquiry(spec, core, DEFAULT_BUDGET), given.formula)


def groups_within(
    groups: Sequence[Condition | None], given: Given, spec: Spec, core: CoreSpec
) -> frozenset[Condition | None]:
    """Return the groups of patients of whom every valid one meets the condition; None is all.

    A group of which that stays open is left out.
    """
    outside = complement(given.formula, core.by_name)
    scope = Scope(spec, core.by_name)

    def is_within(group: Condition | None) -> bool:
        own = TRUE if group is None else split(group, scope).true
        beyond = build_row_space(spec, core, given=all_of((own, outside), core.by_name))
        try:
            return beyond is None or not beyond.has_rows()
        except UndecidedError:
            return False

    return frozenset(each for each in dict.fromkeys(groups) if is_within(each))
