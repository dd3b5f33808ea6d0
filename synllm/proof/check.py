"""What can be proved about a spec before any row exists."""

from __future__ import annotations

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec

DEFAULT_BUDGET = 2_000_000
"""Elementary steps that one question may take, the same on every machine: about half a second."""


def prove(spec: Spec, core: CoreSpec, budget: int = DEFAULT_BUDGET) -> list[Diagnostic]:
    """Return the findings about rows that can or cannot exist; `core` is the lowered spec.

    A table in which every column can be filled in gets a note with such a patient.
    """
    # Loading z3 takes longer than most commands; only those that prove something pay for it.
    from synllm.proof.complete_row import prove_complete_row
    from synllm.proof.examples import prove_examples
    from synllm.proof.reach import prove_rules_apply

    return [
        *prove_complete_row(spec, core, budget),
        *prove_rules_apply(spec, core, budget),
        *prove_examples(spec, core, budget),
    ]
