"""A spec's row space ready to generate from, or what stands in the way."""

from __future__ import annotations

from dataclasses import dataclass

from synllm.rowspace.sample import find_unlistable
from synllm.rowspace.settle import Refusal, settle_orders
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec


@dataclass(frozen=True, slots=True)
class NoSpace:
    """Why rows can't be generated from a row space: `what`, and what to change: `fix`."""

    what: str
    fix: str


def ready_space(spec: Spec, core: CoreSpec) -> RowSpace | NoSpace:
    """Return the row space with its open parts in orders that work."""
    column = find_unlistable(core.columns)
    if column is not None:
        return NoSpace(
            f"`{column.name}` has too many possible values to go through",
            "narrow its range or record fewer decimals",
        )
    space = build_row_space(spec, core)
    if space is None:
        return NoSpace(
            "no row can obey all the rules", "`synllm check` says which statements clash"
        )
    settled, refusals = settle_orders(space)
    if refusals:
        refusal: Refusal = refusals[0]
        return NoSpace(refusal.what, refusal.fix)
    return settled
