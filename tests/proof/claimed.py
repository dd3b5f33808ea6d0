"""What findings claim, read from their words and places, and what is so by the sight of all rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.proof.claims import write_number
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.spec.core import StatementKind
from synllm.spec.model import Column, Rule
from synllm.spec.passes.lower import written_columns
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Truth, Value, Verdict
from tests.proof.oracle import AllRows

T = TypeVar("T")
DECIDED = (Truth.TRUE, Truth.FALSE, Truth.UNDEFINED)
Claim = tuple[str, ...]
"""A finding's name and what it is about: a rule, two rules, a column with values."""


class _Deaf(set[T]):
    """A set that stays empty."""

    def add(self, item: T) -> None:
        pass


class NothingTold(Told):
    """What earlier findings blamed, to a finder that should not know."""

    def __init__(self) -> None:
        super().__init__()
        self.rules = _Deaf()
        self.columns = _Deaf()

    def is_consequence(self, statements: Iterable[int]) -> bool:
        return False


def claims_of(finding: Diagnostic) -> list[Claim]:
    """Return what a finding says, in the form of `Expected`: one claim for each value or end."""
    names = re.findall(r"`([^`]+)`", finding.headline)
    name, headline = finding.finding, finding.headline
    match name:
        case "conflict-region":
            first, *others = names
            return [(name, *sorted((first, other))) for other in others]
        case "unreachable-value":
            words = re.findall(r"no patient can have `\w+` (.*?)(?:, because|$)", headline)[0]
            return [(name, names[0], word) for word in re.split(r", | or ", words)]
        case "range-never-reached":
            ends = re.findall(r"(below|above) (\S+?)(?=,| |$)", headline)
            return [(name, names[0], f"{side} {value}") for side, value in ends]
        case "constant-feature":
            return [(name, names[0], headline.split(" is ")[1].split(" ")[0])]
        case "applicability-mismatch" if "can never be checked" in headline:
            return [(name, "rule", names[0])]
        case "applicability-mismatch":
            return [(name, names[0], "never" if "never applies" in headline else "always")]
        case _:
            return [(name, names[0])]


def blamed_by(finding: Diagnostic, inquiry: Inquiry) -> list[int]:
    """Return the statements that a finding names as its reasons."""
    by_words = {inquiry.claim(index).words: index for index in range(len(inquiry.core.statements))}
    return [by_words[label.text] for label in finding.secondary if label.text in by_words]


