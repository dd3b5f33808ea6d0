"""One spec under questioning: which rows can exist, asked once for all findings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from synllm.proof.claims import list_claims
from synllm.proof.components import find_components
from synllm.proof.cores import irreducible_core
from synllm.proof.encode import encode_formula
from synllm.proof.nearby import find_nearby
from synllm.proof.on_row import is_true
from synllm.proof.session import (
    Cells,
    Claim,
    Outcome,
    Satisfiable,
    Session,
    Undecided,
    Unsatisfiable,
)
from synllm.proof.witness import prefer_typical, replay_refusals, show_row
from synllm.spec.core import (
    AllOf,
    AnyOf,
    CoreSpec,
    Formula,
    Membership,
    Statement,
    StatementKind,
    ValueSet,
    formula_columns,
)
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.conditions import Split, split
from synllm.spec.passes.formulas import FALSE, TRUE, all_of, any_of
from synllm.spec.passes.relations import complement
from synllm.spec.passes.terms import Scope
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special

_REMEMBERED = 200
_CHANGED = 12


@dataclass(frozen=True, slots=True)
class RuleCase:
    """A rule with its place among the core's statements, and its two parts as formulas.

    `own` tells whether it stands in the spec's own file rather than in a library that it uses.
    """

    index: int
    rule: Rule
    when: Split
    then: Split
    own: bool


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question whose budget ran out, in words that follow “whether”; and the columns in it."""

    words: str
    columns: tuple[str, ...]


