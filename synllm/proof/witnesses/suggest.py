"""Examples worth having: rows on both sides of each rule, and rows that only it refuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from synllm.proof.claims import list_names, name_statement
from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.proof.session import Cells, Satisfiable, Undecided, Unsatisfiable
from synllm.proof.sureness import drop_cells, pin_values, settle
from synllm.proof.witness import decode_row
from synllm.proof.witnesses.closest import fill_columns, find_closest, make_typical
from synllm.spec.core import Formula
from synllm.spec.model import Example
from synllm.spec.types import CategoryType
from synllm.spec.values import Special, Value, Verdict


class Purpose(StrEnum):
    """What a suggested example shows of its rule."""

    PASSES = "passes"
    """The closest row that passes."""
    FAILS = "fails"
    """The closest row that the rule refuses."""
    HOLDS = "holds"
    """A row on which the rule holds."""
    ALONE = "alone"
    """A row that no other statement refuses."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An example that the spec lacks; its cells are in declared order, none of them in vain."""

    rule: str
    purpose: Purpose
    example: Example


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The examples that a spec lacks, and what keeps a rule from having some, in sentences."""

    examples: tuple[Suggestion, ...]
    remarks: tuple[str, ...]
    undecided: tuple[str, ...]
    """Questions that stayed open, in words that follow “whether”."""


def find_lacking(inquiry: Inquiry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the file's own rules that no example breaks, and those that none shows to hold.

    An `example ok` shows that a rule holds where it does whatever the cells left out hold.
    """
    examples = inquiry.spec.examples
    own = [case for case in inquiry.rules if case.own]
    broken = {example.breaks for example in examples}
    return (
        tuple(case.rule.name for case in own if case.rule.name not in broken),
        tuple(case.rule.name for case in own if not _is_shown(case, examples, inquiry)),
    )


def suggest_examples(inquiry: Inquiry) -> Suggestions:
    """Return the examples that the file's own rules lack.

    For each rule: the closest pair of rows on both sides of it, a row on which it holds, and one
    that no other statement refuses; each only where the spec's examples don't have it already.
    There are none where no row obeys every hard statement.
    """
    if not inquiry.is_sound(inquiry.core.by_name):
        return Suggestions(
            (), ("no patient obeys every rule: `synllm check` shows which clash",), ()
        )
    draft = _Draft(inquiry)
    for case in inquiry.rules:
        if case.own:
            draft.add_rule(case)
    return Suggestions(tuple(draft.examples), tuple(draft.remarks), tuple(draft.undecided))