class Expected:
    """What each finder should report about a small spec when it knows of no other finding."""

    def __init__(self, seen: AllRows) -> None:
        self.seen = seen
        self.spec = seen.spec

    def find_always_true(self) -> Iterator[Claim]:
        for index, rule in self._own():
            if not self.seen.refused[index]:
                yield "always-true", rule.name

    def find_never_applies(self) -> Iterator[Claim]:
        for _, rule in self._own(conditional=True):
            if not self.seen.where(rule.when, Truth.TRUE, Truth.UNDEFINED):
                yield "never-applies", rule.name

    def find_forbids_condition(self) -> Iterator[Claim]:
        for index, rule in self._own(conditional=True):
            if not self.seen.holds[index] and self.seen.refused[index]:
                yield "rule-forbids-its-condition", rule.name

    def find_never_applies_given_others(self) -> Iterator[Claim]:
        for index, rule in self._own(conditional=True):
            met = self.seen.where(rule.when, Truth.TRUE)
            columns = self._columns(index)
            if met and self.seen.is_sound(columns) and not met & self.seen.allowed(columns):
                yield "never-applies-given-others", rule.name

    def find_conflict_regions(self) -> Iterator[Claim]:
        hard = [(index, rule) for index, rule in self.seen.rules if rule.hard]
        for (one, left), (other, right) in combinations(hard, 2):
            if left.when is right.when is None or not (
                self.seen.is_own(left) or self.seen.is_own(right)
            ):
                continue
            if not self._conclusions(left) & self._conclusions(right):
                continue
            met = self.seen.where(left.when, Truth.TRUE) & self.seen.where(right.when, Truth.TRUE)
            first = met & self.seen.where(left.then, Truth.TRUE)
            second = met & self.seen.where(right.then, Truth.TRUE)
            columns = {*self._columns(one), *self._columns(other)}
            if (
                first
                and second
                and not first & second
                and self.seen.is_sound(columns)
                and met & self.seen.allowed(columns, (one, other))
            ):
                yield "conflict-region", *sorted((left.name, right.name))

    def find_presence(self) -> Iterator[Claim]:
        for column, allowed in self._reachable_columns():
            name = column.name
            missing = allowed & self.seen.having(name, MISSING)
            if not allowed & self.seen.present(name):
                if column.may_be_missing and missing:
                    yield "always-missing", name
                else:
                    yield "applicability-mismatch", name, "never"
                continue
            if column.may_be_missing and not missing:
                yield "never-missing", name
            if column.applies_when is not None and not (
                allowed & self.seen.having(name, NOT_APPLICABLE)
            ):
                yield "applicability-mismatch", name, "always"

    def find_unmatched_rules(self) -> Iterator[Claim]:
        for index, rule in self._own():
            columns = self._columns(index)
            about = [
                name
                for name in written_columns((rule.then,), self.spec)
                if self.spec.by_name[name].applies_when is not None
            ]
            if not about or not self.seen.is_sound(columns):
                continue
            met = self.seen.where(rule.when, Truth.TRUE) & self.seen.allowed(columns, [index])
            checked = self.seen.where(rule.then, *DECIDED)
            all_apply = met
            for name in about:
                all_apply &= ~self.seen.having(name, NOT_APPLICABLE)
            if met and not met & checked and not all_apply:
                yield "applicability-mismatch", "rule", rule.name

    def find_reach(self) -> Iterator[Claim]:
        for column, allowed in self._reachable_columns():
            values = self.seen.values(column.name)
            reached = [each for each in values if allowed & self.seen.having(column.name, each)]
            missed = [each for each in values if each not in reached]
            if len(values) > 1 and len(reached) == 1:
                yield "constant-feature", column.name, _written(reached[0])
            elif isinstance(column.type, CategoryType) or _is_spread(column):
                for value in missed:
                    yield "unreachable-value", column.name, _written(value)
            elif reached:
                if reached[0] != values[0]:
                    yield "range-never-reached", column.name, f"below {_written(reached[0])}"
                if reached[-1] != values[-1]:
                    yield "range-never-reached", column.name, f"above {_written(reached[-1])}"

    def find_unreached(self) -> Iterator[Claim]:
        """Yield what is so of single values and ends even where `find_reach` tells it otherwise."""
        for column, allowed in self._reachable_columns():
            values = self.seen.values(column.name)
            reached = [each for each in values if allowed & self.seen.having(column.name, each)]
            for value in values:
                if value not in reached:
                    yield "unreachable-value", column.name, _written(value)
            for value in reached[:1]:
                yield "range-never-reached", column.name, f"below {_written(value)}"
            for value in reached[-1:]:
                yield "range-never-reached", column.name, f"above {_written(value)}"

    def find_impossible_domains(self) -> Iterator[Claim]:
        for column in self.spec.generated_columns:
            if not self.seen.values(column.name):
                yield "impossible-domain", column.name
        for index, statement in enumerate(self.seen.core.statements):
            if statement.kind is StatementKind.DERIVED_RANGE and not self.seen.holds[index]:
                yield "impossible-domain", statement.name

    def _own(self, *, conditional: bool = False) -> Iterator[tuple[int, Rule]]:
        for index, rule in self.seen.rules:
            if self.seen.is_own(rule) and not (conditional and rule.when is None):
                yield index, rule

    def _reachable_columns(self) -> Iterator[tuple[Column, int]]:
        if self.spec.is_library:
            return
        for column in self.spec.generated_columns:
            if self.seen.is_sound([column.name]):
                yield column, self.seen.allowed([column.name])

    def _columns(self, index: int) -> tuple[str, ...]:
        return self.seen.core.statements[index].columns

    def _conclusions(self, rule: Rule) -> set[str]:
        return set(written_columns((rule.then,), self.spec))


def _is_spread(column: Column) -> bool:
    """Whether the values of a number column are asked for one by one."""
    assert isinstance(column.type, NumberType)
    return bool(column.type.listed)


def _written(value: Value) -> str:
    return value if isinstance(value, str) else write_number(value)  # type: ignore[arg-type]


