"""The engine below the findings answers as a search through all rows does, whatever was asked."""

from collections.abc import Collection
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.inquiry import Inquiry
from synllm.proof.on_row import is_true
from synllm.proof.session import Satisfiable, Undecided, Unsatisfiable
from synllm.spec.core import Formula, Membership, ValueSet, formula_columns
from synllm.spec.evaluate import evaluate_term
from synllm.spec.expressions import Compare, Number
from synllm.spec.passes.conditions import split
from synllm.spec.passes.lower import lower
from synllm.spec.passes.terms import Scope
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special, Truth
from tests.proof.faulty_specs import THOUSANDS, condition, faulty_spec, term
from tests.proof.oracle import AllRows

QUESTIONS = 8
RANDOMS = st.randoms(use_true_random=False)


class Questions:
    """Random formulas about a random spec, each with the rows on which it is true."""

    def __init__(self, random: Random, budget: int) -> None:
        self.random = random
        self.spec = faulty_spec(random)
        self.core = lower(self.spec)
        self.seen = AllRows(self.spec, self.core)
        self.inquiry = Inquiry(self.spec, self.core, budget)
        self.scope = Scope(self.spec, self.core.by_name)

    def formula(self, depth: int = 1) -> tuple[Formula, int]:
        random, seen = self.random, self.seen
        if depth > 0 and random.random() < 0.6:
            (one, first), (other, second) = self.formula(depth - 1), self.formula(depth - 1)
            match random.randrange(3):
                case 0:
                    return self.inquiry.all_of(one, other), first & second
                case 1:
                    return self.inquiry.any_of(one, other), first | second
                case _:
                    return self.inquiry.opposite(one), seen.everything & ~first
        match random.randrange(5):
            case 0:
                return self._membership()
            case 1 if self.core.statements:
                index = random.randrange(len(self.core.statements))
                return self.inquiry.refused(index), seen.refused[index]
            case _:
                written = condition(random, self.spec.columns, random.choice([0, 0, 1]))
                parts = split(written, self.scope)
                which = random.choice([Truth.TRUE, Truth.FALSE, Truth.UNDEFINED])
                formulas = {
                    Truth.TRUE: parts.true,
                    Truth.FALSE: parts.false,
                    Truth.UNDEFINED: parts.undefined,
                }
                return formulas[which], seen.where(written, which)

    def obeying(self) -> Collection[int] | None:
        every = range(len(self.core.statements))
        some = self.random.sample(every, self.random.randint(0, len(every)))
        return self.random.choice([None, (), self.inquiry.hard.intersection(some), some])

    def _membership(self) -> tuple[Formula, int]:
        """Return cells of one column, with whatever absences, as the core holds them."""
        column = self.random.choice(self.core.columns)
        integers = list(column.values)
        kept = self.random.sample(integers, self.random.randint(0, len(integers)))
        literal = Membership(
            column.name,
            ValueSet.of(sorted(kept)),
            missing=self.random.random() < 0.3,
            not_applicable=self.random.random() < 0.3,
        )
        rows = 0
        for place, row in enumerate(self.seen.rows):
            cell = self.seen.cells({column.name: row[column.name]})[column.name]
            if isinstance(cell, Special):
                asked = {MISSING: literal.missing, NOT_APPLICABLE: literal.not_applicable}[cell]
            else:
                asked = cell in kept
            rows |= asked << place
        return self.inquiry.all_of(literal), rows


def faults_of_answers(random: Random, budget: int = DEFAULT_BUDGET) -> list[str]:
    """Return what is wrong about the answers to several questions, one after the other."""
    asking = Questions(random, budget)
    seen, inquiry = asking.seen, asking.inquiry
    wrong: list[str] = []
    for _ in range(QUESTIONS):
        formula, rows = asking.formula()
        obeying = asking.obeying()
        wanted = inquiry.hard if obeying is None else frozenset(obeying)
        tied = seen.tied(formula_columns(formula), wanted)
        allowed = rows & seen.obeying(tied)
        example = inquiry.example(formula, obeying)
        match inquiry.ask(formula, obeying):
            case Satisfiable(cells=cells):
                shown = [cells] if example is None else [cells, example]
                for row in map(seen.only, shown):
                    if not row:
                        wrong.append(f"{cells} is no row of {formula}")
                    elif not row & allowed:
                        wrong.append(f"{cells} does not show {formula} obeying {sorted(tied)}")
                    elif seen.obeying(seen.hard) and not row & seen.obeying(wanted):
                        wrong.append(f"{cells} does not obey {sorted(wanted)}")
                if example is None and budget == DEFAULT_BUDGET:
                    wrong.append(f"no example of {formula}")
            case Unsatisfiable(core=core):
                if example is not None:
                    wrong.append(f"{example} is an example of what is excluded")
                if allowed or not set(core) <= wanted or rows & seen.obeying(core):
                    wrong.append(f"{formula} is possible obeying {sorted(tied)}, not {core}")
                elif budget == DEFAULT_BUDGET:
                    blamed = inquiry.blame(formula, obeying)
                    if not set(blamed) <= wanted or rows & seen.obeying(blamed):
                        wrong.append(f"{blamed} do not exclude {formula}")
                    if any(not rows & seen.obeying(set(blamed) - {one}) for one in blamed):
                        wrong.append(f"{blamed} could be fewer for {formula}")
            case Undecided() if budget == DEFAULT_BUDGET:
                wrong.append(f"{formula} stayed open")
    return wrong


def faults_on_rows(random: Random) -> list[str]:
    """Return where a formula or a term comes out differently on a row than the semantics says."""
    asking = Questions(random, DEFAULT_BUDGET)
    seen = asking.seen
    wrong: list[str] = []
    for _ in range(QUESTIONS if seen.rows else 0):
        formula, rows = asking.formula()
        written = term(random, asking.spec.columns, 2)
        for place in random.sample(range(len(seen.rows)), min(12, len(seen.rows))):
            row = seen.rows[place]
            cells = seen.cells(row)
            if is_true(formula, cells) is not bool(rows >> place & 1):
                wrong.append(f"{formula} on {row}")
            value = evaluate_term(written, row, asking.spec)
            if isinstance(value, Special):
                continue
            for near in (value, value + 1):
                equal = split(Compare("=", written, Number(near)), asking.scope)
                if (is_true(equal.true, cells), is_true(equal.false, cells)) != (
                    near == value,
                    near != value,
                ):
                    wrong.append(f"{written} is {value} on {row}")
    return wrong


@settings(max_examples=60)
@given(RANDOMS)
def test_every_answer_agrees_with_a_search_through_all_rows(random: Random) -> None:
    assert faults_of_answers(random) == []


@pytest.mark.parametrize("budget", [1, 100, 1_000, 10_000])
@settings(max_examples=15)
@given(random=RANDOMS)
def test_a_question_beyond_the_budget_stays_open_and_no_answer_is_wrong(
    random: Random, budget: int
) -> None:
    assert faults_of_answers(random, budget) == []


@settings(max_examples=60)
@given(RANDOMS)
def test_formulas_and_terms_come_out_on_a_row_as_the_semantics_says(random: Random) -> None:
    assert faults_on_rows(random) == []


@pytest.mark.slow
@settings(max_examples=800)
@given(THOUSANDS)
def test_every_answer_agrees_with_a_search_through_all_rows_always(random: Random) -> None:
    assert faults_of_answers(random) == []
    assert faults_on_rows(random) == []