@dataclass(slots=True)
class _Draft:
    """The suggestions so far."""

    inquiry: Inquiry
    examples: list[Suggestion] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)

    def add_rule(self, case: RuleCase) -> None:
        """Add what one rule lacks."""
        if not self._has_pair(case):
            self._add_pair(case)
        self._add_alone(case)
        if not _is_shown(case, self._all_examples(), self.inquiry):
            self._add_holding(case)

    def _add_pair(self, case: RuleCase) -> None:
        pair = find_closest(case, self.inquiry)
        if pair is None:
            return
        rule, inquiry = case.rule, self.inquiry
        names = inquiry.statement(case.index).columns
        failing = drop_cells(rule, Verdict.VIOLATED, _kept(pair.failing, names), inquiry)
        passing = {name: pair.passing[name] for name in failing}
        if pair.verdict is Verdict.HOLDS:
            everything = _kept(pair.passing, names)
            passing = drop_cells(rule, Verdict.HOLDS, everything, inquiry, keep=failing)
        self._add(case, Purpose.PASSES, passing)
        self._add(case, Purpose.FAILS, failing)

    def _add_alone(self, case: RuleCase) -> None:
        """Add a row that only this rule refuses, or say why there is none."""
        inquiry = self.inquiry
        others = inquiry.hard - {case.index}
        violated = inquiry.statement(case.index).outcomes.violated
        breaking = [each for each in self._all_examples() if each.breaks == case.rule.name]
        for example in breaking:
            pinned = inquiry.all_of(*pin_values(dict(example.values), inquiry), violated)
            if isinstance(inquiry.ask(pinned, others), Satisfiable):
                return
        name = f"rule `{case.rule.name}`"
        match inquiry.ask(violated, others):
            case Satisfiable(cells=cells):
                values = self._minimal(case, violated, cells, Verdict.VIOLATED, others)
                self._add(case, Purpose.ALONE, values)
            case Undecided():
                self.undecided.append(f"a patient exists whom only {name} refuses")
            case Unsatisfiable():
                self.remarks.append(self._explain_redundancy(case, violated, others))
                if not breaking:
                    self._add_refused(case, violated)

    def _explain_redundancy(self, case: RuleCase, violated: Formula, others: frozenset[int]) -> str:
        inquiry = self.inquiry
        name = f"rule `{case.rule.name}`"
        undefined = inquiry.statement(case.index).outcomes.undefined
        if isinstance(inquiry.ask(undefined, others), Satisfiable):
            return f"{name} refuses only patients on whom it divides by zero"
        blamed = inquiry.blame(violated, others)
        if not blamed:
            return f"no patient can break {name} within the declared ranges"
        names = list_names([name_statement(inquiry.statement(each)) for each in blamed], "and")
        verb = "refuses" if len(blamed) == 1 else "refuse"
        return f"{name} is redundant: {names} already {verb} every patient who breaks it"

    def _add_refused(self, case: RuleCase, violated: Formula) -> None:
        """Add a row that the rule refuses, whatever other statements say of it."""
        nothing = frozenset[int]()
        match self.inquiry.ask(violated, nothing):
            case Satisfiable(cells=cells):
                values = self._minimal(case, violated, cells, Verdict.VIOLATED, nothing)
                self._add(case, Purpose.FAILS, values)
            case _:
                return

    def _add_holding(self, case: RuleCase) -> None:
        holds = self.inquiry.statement(case.index).outcomes.holds
        match self.inquiry.ask(holds):
            case Satisfiable(cells=cells):
                values = self._minimal(case, holds, cells, Verdict.HOLDS, None)
                self._add(case, Purpose.HOLDS, values)
            case Undecided():
                question = f"rule `{case.rule.name}` holds for any patient"
                self.undecided.append(question)
            case Unsatisfiable():
                self.remarks.append(
                    f"rule `{case.rule.name}` holds for no patient whom the others allow"
                )

    def _minimal(
        self,
        case: RuleCase,
        formula: Formula,
        cells: Cells,
        verdict: Verdict,
        obeying: frozenset[int] | None,
    ) -> dict[str, Value]:
        """Return the cells of a readable row that settle the rule's verdict, none in vain."""
        inquiry = self.inquiry
        names = inquiry.statement(case.index).columns
        filled = inquiry.all_of(formula, fill_columns(names, inquiry))
        match inquiry.ask(filled, obeying):
            case Satisfiable(cells=better):
                formula, cells = filled, better
            case _:
                pass
        cells = make_typical(case, formula, cells, inquiry, obeying)
        values = _kept(decode_row(cells, inquiry.core), names)
        return drop_cells(case.rule, verdict, values, inquiry)

    def _add(self, case: RuleCase, purpose: Purpose, values: Mapping[str, Value]) -> None:
        """Add an example unless one with at least these cells is there."""
        ordered = tuple(
            (column.name, values[column.name])
            for column in self.inquiry.spec.columns
            if column.name in values
        )
        refused = purpose in (Purpose.FAILS, Purpose.ALONE)
        example = Example(case.rule.name if refused else None, ordered)
        for each in self._all_examples():
            if each.breaks == example.breaks and set(ordered) <= set(each.values):
                return
        self.examples.append(Suggestion(case.rule.name, purpose, example))

    def _all_examples(self) -> list[Example]:
        return [*self.inquiry.spec.examples, *(each.example for each in self.examples)]

    def _has_pair(self, case: RuleCase) -> bool:
        """Return whether two of the examples are one step apart on both sides of the rule."""
        examples = self.inquiry.spec.examples
        return any(
            self._are_neighbours(dict(fails.values), dict(passes.values))
            for fails in examples
            if fails.breaks == case.rule.name
            for passes in examples
            if passes.breaks is None
        )

    def _are_neighbours(self, failing: Mapping[str, Value], passing: Mapping[str, Value]) -> bool:
        if not failing.keys() <= passing.keys():
            return False
        turned = [name for name, value in failing.items() if passing[name] != value]
        return len(turned) == 1 and is_one_step(
            self.inquiry, turned[0], failing[turned[0]], passing[turned[0]]
        )


def is_one_step(inquiry: Inquiry, name: str, first: Value, second: Value) -> bool:
    """Return whether nothing that the column can record lies between two cells.

    Any two labels of an unordered list are one step apart, and so is an absence from every value.
    """
    column = inquiry.spec.by_name[name]
    if isinstance(first, Special) or isinstance(second, Special):
        return True
    if isinstance(column.type, CategoryType):
        assert isinstance(first, str) and isinstance(second, str)
        places = sorted(map(column.type.labels.index, (first, second)))
        return not column.type.ordered or places[1] - places[0] == 1
    core_column = inquiry.core.by_name.get(name)
    if core_column is None:
        return False
    assert not isinstance(first, str) and not isinstance(second, str)
    low, high = sorted(int(each * 10**core_column.decimals) for each in (first, second))
    between = core_column.values.intersect(type(core_column.values).between(low + 1, high - 1))
    return low < high and not between


def _is_shown(case: RuleCase, examples: Iterable[Example], inquiry: Inquiry) -> bool:
    return any(
        example.breaks is None and settle(case.rule, dict(example.values), inquiry) is Verdict.HOLDS
        for example in examples
    )


def _kept(row: Mapping[str, Value], names: Iterable[str]) -> dict[str, Value]:
    wanted = set(names)
    return {name: value for name, value in row.items() if name in wanted}