class Evidence:
    """Whether the reasons and the patient that a finding gives bear it out."""

    def __init__(self, seen: AllRows, inquiry: Inquiry) -> None:
        self.seen = seen
        self.spec = seen.spec
        self.inquiry = inquiry
        self.places = {rule.name: index for index, rule in seen.rules}

    def faults(self, finding: Diagnostic) -> list[str]:
        """Return what is wrong with a finding beyond its claim; nothing if all is well."""
        return [*self._of_blame(finding), *self._of_witness(finding), *self._of_words(finding)]

    def _of_blame(self, finding: Diagnostic) -> Iterator[str]:
        cuts = self._excluded(finding)
        if cuts is None:
            return
        blamed = blamed_by(finding, self.inquiry)
        if not blamed and any(cuts):
            yield "nothing is blamed"
        if any(cut & self.seen.obeying(blamed) for cut in cuts):
            yield "the statements blamed do not exclude it"
        for one in blamed:
            others = [each for each in blamed if each != one]
            # What cuts a range below and above is blamed together: each end needs only some of it.
            kept = range(len(others) + 1) if len(cuts) > 1 else [len(others)]
            rests = [
                self.seen.obeying(some) for count in kept for some in combinations(others, count)
            ]
            if not any(
                cut & rest and not cut & rest & ~self.seen.refused[one]
                for cut in cuts
                for rest in rests
            ):
                yield f"statement {one} is blamed in vain"

    def _of_witness(self, finding: Diagnostic) -> Iterator[str]:
        wanted = self._shown(finding)
        if wanted is None:
            if finding.witness:
                yield "a patient is shown that nobody asked for"
        elif not finding.witness:
            # What lies below a range and above it can have reasons of their own.
            if wanted and len(claims_of(finding)) == 1:
                yield "no patient is shown though there is one"
        elif not self.seen.shown(finding.witness) & wanted:
            yield f"the patient {finding.witness} does not show it"

    def _of_words(self, finding: Diagnostic) -> Iterator[str]:
        names = re.findall(r"`([^`]+)`", finding.headline)
        if finding.finding == "rule-forbids-its-condition":
            index = self.places[names[0]]
            met = self.seen.where(self._rule(names[0]).when, Truth.TRUE)
            everyone = not met & ~self.seen.refused[index]
            if ("refuses every patient" in finding.headline) is not everyone:
                yield "the effect on patients is another one"
        if "can never be checked" in finding.headline:
            rule = self._rule(names[0])
            met = self.seen.where(rule.when, Truth.TRUE)
            met &= self.seen.allowed(self._columns(names[0]), [self.places[names[0]]])
            for name in names[1:]:
                met &= ~self.seen.having(name, NOT_APPLICABLE)
            if met:
                yield "the columns named apply to some"

    def _excluded(self, finding: Diagnostic) -> list[int] | None:
        """Return the sets of rows that the statements blamed exclude; None where none is."""
        cuts: list[int] = []
        for claim in claims_of(finding):
            match claim:
                case ("never-applies-given-others", name):
                    cuts.append(self.seen.where(self._rule(name).when, Truth.TRUE))
                case ("always-missing", name) | ("applicability-mismatch", name, "never"):
                    cuts.append(self.seen.present(name))
                case ("never-missing", name):
                    cuts.append(self.seen.having(name, MISSING))
                case ("applicability-mismatch", name, "always"):
                    cuts.append(self.seen.having(name, NOT_APPLICABLE))
                case ("applicability-mismatch", "rule", name):
                    rule = self._rule(name)
                    met = self.seen.where(rule.when, Truth.TRUE)
                    apply = self.seen.everything
                    for column in written_columns((rule.then,), self.spec):
                        apply &= ~self.seen.having(column, NOT_APPLICABLE)
                    cuts.append(met & (self.seen.where(rule.then, *DECIDED) | apply))
                case ("unreachable-value", name, value):
                    cuts.append(self._at(name, lambda each, value=value: _written(each) == value))
                case ("constant-feature", name, value):
                    cuts.append(self._at(name, lambda each, value=value: _written(each) != value))
                case ("range-never-reached", name, end):
                    side, _, edge = end.partition(" ")
                    limit = Fraction(edge)
                    cuts.append(
                        self._at(
                            name,
                            (lambda each, limit=limit: each < limit)
                            if side == "below"
                            else (lambda each, limit=limit: each > limit),
                        )
                    )
                case _:
                    return None
        return cuts

    def _shown(self, finding: Diagnostic) -> int | None:
        """Return the rows of which one should be shown; None where none should be."""
        cuts = self._excluded(finding)
        names = re.findall(r"`([^`]+)`", finding.headline)
        match finding.finding:
            case "never-applies-given-others":
                assert cuts is not None
                return cuts[0]
            case "unreachable-value" | "constant-feature" | "range-never-reached":
                assert cuts is not None
                blamed = blamed_by(finding, self.inquiry)
                anyone = 0
                for cut in cuts:
                    anyone |= cut
                return anyone & self.seen.allowed([names[0]], blamed)
            case "rule-forbids-its-condition":
                return self.seen.refused[self.places[names[0]]]
            case "conflict-region":
                left, right = names[:2]
                met = self.seen.where(self._rule(left).when, Truth.TRUE)
                met &= self.seen.where(self._rule(right).when, Truth.TRUE)
                columns = {*self._columns(left), *self._columns(right)}
                pair = (self.places[left], self.places[right])
                return met & self.seen.allowed(columns, pair)
            case "applicability-mismatch" if "can never be checked" in finding.headline:
                met = self.seen.where(self._rule(names[0]).when, Truth.TRUE)
                index = self.places[names[0]]
                return met & self.seen.allowed(self._columns(names[0]), [index])
            case "impossible-domain" if "as it is computed" in finding.headline:
                for index, statement in enumerate(self.seen.core.statements):
                    if statement.name == names[0]:
                        violated = (each is Verdict.VIOLATED for each in self.seen.verdicts[index])
                        return sum(1 << place for place, each in enumerate(violated) if each)
                return None
            case _:
                return None

    def _at(self, name: str, test: Callable[[Value], bool]) -> int:
        rows = 0
        for value in self.seen.values(name):
            if test(value):
                rows |= self.seen.having(name, value)
        return rows

    def _rule(self, name: str) -> Rule:
        return next(rule for rule in self.spec.rules if rule.name == name)

    def _columns(self, rule: str) -> tuple[str, ...]:
        return self.seen.core.statements[self.places[rule]].columns
