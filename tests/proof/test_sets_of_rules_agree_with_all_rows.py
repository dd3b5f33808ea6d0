"""What is said about several statements at once: repeated rules, and clashes with their remedies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.claims import name_statement, range_claims, statement_claims
from synllm.proof.complete_row import Clash, CompleteRow, find_complete_row
from synllm.proof.findings.redundant import find_redundant
from synllm.proof.inquiry import Inquiry
from synllm.proof.reasons import relax_ranges
from synllm.proof.session import Satisfiable, Session, Undecided, Unsatisfiable
from synllm.proof.witness import decode_row
from synllm.spec.evaluate import broken_statements, cell_belongs
from synllm.spec.expressions import Arithmetic, ColumnValue, Compare, ComparisonOperator, Number
from synllm.spec.model import Column, Derivation, Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import NumberType
from synllm.spec.values import MISSING
from tests.proof.claimed import NothingTold, blamed_by
from tests.proof.faulty_specs import NUMBERS, THOUSANDS, faulty_spec, faulty_specs
from tests.proof.oracle import AllRows

_BUDGET = 200_000


def faults_of_redundant(spec: Spec) -> list[str]:
    """Return what is wrong about the rules reported to add nothing."""
    core = lower(spec)
    seen, inquiry = AllRows(spec, core), Inquiry(spec, core, DEFAULT_BUDGET)
    findings = list(find_redundant(inquiry, NothingTold()))
    places = {rule.name: index for index, rule in seen.rules}
    going = {places[_first_name(finding)]: finding for finding in findings}
    staying = seen.hard - going.keys()
    wrong: list[str] = []
    if seen.obeying(staying) != seen.obeying(seen.hard):
        wrong.append("without the rules reported, other rows are valid")
    for index, rule in seen.rules:
        columns = core.statements[index].columns
        if index not in staying or not seen.is_own(rule) or not seen.is_sound(columns):
            continue
        others = seen.obeying(seen.tied(columns, staying - {index}))
        if seen.refused[index] and not seen.refused[index] & others:
            wrong.append(f"{rule.name} could go as well")
    for index, finding in going.items():
        wrong.extend(_faults_of_reasons(index, finding, staying, seen, inquiry))
    return wrong


def _faults_of_reasons(
    index: int, finding: Diagnostic, staying: frozenset[int], seen: AllRows, inquiry: Inquiry
) -> Iterator[str]:
    blamed = blamed_by(finding, inquiry)
    refused = seen.refused[index]
    if not set(blamed) <= staying:
        yield f"{finding.headline}: a reason goes away itself"
    if refused & seen.obeying(blamed):
        yield f"{finding.headline}: the reasons are not enough"
    if any(not refused & seen.obeying(set(blamed) - {one}) for one in blamed):
        yield f"{finding.headline}: a reason is named in vain"
    containing = [one for one in staying if not refused & ~seen.refused[one]]
    same = any(seen.refused[one] == refused for one in containing)
    kind = "duplicate-rule" if same else "shadowed-rule" if containing else "implied-rule"
    if finding.finding != kind:
        yield f"{finding.headline}: that is a {kind}"


def _first_name(finding: Diagnostic) -> str:
    return re.findall(r"`([^`]+)`", finding.headline)[0]


def faults_of_clashes(spec: Spec) -> list[str]:
    """Return what is wrong about the complete row, or the clashes that exclude one."""
    core = lower(spec)
    seen, inquiry = AllRows(spec, core), Inquiry(spec, core, DEFAULT_BUDGET)
    filled = seen.everything
    for column in core.columns:
        filled &= ~seen.having(column.name, MISSING)
    possible = bool(filled & seen.valid)
    match find_complete_row(inquiry):
        case CompleteRow(row=row):
            shown = seen.only(seen.cells(row))
            return [] if shown & filled & seen.valid else [f"the row {row} is not one"]
        case Undecided():
            return ["undecided"]
        case clashes:
            wrong = ["clashes, though there is a complete row"] if possible else []
            beyond = BeyondRanges(seen, filled)
            for clash in clashes:
                wrong.extend(_faults_of_clash(clash, beyond))
            for one, other in combinations(clashes, 2):
                if shared := set(_rules(one)) & set(_rules(other)):
                    wrong.append(f"{shared} in two clashes")
            complete = all(clash.any_row for clash in clashes)
            smallest = min(len(each.claims) for each in clashes if each.any_row is complete)
            for fewer in combinations(beyond.claims, smallest - 1):
                if beyond.has_row(fewer, complete=complete) is False:
                    wrong.append(f"{fewer} clash already")
            return wrong


def _rules(clash: Clash) -> list[str]:
    return [claim.name for claim in clash.claims if not claim.is_range]


def _faults_of_clash(clash: Clash, beyond: BeyondRanges) -> Iterator[str]:
    names = [claim.name for claim in clash.claims]
    statements = [beyond.places[name] for name in names if name in beyond.places]
    if statements != list(clash.statements):
        yield f"{names} are not the statements {clash.statements}"
    if beyond.has_row(names, complete=clash.any_row):
        yield f"{names} do not clash"
    remedies = [remedy.name for remedy in clash.remedies]
    for name in names:
        without = [each for each in names if each != name]
        if beyond.has_row(without, complete=clash.any_row) is False:
            yield f"{name} can be left out of {names}"
        rest = [each for each in beyond.claims if each != name]
        ends = beyond.has_row(rest, complete=clash.any_row)
        if ends is (name not in remedies):
            yield f"{name} alone ends the clash {names}: {ends}"


class BeyondRanges:
    """Rows whose values may lie outside the declared ranges.

    Claims are named as in messages. Rows beyond the ranges are found by the solver and count only
    when the semantics agrees that they are what they should be.
    """

    def __init__(self, seen: AllRows, filled: int) -> None:
        self.seen = seen
        self.filled = filled
        self.wider = relax_ranges(seen.spec)
        self.core = lower(self.wider)
        session = Session(self.core, _BUDGET)
        claims = [
            *statement_claims(seen.spec, session),
            *range_claims(seen.spec, seen.core, session),
        ]
        self.session = session
        self.numbers = dict(
            zip((claim.name for claim in claims), session.track(claims), strict=True)
        )
        self.places = {
            name_statement(each): index
            for index, each in enumerate(seen.core.statements)
            if each.hard
        }
        ranges = {
            claim.name: column
            for claim, column in zip(
                claims[-len(self.core.columns) :], self.core.columns, strict=True
            )
        }
        self.ranges = {name: column.name for name, column in ranges.items()}
        self.claims = [*self.places, *self.ranges]

    def has_row(self, names: Sequence[str], *, complete: bool) -> bool | None:
        """Return whether a row (without a missing cell) obeys these statements and ranges.

        None where arithmetic without ranges is too hard to tell.
        """
        statements = [self.places[name] for name in names if name in self.places]
        within = self.filled if complete else self.seen.everything
        if within & self.seen.obeying(statements):
            return True
        numbers = [self.numbers[name] for name in names if name in self.numbers]
        given = self.session.every_column_filled() if complete else []
        match self.session.ask(numbers, given):
            case Satisfiable(cells=cells):
                row = decode_row(cells, self.core)
                for name in names:
                    if name in self.ranges:
                        column = self.seen.spec.by_name[self.ranges[name]]
                        assert cell_belongs(column, row[column.name]) or column.applies_when
                    else:
                        statement = self.seen.core.statements[self.places[name]]
                        assert statement.name not in broken_statements(row, self.wider)
                return True
            case Unsatisfiable():
                return False
            case Undecided():
                return None


FAULTS = {"repeated": faults_of_redundant, "clashing": faults_of_clashes}


@pytest.mark.parametrize("about", FAULTS)
@settings(max_examples=40)
@given(spec=faulty_specs())
def test_what_is_said_about_several_statements_is_so(about: str, spec: Spec) -> None:
    assert FAULTS[about](spec) == []


@pytest.mark.slow
@pytest.mark.parametrize("about", FAULTS)
@settings(max_examples=1_000)
@given(spec=THOUSANDS.map(faulty_spec))
def test_what_is_said_about_several_statements_is_always_so(about: str, spec: Spec) -> None:
    assert FAULTS[about](spec) == []


def test_a_clash_is_about_its_own_statements_where_ranges_keep_a_divisor_from_zero() -> None:
    a, divisor = Column("a", NUMBERS["a"]), Column("listed", NUMBERS["listed"])
    quotient = Derivation(Arithmetic("/", ColumnValue("a"), ColumnValue("listed")), "half up")
    ratio = Column("ratio", NumberType(1, None), derivation=quotient)

    def rule(name: str, sign: ComparisonOperator, column: str, value: int) -> Rule:
        return Rule(name, "", None, Compare(sign, ColumnValue(column), Number(Fraction(value))))

    rules = (rule("low_ratio", "<=", "ratio", 7), rule("high", ">=", "a", 3))
    spec = Spec("ratios", "", (a, divisor, ratio), rules=(*rules, rule("low", "<=", "a", 1)))

    assert faults_of_clashes(spec) == []
