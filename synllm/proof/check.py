"""What can be proved about a spec before any row exists: the findings, in the order of looking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec

if TYPE_CHECKING:
    from synllm.proof.findings.told import Told
    from synllm.proof.inquiry import Inquiry

    Finder: TypeAlias = Callable[[Inquiry, Told], Iterator[Diagnostic]]

DEFAULT_BUDGET = 2_000_000
"""Elementary steps that one question may take, the same on every machine: about half a second."""


def prove(
    spec: Spec,
    core: CoreSpec,
    budget: int = DEFAULT_BUDGET,
    enabled: frozenset[str] = frozenset(),
) -> list[Diagnostic]:
    """Return the findings about rows that can or cannot exist; `core` is the lowered spec.

    A table in which every column can be filled in gets a note with such a patient. `enabled` names
    findings to look for that are off by default.
    """
    # Loading z3 takes longer than most commands; only those that prove something pay for it.
    from synllm.proof.allowances import mark_allowed
    from synllm.proof.examples import prove_examples
    from synllm.proof.findings.told import Told
    from synllm.proof.findings.uncited_rule import find_uncited_rules
    from synllm.proof.hardness import report_open_questions
    from synllm.proof.inquiry import Inquiry
    from synllm.proof.statistics.check import prove_statistics

    def is_accepted(finding: Diagnostic) -> bool:
        return mark_allowed(spec, [finding])[0].allowed is not None

    inquiry, told = Inquiry(spec, core, budget), Told(is_accepted)
    findings = [finding for find in list_finders() for finding in find(inquiry, told)]
    findings.extend(prove_examples(inquiry))
    if "uncited-rule" in enabled:
        findings.extend(find_uncited_rules(spec))
    findings.extend(report_open_questions(inquiry))
    findings.extend(prove_statistics(spec, core, budget))
    return findings


def list_finders() -> tuple[Finder, ...]:
    """Return the finders: roots before consequences, which are then not reported again.

    First what single statements say within the declared ranges, then what all of them leave.
    """
    from synllm.proof.complete_row import prove_complete_row
    from synllm.proof.findings.always_true import find_always_true
    from synllm.proof.findings.cases import find_case_mistakes
    from synllm.proof.findings.conflict_region import find_conflict_regions
    from synllm.proof.findings.forbids_condition import find_forbids_condition
    from synllm.proof.findings.given_others import find_never_applies_given_others
    from synllm.proof.findings.impossible_domain import find_impossible_domains
    from synllm.proof.findings.never_applies import find_never_applies
    from synllm.proof.findings.presence import find_presence, find_unmatched_rules
    from synllm.proof.findings.reach import find_reach
    from synllm.proof.findings.redundant import find_redundant
    from synllm.proof.findings.unit_suspect import find_suspect_units

    return (
        find_impossible_domains,
        find_suspect_units,
        find_never_applies,
        find_always_true,
        find_forbids_condition,
        find_presence,
        prove_complete_row,
        find_case_mistakes,
        find_conflict_regions,
        find_never_applies_given_others,
        find_unmatched_rules,
        find_reach,
        find_redundant,
    )
