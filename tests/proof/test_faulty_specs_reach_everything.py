"""The random specs with mistakes are not vacuous: each finding occurs, and each construct with it.

The tests against all rows draw from the same generator, so what is counted here is what they cover.
"""

from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest

from synllm.proof.check import DEFAULT_BUDGET, list_finders
from synllm.proof.findings.cases import find_case_mistakes
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.spec.expressions import Convert, Count, Expression, Iff, Rank, Round, Within, walk
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import NumberType
from synllm.spec.values import Verdict
from tests.proof.claimed import NothingTold
from tests.proof.faulty_specs import LIBRARY, faulty_spec
from tests.proof.oracle import AllRows
from tests.proof.test_cases_agree_with_all_rows import case_spec

SPECS = 400
CASE_SPECS = 400
ENOUGH = 10
FINDINGS = {
    *("impossible-domain", "contradictory-rules", "complete-row", "rule-forbids-its-condition"),
    *("never-applies", "never-applies-given-others", "always-true", "conflict-region"),
    *("implied-rule", "shadowed-rule", "duplicate-rule", "unreachable-value"),
    *("range-never-reached", "constant-feature", "always-missing", "never-missing"),
    *("applicability-mismatch", "never-complete"),
}
CASES = {"gap-in-cases", "overlap-in-cases", "boundary-seam"}
CONSTRUCTS = {
    *("decimals", "listed", "missing", "applies when", "computed", "rounding", "unit conversion"),
    *("soft rule", "library rule", "group", "library", "undefined arithmetic", "count", "iff"),
    *("rank", "range test", "no value"),
}


def expressions(spec: Spec) -> Iterator[Expression]:
    for rule in spec.rules:
        yield from () if rule.when is None else walk(rule.when)
        yield from walk(rule.then)
    for column in spec.columns:
        yield from () if column.applies_when is None else walk(column.applies_when)
        yield from () if column.derivation is None else walk(column.derivation.formula)


def constructs(spec: Spec, seen: AllRows) -> Iterator[str]:
    names = {
        Convert: "unit conversion",
        Count: "count",
        Iff: "iff",
        Rank: "rank",
        Round: "rounding",
        Within: "range test",
    }
    yield from {names[type(node)] for node in expressions(spec) if type(node) in names}
    for column in spec.columns:
        match column.type:
            case NumberType(decimals=decimals, listed=listed):
                yield from ["decimals"] * (decimals > 0) + ["listed"] * bool(listed)
        yield from ["missing"] * column.may_be_missing
        yield from ["applies when"] * (column.applies_when is not None)
        yield from ["computed"] * (column.derivation is not None)
        yield from ["no value"] * (column.is_generated and not seen.values(column.name))
    yield from ["soft rule" for rule in spec.rules if not rule.hard]
    yield from ["library rule" for rule in spec.rules if rule.span is LIBRARY]
    yield from ["group"] * bool(spec.groups) + ["library"] * spec.is_library
    if any(Verdict.UNDEFINED in verdicts for verdicts in seen.verdicts):
        yield "undefined arithmetic"


@pytest.fixture(scope="module")
def met() -> Counter[str]:
    """How often each finding occurs, and each construct in a spec with findings."""
    found: Counter[str] = Counter()
    for seed in range(SPECS):
        spec = faulty_spec(Random(seed))
        core = lower(spec)
        inquiry = Inquiry(spec, core, DEFAULT_BUDGET)
        findings = [each for find in list_finders() for each in find(inquiry, NothingTold())]
        found.update({each.finding for each in findings})
        if any(each.finding != "complete-row" for each in findings):
            found.update(set(constructs(spec, AllRows(spec, core))))
    for seed in range(CASE_SPECS):
        spec = case_spec(Random(seed))
        inquiry = Inquiry(spec, lower(spec), DEFAULT_BUDGET)
        found.update({each.finding for each in find_case_mistakes(inquiry, Told())})
    return found


def too_rare(met: Counter[str], wanted: set[str]) -> dict[str, int]:
    return {name: met[name] for name in wanted if met[name] < ENOUGH}


def test_every_finding_occurs(met: Counter[str]) -> None:
    assert too_rare(met, FINDINGS | CASES) == {}


def test_every_construct_occurs_in_specs_with_findings(met: Counter[str]) -> None:
    assert too_rare(met, CONSTRUCTS) == {}
