"""The same spec has the same findings: in every process, and however its rules are ordered."""

import os
import subprocess
import sys
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.diagnostics.diagnostic import Severity
from synllm.proof.check import DEFAULT_BUDGET, list_finders, prove
from synllm.proof.findings.redundant import find_redundant
from synllm.proof.inquiry import Inquiry
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from tests.proof.claimed import Claim, Expected, NothingTold, claims_of
from tests.proof.faulty_specs import faulty_specs

EXACT = [each for each in list_finders() if hasattr(Expected, each.__name__)]
TELL = """
from random import Random
from synllm.proof.check import prove
from synllm.spec.passes.lower import lower
from tests.proof.faulty_specs import faulty_spec
from tests.specs_in_code import cirrhosis_like, stroke_like

for spec in [stroke_like(), cirrhosis_like(), *map(faulty_spec, map(Random, range(25)))]:
    for finding in prove(spec, lower(spec)):
        print(finding.finding, finding.headline, finding.secondary, finding.fix, finding.witness)
"""


def test_findings_are_the_same_in_every_process() -> None:
    told = {_told_by(hash_seed) for hash_seed in ("0", "1", "2024")}

    assert len(told) == 1
    assert len(told.pop().splitlines()) > 25


def _told_by(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.getcwd()}
    run = [sys.executable, "-c", TELL]
    return subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout


@settings(max_examples=40)
@given(faulty_specs(), st.randoms(use_true_random=False))
def test_findings_are_the_same_however_the_rules_are_ordered(spec: Spec, random: Random) -> None:
    shuffled = replace(spec, rules=tuple(random.sample(spec.rules, len(spec.rules))))

    assert each_alone(spec) == each_alone(shuffled)
    assert is_silent(spec) is is_silent(shuffled)
    assert going_together(spec) == going_together(shuffled)


def each_alone(spec: Spec) -> set[Claim]:
    """Return the claims of every finder that knows of no other."""
    inquiry = Inquiry(spec, lower(spec), DEFAULT_BUDGET)
    found = [finding for find in EXACT for finding in find(inquiry, NothingTold())]
    return {claim for finding in found for claim in claims_of(finding)}


def going_together(spec: Spec) -> bool:
    """Return whether any rule adds nothing: which of equal ones is named depends on the order."""
    inquiry = Inquiry(spec, lower(spec), DEFAULT_BUDGET)
    return any(find_redundant(inquiry, NothingTold()))


def is_silent(spec: Spec) -> bool:
    """Return whether all findings together come to nothing but notes."""
    return all(each.severity is Severity.NOTE for each in prove(spec, lower(spec)))