class Inquiry:
    """Questions about the rows of one spec; rows found before answer later questions for nothing.

    Statements are named by their places in the core spec. A question mixes in only statements
    that a chain of others ties to the columns it is about: the rest can be met independently.
    """

    def __init__(self, spec: Spec, core: CoreSpec, budget: int) -> None:
        self.spec = spec
        self.core = core
        self.budget = budget
        self.open_questions: list[OpenQuestion] = []
        self.hard = frozenset(i for i, each in enumerate(core.statements) if each.hard)
        self._rows: list[Cells] = []
        self._sound: dict[int, bool] = {}
        self._bases: dict[int, tuple[Cells, bool]] = {}
        self._component = find_components(
            (column.name for column in core.columns),
            (core.statements[index].columns for index in sorted(self.hard)),
        )
        self._columns_of: dict[int, list[str]] = {}
        for name, component in self._component.items():
            self._columns_of.setdefault(component, []).append(name)

    @cached_property
    def session(self) -> Session:
        """The session in which claim number i is statement i of the core."""
        session = Session(self.core, self.budget)
        session.track(list_claims(self.spec, self.core.statements, session))
        return session

    @cached_property
    def rules(self) -> tuple[RuleCase, ...]:
        """The rules, soft ones included, in declared order."""
        scope = Scope(self.spec, self.core.by_name)
        named = {rule.name: rule for rule in self.spec.rules}
        return tuple(
            RuleCase(
                index,
                rule,
                Split(TRUE, FALSE) if rule.when is None else split(rule.when, scope),
                split(rule.then, scope),
                own=rule.span.source is self.spec.source,
            )
            for index, statement in enumerate(self.core.statements)
            if (rule := named.get(statement.name)) is not None
            and statement.kind is StatementKind.RULE
        )

    @cached_property
    def typical(self) -> dict[str, int]:
        """Each column's typical integer, for rows that people read."""
        return prefer_typical(self.spec, self.core)

    def statement(self, index: int) -> Statement:
        """Return the statement at a place of the core."""
        return self.core.statements[index]

    def claim(self, index: int) -> Claim:
        """Return the statement at a place of the core in the reader's words."""
        return self.session.claims[index]

    def all_of(self, *formulas: Formula) -> Formula:
        """Return the conjunction, simplified."""
        return all_of(formulas, self.core.by_name)

    def any_of(self, *formulas: Formula) -> Formula:
        """Return the disjunction, simplified."""
        return any_of(formulas, self.core.by_name)

    def opposite(self, formula: Formula) -> Formula:
        """Return the formula that is true exactly where this one is not."""
        return complement(formula, self.core.by_name)

    def refused(self, index: int) -> Formula:
        """Return the formula of the rows that a statement refuses."""
        outcomes = self.statement(index).outcomes
        return self.any_of(outcomes.violated, outcomes.undefined)

    def ask(self, formula: Formula, obeying: Collection[int] | None = None) -> Outcome:
        """Return a row on which the formula is true and which obeys the statements, or why not.

        Without `obeying`, those are all the hard ones. Statements that nothing ties to the columns
        of the formula don't count; the row obeys them too wherever they can be obeyed. The core of
        an unsatisfiable question names statements, perhaps more than need be (see `blame`).
        """
        if formula == FALSE or not self._any_rows:
            return Unsatisfiable(())
        wanted = self.hard if obeying is None else frozenset(obeying)
        if wanted <= self.hard:
            nearby = self._find_nearby(formula, wanted)
            if nearby is not None:
                if wanted == self.hard and nearby not in self._rows:
                    self.remember(nearby)
                return Satisfiable(nearby)
        touched = self._touched(formula, wanted)
        outcome = self.session.ask(
            self._linked(touched, wanted), [encode_formula(formula, self.session.encoding)]
        )
        if not isinstance(outcome, Satisfiable):
            return outcome
        cells = dict(outcome.cells)
        bases = [self._base(each) for each in self._columns_of if each not in touched]
        for base, _ in bases:
            cells.update(base)
        if wanted == self.hard and all(obeyed for _, obeyed in bases):
            self.remember(cells)
        return Satisfiable(cells)

    def possible(
        self, formula: Formula, question: str, obeying: Collection[int] | None = None
    ) -> bool | None:
        """Return whether such a row exists; None, noting the open question, where undecided."""
        match self.ask(formula, obeying):
            case Satisfiable():
                return True
            case Unsatisfiable():
                return False
            case Undecided():
                self.leave_open(question, formula_columns(formula))
                return None

    def leave_open(self, question: str, columns: Iterable[str]) -> None:
        """Note a question, in words that follow “whether”, that stayed undecided."""
        asked = OpenQuestion(question, tuple(sorted(columns)))
        if asked not in self.open_questions:
            self.open_questions.append(asked)

    def blame(self, formula: Formula, obeying: Collection[int] | None = None) -> tuple[int, ...]:
        """Return statements that rule the formula out, none of which can be left out of the list.

        The formula must be known to be ruled out; ValueError where it is not. Statements of which
        the budget does not tell whether they can be left out are in the list.
        """
        wanted = self.hard if obeying is None else frozenset(obeying)
        given = [encode_formula(formula, self.session.encoding)]
        linked = self._linked(self._touched(formula, wanted), wanted)
        match self.session.probe(linked, given):
            case Unsatisfiable(core=core):
                return irreducible_core(self.session, core, given, smallest=False)
            case Undecided():
                return irreducible_core(self.session, linked, given, smallest=False)
            case None:
                raise ValueError("the formula is not ruled out")

    def is_sound(self, columns: Iterable[str]) -> bool:
        """Return whether some row obeys every hard statement tied to the columns."""
        components = {self._component[name] for name in columns}
        for component in components - self._sound.keys():
            self._base(component)
        return all(self._sound[component] for component in components)

    def patient(self, cells: Cells) -> tuple[tuple[str, str], ...]:
        """Return (column, cell) pairs of a row in the file's codes, replayed by the semantics."""
        return show_row(replay_refusals(cells, self.core, self.spec), self.spec)

    def example(self, formula: Formula, obeying: Collection[int] | None = None) -> Cells | None:
        """Return a readable row on which the formula is true: typical, no cell missing in vain.

        None where there is none, or none was found.
        """
        filled = self.all_of(
            *(
                Membership(name, self.core.by_name[name].values, not_applicable=True)
                for name in self.core.by_name
                if name not in _absences(formula)
            )
        )
        for wish in (self.all_of(formula, filled), formula):
            match self.ask(wish, obeying):
                case Satisfiable(cells=cells):
                    typical = self._make_typical(wish, cells, obeying)
                    assert is_true(formula, typical), "a row was found without what was asked"
                    return typical
                case _:
                    continue
        return None

    def remember(self, cells: Cells) -> Cells:
        """Return a row that obeys every hard statement, kept for later questions."""
        self._rows.insert(0, cells)
        del self._rows[_REMEMBERED:]
        return cells

    def _find_nearby(self, formula: Formula, wanted: frozenset[int]) -> Cells | None:
        """Return a row at hand, or one with a few other cells, that answers a question, if any."""
        columns = self.core.by_name
        if not wanted:
            return next(find_nearby(formula, self._any_row, columns, self.typical), None)
        parts = formula.operands if isinstance(formula, AllOf) else (formula,)
        unmet = [sum(not is_true(part, cells) for part in parts) for cells in self._rows]
        nearest = sorted(range(len(unmet)), key=unmet.__getitem__)
        for cells in (self._rows[place] for place in nearest[:_CHANGED]):
            for changed in find_nearby(formula, cells, columns, self.typical):
                names = [name for name, cell in changed.items() if cell != cells[name]]
                touched = {index for name in names for index in self._about.get(name, ())}
                if not any(is_true(self._refusals[each], changed) for each in touched & wanted):
                    return changed
        return None

    @cached_property
    def _any_row(self) -> Cells:
        """Cells within the declared ranges, typical ones where there are."""
        absent = {
            column.name: MISSING if column.may_be_missing else NOT_APPLICABLE
            for column in self.core.columns
        }
        return {**absent, **self.typical}

    @cached_property
    def _any_rows(self) -> bool:
        """Whether every column can hold something, if only nothing."""
        return all(
            column.values or column.may_be_missing or column.may_not_apply
            for column in self.core.columns
        )

    @cached_property
    def _refusals(self) -> tuple[Formula, ...]:
        return tuple(self.refused(index) for index in range(len(self.core.statements)))

    @cached_property
    def _about(self) -> Mapping[str, Collection[int]]:
        """The hard statements about each column."""
        about: dict[str, list[int]] = {}
        for index in sorted(self.hard):
            for name in self.statement(index).columns:
                about.setdefault(name, []).append(index)
        return about

    def _touched(self, formula: Formula, wanted: frozenset[int]) -> frozenset[int]:
        """Return the components that a question is about.

        Soft statements tie no columns together, so a question that wants one is about all of its.
        """
        names = set(formula_columns(formula))
        for index in wanted - self.hard:
            names.update(self.statement(index).columns)
        return frozenset(self._component[name] for name in names)

    def _linked(self, components: Collection[int], wanted: frozenset[int]) -> list[int]:
        """Return the wanted statements in the components, in order.

        One that mentions no column is the same on every row, and always counts.
        """
        return [
            index
            for index in sorted(wanted)
            if not (columns := self.statement(index).columns)
            or any(self._component[name] in components for name in columns)
        ]

    def _base(self, component: int) -> tuple[Cells, bool]:
        """Return cells for a component's columns, and whether they obey its hard statements.

        Where none that do are known, the cells are typical ones.
        """
        if component not in self._bases:
            names = self._columns_of[component]
            linked = self._linked([component], self.hard)
            cells = {name: self._any_row[name] for name in names}
            obeyed = (
                self._any_rows
                and self._are_declared(cells)
                and not any(is_true(self._refusals[index], self._any_row) for index in linked)
            )
            outcome = Satisfiable(cells) if obeyed else self.session.ask(linked)
            if isinstance(outcome, Satisfiable):
                obeyed, cells = True, {name: outcome.cells[name] for name in names}
            self._sound[component] = not isinstance(outcome, Unsatisfiable)
            self._bases[component] = (cells, obeyed)
        return self._bases[component]

    def _are_declared(self, cells: Cells) -> bool:
        """Return whether every cell is one of the values that its column can have."""
        return all(
            not isinstance(cell, Special) and cell in self.core.by_name[name].values
            for name, cell in cells.items()
        )

    def _make_typical(
        self, formula: Formula, cells: Cells, obeying: Collection[int] | None
    ) -> Cells:
        """Return a row for the same question with typical cells where they can be."""
        kept = formula
        for name, value in self.typical.items():
            wish = self.all_of(kept, _exactly(name, value))
            if cells[name] != value:
                match self.ask(wish, obeying):
                    case Satisfiable(cells=better):
                        cells = better
                    case _:
                        continue
            kept = wish
        return cells


def _exactly(name: str, value: int) -> Membership:
    return Membership(name, ValueSet.between(value, value))


def _absences(formula: Formula) -> frozenset[str]:
    """Return the columns that a formula asks to be missing, or allows to be."""
    match formula:
        case Membership(column=name, missing=True):
            return frozenset((name,))
        case AllOf(operands=operands) | AnyOf(operands=operands):
            return frozenset().union(*(_absences(each) for each in operands))
        case _:
            return frozenset()
