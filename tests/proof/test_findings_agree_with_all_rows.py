"""Each finding is reported exactly where it is so: a finder alone against a search of all rows."""

import pytest
from hypothesis import HealthCheck, given, settings

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.proof.check import DEFAULT_BUDGET, list_finders
from synllm.proof.inquiry import Inquiry
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from tests.proof.claimed import Evidence, Expected, NothingTold, claims_of
from tests.proof.faulty_specs import THOUSANDS, faulty_spec, faulty_specs
from tests.proof.oracle import AllRows

FINDERS = {each.__name__: each for each in list_finders()}
EXACT = [name for name in FINDERS if hasattr(Expected, name)]


def found_alone(name: str, inquiry: Inquiry) -> list[Diagnostic]:
    return list(FINDERS[name](inquiry, NothingTold()))


def check_each_finder(spec: Spec) -> dict[str, object]:
    """Return what is missed, claimed wrongly or shown badly, by finder; empty if all is well."""
    core = lower(spec)
    seen, inquiry = AllRows(spec, core), Inquiry(spec, core, DEFAULT_BUDGET)
    expected, evidence = Expected(seen), Evidence(seen, inquiry)
    wrong: dict[str, object] = {}
    for name in EXACT:
        findings = found_alone(name, inquiry)
        claimed = {claim for finding in findings for claim in claims_of(finding)}
        so = set(getattr(expected, name)())
        if claimed != so:
            wrong[name] = {"missed": so - claimed, "claimed": claimed - so}
        for finding in findings:
            if faults := evidence.faults(finding):
                wrong[finding.headline] = faults
    if inquiry.open_questions:
        wrong["open"] = inquiry.open_questions
    return wrong


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(faulty_specs())
def test_each_finder_alone_reports_exactly_what_is_so(spec: Spec) -> None:
    assert check_each_finder(spec) == {}


@pytest.mark.slow
@settings(max_examples=3_000, suppress_health_check=[HealthCheck.too_slow])
@given(THOUSANDS.map(faulty_spec))
def test_each_finder_alone_reports_exactly_what_is_so_thousands_of_times(spec: Spec) -> None:
    assert check_each_finder(spec) == {}
