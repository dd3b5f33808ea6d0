"""Gaps, overlaps and seams between cases are those that counting through the values shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.source import NOWHERE
from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.findings.cases import find_case_mistakes
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.spec.expressions import (
    And,
    ColumnValue,
    Compare,
    Condition,
    Interval,
    Is,
    Number,
    Within,
)
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code, MissingCode, NumberType
from synllm.spec.values import Truth
from tests.proof.faulty_specs import CATEGORIES, LIBRARY, THOUSANDS
from tests.proof.oracle import AllRows

RANDOMS = st.randoms(use_true_random=False)
Mistake = tuple[str, frozenset[str], frozenset[Fraction]]
"""The finding, the rules named, and the values of the number column that it is about."""


def case_spec(random: Random) -> Spec:
    """Return a spec of two to four rules that read as cases of `x`, some for smokers only."""
    decimals = random.choice([0, 0, 1])
    listed: tuple[Fraction, ...] = ()
    top = Fraction(6) if decimals == 0 else Fraction(2)
    if random.random() < 0.1:
        lower_ones = sorted(random.sample(range(int(top)), 2))
        listed = (*map(Fraction, lower_ones), top)
    kind = NumberType(decimals, Interval(listed[0] if listed else Fraction(0), top), listed)
    missing = (MissingCode(Code("NA")),) if random.random() < 0.3 else ()
    columns = (
        Column("x", kind, missing_codes=missing),
        _category("c", missing if random.random() < 0.3 else ()),
        _category("d", ()),
    )
    rules = [_case(random, place, decimals, top) for place in range(random.randint(2, 4))]
    if random.random() < 0.6:
        rules = _classes(random, decimals, top)
    if random.random() < 0.3:
        rules.append(Rule("other", "", Is("d", frozenset({"yes"})), Is("c", frozenset({"low"}))))
    return Spec("cases", "", columns, rules=tuple(rules))


def _category(name: str, missing: tuple[MissingCode, ...]) -> Column:
    kind = CATEGORIES[name]
    codes = tuple((label, Code(label)) for label in kind.labels)
    return Column(name, kind, codes=codes, missing_codes=missing)


def _classes(random: Random, decimals: int, top: Fraction) -> list[Rule]:
    """Return cases that follow one another, each up to where the next begins, or nearly so."""
    edges = [Fraction(each) for each in range(int(top) + 1)]
    count = random.randint(2, min(3, len(edges) - 1))
    chosen = sorted(random.sample(edges, count + 1))
    rules: list[Rule] = []
    step = random.choice([0, 0, 1])
    for place, (low, high) in enumerate(pairwise(chosen)):
        low = min(high, low + step) if place else low
        slip = random.choice([0, 0, 0, -1, Fraction(-1, 10), Fraction(1, 10)])
        high = max(low, high + (slip if decimals else int(slip)))
        ends = Interval(low, high, random.random() < 0.3, random.random() < 0.6)
        label = CATEGORIES["c"].labels[random.choice([place, place, 0])]
        then = Is("c", frozenset((label,)))
        rules.append(Rule(f"case_{place}", "A case", Within(ColumnValue("x"), (ends,)), then))
    return rules


def _case(random: Random, place: int, decimals: int, top: Fraction) -> Rule:
    edges = [Fraction(each) for each in range(int(top) + 1)]
    if decimals and random.random() < 0.4:
        edges = [Fraction(each, 10) for each in range(int(top) * 10 + 1)]
    low, high = sorted(random.sample(edges, 2))
    x = ColumnValue("x")
    when: Condition = random.choice(
        [
            Within(x, (Interval(low, high, random.random() < 0.2, random.random() < 0.4),)),
            Compare(random.choice(["<", "<="]), x, Number(low)),  # type: ignore[arg-type]
            Compare(random.choice([">", ">="]), x, Number(high)),  # type: ignore[arg-type]
            Compare("=", x, Number(low)),
        ]
    )
    if random.random() < 0.3:
        smokers = Is("d", frozenset({random.choice(["yes", "no"])}))
        when = And(random.choice([(when, smokers), (smokers, when)]))
    then = Is("c", frozenset(random.sample(CATEGORIES["c"].labels, random.randint(1, 2))))
    if random.random() < 0.2:
        then = Is("d", frozenset({"no"}))
    share = Fraction(9, 10) if random.random() < 0.05 else None
    span = LIBRARY if random.random() < 0.05 else NOWHERE
    return Rule(f"case_{place}", "A case", when, then, share, span=span)


@dataclass(frozen=True)
class Case:
    """A rule as a case: the values of `x` that it covers, and those that its author wrote."""

    rule: Rule
    rest: Condition | None
    values: tuple[Fraction, ...]
    written: frozenset[Fraction]


class Counted:
    """The mistakes between the cases of a spec, by counting through the values of `x`."""

    def __init__(self, spec: Spec, seen: AllRows) -> None:
        self.seen = seen
        self.domain = [each for each in seen.values("x") if isinstance(each, Fraction)]
        kind = spec.by_name["x"].type
        assert isinstance(kind, NumberType)
        self.step = Fraction(1, 10**kind.decimals)
        self.cases = [case for rule in spec.rules if (case := self._case(rule)) is not None]

    def mistakes(self) -> set[Mistake]:
        """Return everything that should be reported."""
        open_seams = set(self._open_seams())
        overlaps = list(self._overlaps())
        pairs = {names for _, names, _ in open_seams} | {names for _, names, _ in overlaps}
        return open_seams | set(overlaps) | set(self._gaps(pairs))

    def _case(self, rule: Rule) -> Case | None:
        when = rule.when
        parts = when.operands if isinstance(when, And) else (when,)
        about = [each for each in parts if isinstance(each, Compare | Within)]
        if not about or not rule.hard:
            return None
        (test,) = about
        met = self.seen.where(test, Truth.TRUE)
        values = tuple(each for each in self.domain if met & self.seen.having("x", each))
        if isinstance(test, Within):
            written = {end for each in test.intervals for end in (each.low, each.high)}
        else:
            assert isinstance(test.right, Number)
            written = {test.right.value}
        rest = next((each for each in parts if isinstance(each, Is)), None)
        numbers = frozenset(each for each in written if each is not None)
        return Case(rule, rest, values, numbers) if values else None

    def _families(self, *, same_conclusion: bool) -> list[list[Case]]:
        families: dict[object, list[Case]] = {}
        for case in self.cases:
            assert isinstance(case.rule.then, Is)
            about = case.rule.then.column if same_conclusion else None
            families.setdefault((case.rest, about), []).append(case)
        return [family for family in families.values() if len(family) > 1]

    def _between(self, family: list[Case]) -> Iterator[tuple[Case, Case, list[Fraction]]]:
        """Yield adjoining values that no case covers, between the first cases on either side."""
        covered = {each for case in family for each in case.values}
        run: list[Fraction] = []
        for value in [*self.domain, None]:
            adjoins = not run or (value is not None and value - run[-1] == self.step)
            if value is not None and value not in covered and adjoins:
                run.append(value)
                continue
            if run:
                below = max((each for each in covered if each < run[0]), default=None)
                above = min((each for each in covered if each > run[-1]), default=None)
                if below is not None and above is not None:
                    left = next(case for case in family if below in case.values)
                    right = next(case for case in family if above in case.values)
                    if left is not right:
                        yield left, right, run
            run = [value] if value is not None and value not in covered else []

    def _is_seam(self, left: Case, right: Case, between: list[Fraction]) -> bool:
        return len(between) == 1 and between[0] in left.written & right.written

    def _open_seams(self) -> Iterator[Mistake]:
        for family in self._families(same_conclusion=False):
            for left, right, between in self._between(family):
                own = self.seen.is_own(left.rule) or self.seen.is_own(right.rule)
                if own and self._is_seam(left, right, between):
                    yield "boundary-seam", _names(left, right), frozenset(between)

    def _overlaps(self) -> Iterator[Mistake]:
        for family in self._families(same_conclusion=True):
            for left, right in combinations(family, 2):
                shared = set(left.values) & set(right.values)
                own = self.seen.is_own(left.rule) or self.seen.is_own(right.rule)
                both = self.seen.where(left.rule.then, Truth.TRUE)
                both &= self.seen.where(right.rule.then, Truth.TRUE)
                if not shared or left.values == right.values or not own or both:
                    continue
                seam = False
                if len(shared) == 1:
                    (point,) = shared
                    ends = (left.values[-1], right.values[0]), (right.values[-1], left.values[0])
                    seam = any(pair == (point, point) for pair in ends)
                    seam = seam and point in left.written & right.written
                name = "boundary-seam" if seam else "overlap-in-cases"
                yield name, _names(left, right), frozenset(shared)

    def _gaps(self, pairs: set[frozenset[str]]) -> Iterator[Mistake]:
        for family in self._families(same_conclusion=True):
            if not all(self.seen.is_own(case.rule) for case in family):
                continue
            named: set[str] = set()
            missed: set[Fraction] = set()
            for left, right, between in self._between(family):
                if self._is_seam(left, right, between) and _names(left, right) in pairs:
                    continue
                both = self.seen.where(left.rule.then, Truth.TRUE)
                both &= self.seen.where(right.rule.then, Truth.TRUE)
                if (len(family) >= 3 and not both) or self._is_rounding(between):
                    named |= _names(left, right)
                    missed.update(between)
            if missed:
                yield "gap-in-cases", frozenset(named), frozenset(missed)

    def _is_rounding(self, between: list[Fraction]) -> bool:
        """Whether the values beside these are neighbours in the fewest decimals that write both."""
        low, high = between[0] - self.step, between[-1] + self.step
        whole = low.denominator == high.denominator == 1
        return high - low == (1 if whole else Fraction(1, 10))


def _names(*cases: Case) -> frozenset[str]:
    return frozenset(case.rule.name for case in cases)


def _reported(finding: Diagnostic, domain: list[Fraction]) -> Mistake:
    headline = finding.headline
    rules = frozenset(re.findall(r"rule `(\w+)`", headline))
    about = re.search(r"`x` (?:= |in )(\d(?:[\d., and]*\d)?)", headline)
    assert about is not None, headline
    values: set[Fraction] = set()
    for piece in re.split(r", | and ", about.group(1)):
        low, _, high = piece.partition("..")
        values.update(each for each in domain if Fraction(low) <= each <= Fraction(high or low))
    return finding.finding, rules, frozenset(values)


def faults_of_cases(random: Random, budget: int = DEFAULT_BUDGET) -> list[str]:
    """Return what is missed, claimed wrongly, or shown with the wrong patient."""
    spec = case_spec(random)
    core = lower(spec)
    seen, inquiry = AllRows(spec, core), Inquiry(spec, core, budget)
    counted = Counted(spec, seen)
    mistakes = counted.mistakes()
    wrong: list[str] = []
    reported: set[Mistake] = set()
    places = {rule.name: index for index, rule in seen.rules}
    for finding in find_case_mistakes(inquiry, Told()):
        mistake = _reported(finding, counted.domain)
        reported.add(mistake)
        values = 0
        for value in mistake[2]:
            values |= seen.having("x", value)
        pair = [places[name] for name in mistake[1]] if mistake[0] != "gap-in-cases" else []
        fitting = values & seen.allowed(["x", "c", "d"], pair)
        if finding.witness and not seen.shown(finding.witness) & fitting:
            wrong.append(f"{finding.witness} does not show {mistake}")
    if wrong_ones := reported - mistakes:
        wrong.append(f"not so: {wrong_ones}")
    if budget == DEFAULT_BUDGET and (missed := mistakes - reported):
        wrong.append(f"not reported: {missed}")
    return wrong


@settings(max_examples=100)
@given(RANDOMS)
def test_mistakes_between_cases_are_those_that_counting_shows(random: Random) -> None:
    assert faults_of_cases(random) == []


@pytest.mark.slow
@settings(max_examples=2_000)
@given(THOUSANDS)
def test_mistakes_between_cases_are_always_those_that_counting_shows(random: Random) -> None:
    assert faults_of_cases(random) == []
