"""Rules that a narrower declaration of a column would make idle."""

from __future__ import annotations

from collections.abc import Sequence

from synllm.proof.claims import list_names
from synllm.proof.inquiry import Inquiry
from synllm.spec.core import Membership


def name_spare_rules(blamed: Sequence[int], left: Membership, inquiry: Inquiry) -> str:
    """Return “rule …, which then says nothing”, or "" where every blamed rule still does.

    `left` is what the narrower declaration leaves of the column.
    """
    spare = [
        case.rule.name
        for case in inquiry.rules
        if case.own and case.index in blamed and _is_spare(case.index, left, inquiry)
    ]
    if not spare:
        return ""
    names = list_names([f"rule `{name}`" for name in spare], "and")
    return f"{names}, which then {'says' if len(spare) == 1 else 'say'} nothing"


def _is_spare(index: int, left: Membership, inquiry: Inquiry) -> bool:
    question = f"rule `{inquiry.statement(index).name}` would still say something"
    return inquiry.possible(inquiry.all_of(inquiry.refused(index), left), question, ()) is False
