"""Two versions of one spec, compared: rows, rules, columns, statistics, texts and prompts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synllm.diff.compare_columns import compare_columns
from synllm.diff.compare_prompts import compare_prompts
from synllm.diff.compare_rules import compare_rules
from synllm.diff.compare_statistics import compare_statistics
from synllm.diff.compare_texts import compare_texts
from synllm.diff.inquiry import Inquiry
from synllm.diff.model import Change, Labels, PatientRow, Presence, SpecChange
from synllm.diff.word_rows import word_row
from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.comparison.common_columns import Side
from synllm.spec.model import Spec

if TYPE_CHECKING:
    from synllm.proof.comparison.compare import Difference


def compare_specs(
    old: Spec,
    new: Spec,
    name: str,
    labels: Labels | None = None,
    budget: int = DEFAULT_BUDGET,
) -> SpecChange:
    """Return all that changed between two versions of a spec.

    `budget` is the number of elementary steps that each question may take. A spec is narrower
    exactly when a row is valid in the old version and not in the new one, and never the other way
    round; each direction comes with a replayed row.
    """
    inquiry = Inquiry({Side.OLD: old, Side.NEW: new}, labels or Labels(), budget)
    columns = compare_columns(inquiry)
    rules = compare_rules(inquiry)
    rows = {side: _smallest(inquiry, side) for side in Side}
    found = {side: _is_found(inquiry, side) for side in Side}
    change = Change.of(found[Side.OLD], found[Side.NEW])
    if any(each.change is Change.DIFFERENT and not each.refused.found for each in columns):
        # Values of different kinds: no row of one version is a row of the other.
        change = Change.DIFFERENT
    return SpecChange(
        name,
        Presence.KEPT,
        change,
        rows[Side.OLD],
        rows[Side.NEW],
        columns,
        rules,
        compare_statistics(old, new),
        compare_texts(old, new),
        compare_prompts(old, new),
        tuple(inquiry.open_questions),
    )


def _is_found(inquiry: Inquiry, accepting: Side) -> bool | None:
    if any(each.accepting is accepting for each in inquiry.differences):
        return True
    return None if accepting in inquiry.open_questions.values() else False


def _smallest(inquiry: Inquiry, accepting: Side) -> PatientRow | None:
    """Return the row with the fewest cells that one version accepts and the other refuses."""
    found: Sequence[Difference] = [
        each for each in inquiry.differences if each.accepting is accepting
    ]
    if not found:
        return None
    # Of equally small rows, one that breaks a rule says more than one outside a range.
    smallest = min(found, key=lambda each: (len(each.cells), each.refused_by[0][0] == "cells"))
    return word_row(inquiry.comparison.reduce(smallest), inquiry.specs, inquiry.columns)
