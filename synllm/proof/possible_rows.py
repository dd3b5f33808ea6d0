"""Which conditions can a valid row meet?"""

from __future__ import annotations

from collections.abc import Sequence

from synllm.proof.claims import statement_claims
from synllm.proof.encode import encode_formula
from synllm.proof.session import Session, Unsatisfiable
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec
from synllm.spec.passes.conditions import split
from synllm.spec.passes.terms import Scope


def find_impossible(
    spec: Spec, core: CoreSpec, conditions: Sequence[Condition], budget: int
) -> frozenset[int] | None:
    """Return the places of the conditions that no valid row makes true; None without a valid row.

    A condition is named exactly when it is unsatisfiable together with all hard statements and
    what each column may hold. One that stays undecided within the budget is not named.
    """
    session = Session(core, budget)
    statements = session.track(statement_claims(spec, session))
    if isinstance(session.probe(statements), Unsatisfiable):
        return None
    scope = Scope(spec, core.by_name)
    return frozenset(
        place
        for place, condition in enumerate(conditions)
        if isinstance(
            session.probe(
                statements, [encode_formula(split(condition, scope).true, session.encoding)]
            ),
            Unsatisfiable,
        )
    )
