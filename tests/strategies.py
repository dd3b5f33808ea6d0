"""Random specs and rows that reach every construct of the language, for Hypothesis and for sweeps.

`random_spec` and `random_row` draw from any `random.Random`; `specs` and `rows_for` let Hypothesis
drive them. Ranges are small and values sit on or beside the literals of the spec, so that
comparisons go both ways, equalities hold and divisors become zero often.
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from random import Random
from typing import Literal, get_args

from hypothesis import strategies as st

from synllm.spec.evaluate import evaluate_condition
from synllm.spec.expressions import (
    And,
    Arithmetic,
    ArithmeticOperator,
    Call,
    ColumnValue,
    Compare,
    ComparisonOperator,
    Condition,
    Convert,
    Count,
    Expression,
    HasState,
    Iff,
    Interval,
    Is,
    Not,
    Number,
    Or,
    Rank,
    Round,
    Term,
    Within,
    walk,
)
from synllm.spec.model import Column, Derivation, MissingTogether, RoundingMode, Rule, Spec
from synllm.spec.types import (
    EMPTY_CELL,
    CategoryType,
    Code,
    IdentifierType,
    MissingCode,
    NumberType,
)
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Truth, Value

Size = Literal["small", "wide"]


def specs(size: Size = "small") -> st.SearchStrategy[Spec]:
    """Return a strategy of valid specs."""
    return st.randoms(use_true_random=False).map(lambda random: random_spec(random, size))


def rows_for(spec: Spec) -> st.SearchStrategy[Row]:
    """Return a strategy of rows whose cells are in their columns' domains, or absent."""
    return st.randoms(use_true_random=False).map(lambda random: random_row(random, spec))


# Specs --------------------------------------------------------------------------------------------


def random_spec(random: Random, size: Size = "small") -> Spec:
    """Return a spec; a wide one has ranges whose products leave the integers of float64."""
    columns: list[Column] = []
    if random.random() < 0.2:
        columns.append(Column("key", IdentifierType(), "The row's key"))
    for index in range(random.randint(3, 6)):
        columns.append(_column(random, f"c{index}", columns, size))
    for index in range(random.randint(0, 2)):
        derived = _derived(random, f"d{index}", columns, size)
        columns.insert(random.randint(_after_operands(derived, columns), len(columns)), derived)
    draw = _Draw(random, columns)
    rules = tuple(_rule(draw, f"rule_{index}") for index in range(random.randint(2, 5)))
    return Spec(
        "random", "A random table", tuple(columns), groups=_groups(random, columns), rules=rules
    )


def _after_operands(derived: Column, columns: list[Column]) -> int:
    assert derived.derivation is not None
    used = {node.column for node in walk(derived.derivation.formula) if hasattr(node, "column")}
    return max((i + 1 for i, column in enumerate(columns) if column.name in used), default=0)


def _column(random: Random, name: str, before: list[Column], size: Size) -> Column:
    missing: tuple[MissingCode, ...] = ()
    if random.random() < 0.55:
        codes = [Code("NA"), Code("Unknown"), EMPTY_CELL]
        missing = tuple(map(MissingCode, random.sample(codes, random.randint(1, 2))))
    condition = None
    draw = _Draw(random, before)
    if draw.columns and random.random() < 0.25:
        condition = draw.ratio_condition() if random.random() < 0.2 else draw.condition(1)
    not_applicable = random.choice([EMPTY_CELL, Code("NA"), Code("none")])
    if random.random() < 0.6:
        return Column(
            name,
            _number_type(random, size),
            missing_codes=missing,
            applies_when=condition,
            not_applicable_code=not_applicable,
        )
    kind = _category_type(random)
    numeric = random.random() < 0.3
    return Column(
        name,
        kind,
        codes=tuple(
            (label, Code(str(place), numeric=True) if numeric else Code(label))
            for place, label in enumerate(kind.labels)
        ),
        missing_codes=missing,
        applies_when=condition,
        not_applicable_code=not_applicable,
    )


def _number_type(random: Random, size: Size) -> NumberType:
    decimals = random.choice([0, 0, 1, 2])
    step = Fraction(1, 10**decimals)
    if size == "wide" and random.random() < 0.6:
        reach = 10 ** random.randint(5, 17)
        low = random.choice([0, 1, -reach, random.randint(-reach, reach)]) * step
        high = low + random.randint(1, reach) * step
    else:
        low = random.choice([0, 0, 1, random.randint(-12, 12)]) * step
        high = low + random.randint(1, 14) * step
    if random.random() < 0.2:
        grid = {low, high, *(low + random.randint(1, 14) * step for _ in range(3))}
        return NumberType(decimals, Interval(min(grid), max(grid)), tuple(sorted(grid)))
    open_ends = (random.random() < 0.1, random.random() < 0.1)
    if high - low <= 2 * step:
        open_ends = (False, False)
    # Ends need not lie on the recording grid.
    low -= random.choice([0, 0, 0, step / 2])
    return NumberType(decimals, Interval(low, high, *open_ends))


def _category_type(random: Random) -> CategoryType:
    match random.randrange(3):
        case 0:
            return CategoryType(("yes", "no"), yes_no=True)
        case 1:
            return CategoryType(tuple("ABCDE"[: random.randint(2, 5)]))
        case _:
            return CategoryType(
                ("none", "mild", "severe", "worst")[: random.randint(2, 4)], ordered=True
            )


def _derived(random: Random, name: str, before: list[Column], size: Size) -> Column:
    decimals = random.choice([0, 1, 2])
    middle = Fraction(random.randint(-20, 40), 4)
    reach = 10**9 if size == "wide" and random.random() < 0.5 else random.randint(0, 30)
    interval = random.choice([None, Interval(middle, middle + reach)])
    listed: tuple[Fraction, ...] = ()
    if interval is not None and random.random() < 0.2:
        listed = tuple(Fraction(each, 10**decimals) for each in range(0, 30, 2))
        interval = Interval(listed[0], listed[-1])
    mode: RoundingMode = random.choice(get_args(RoundingMode))
    draw = _Draw(random, before)
    formula = draw.term(random.randint(1, 2))
    if random.random() < 0.3:
        formula = Arithmetic("/", formula, draw.term(random.randint(0, 1)))
    return Column(
        name, NumberType(decimals, interval, listed), derivation=Derivation(formula, mode)
    )


def _groups(random: Random, columns: list[Column]) -> tuple[MissingTogether, ...]:
    able = [column.name for column in columns if column.may_be_missing]
    if len(able) < 2 or random.random() < 0.5:
        return ()
    return (MissingTogether(tuple(random.sample(able, random.randint(2, min(3, len(able)))))),)


def _rule(draw: _Draw, name: str) -> Rule:
    random = draw.random
    when = draw.condition(random.randint(0, 2)) if random.random() < 0.7 else None
    then = draw.condition(random.randint(0, 2))
    share = random.choice([None, None, None, Fraction(9, 10)])
    return Rule(name, "A random rule", when, then, share)


class _Draw:
    """Draws terms and conditions over some columns."""

    def __init__(self, random: Random, columns: list[Column]) -> None:
        self.random = random
        self.columns = {c.name: c for c in columns if not isinstance(c.type, IdentifierType)}
        self.numbers = [c for c in self.columns.values() if isinstance(c.type, NumberType)]
        self.categories = [c for c in self.columns.values() if isinstance(c.type, CategoryType)]
        self.ordered = [
            c for c in self.categories if isinstance(c.type, CategoryType) and c.type.ordered
        ]

    def number(self) -> Number:
        """Return a literal, likely one that matters to some column."""
        random = self.random
        if self.numbers and random.random() < 0.7:
            kind = random.choice(self.numbers).type
            assert isinstance(kind, NumberType)
            value = _within(random, kind)
            beside = Fraction(1, 2 * 10**kind.decimals)
            value += random.choice([Fraction(0), Fraction(0), Fraction(0), beside])
        else:
            value = Fraction(random.randint(-6, 12), random.choice([1, 1, 2, 3, 10]))
        return Number(value)

    def term(self, depth: int) -> Term:
        """Return a term over the columns; a literal where there is no number among them."""
        random = self.random
        if depth <= 0 or not (self.numbers or self.ordered):
            leaves: list[Term] = [self.number()]
            if self.numbers:
                leaves += [ColumnValue(random.choice(self.numbers).name)] * 4
            if self.ordered:
                leaves.append(Rank(random.choice(self.ordered).name))
            return random.choice(leaves)
        match random.randrange(9):
            case 0 | 1 | 2 | 3:
                sign: ArithmeticOperator = random.choice(get_args(ArithmeticOperator))
                return Arithmetic(sign, self.term(depth - 1), self.term(depth - 1))
            case 4:
                return Call("abs", (self.term(depth - 1),))
            case 5 | 6:
                count = random.randint(1, 3)
                operands = tuple(self.term(depth - 1) for _ in range(count))
                return Call(random.choice(["min", "max"]), operands)
            case 7:
                return Round(self.term(depth - 1), random.choice([0, 0, 1, 2]))
            case _:
                factor = Fraction(random.choice([10, 1, 9, -3, 18]), random.choice([1, 5, 7, 100]))
                return Convert(self.term(depth - 1), factor, Fraction(random.randint(-3, 32), 2))

    def condition(self, depth: int) -> Condition:
        """Return a condition over the columns."""
        random = self.random
        if depth <= 0:
            return self._literal()
        below = random.randint(0, depth - 1)
        match random.randrange(7):
            case 0:
                return Not(self.condition(below))
            case 1 | 2:
                return And(tuple(self.condition(below) for _ in range(random.randint(2, 3))))
            case 3 | 4:
                return Or(tuple(self.condition(below) for _ in range(random.randint(2, 3))))
            case 5:
                return Iff(self.condition(below), self.condition(below))
            case _:
                count = random.randint(2, 4)
                low = random.randint(0, count)
                operands = tuple(self.condition(0) for _ in range(count))
                return Count(low, random.randint(low, count), operands)

    def ratio_condition(self) -> Condition:
        """Return a comparison of a quotient, undefined where the divisor is zero."""
        quotient = Arithmetic("/", self.term(1), self.term(0))
        return Compare(self.random.choice(["<", ">="]), quotient, self.number())

    def _literal(self) -> Condition:
        random = self.random
        choices = ["state"]
        choices += ["simple", "compare", "compare", "compare", "within"] if self.numbers else []
        choices += ["is", "is"] if self.categories else []
        choices += ["rank"] if self.ordered else []
        sign: ComparisonOperator = random.choice(get_args(ComparisonOperator))
        match random.choice(choices):
            case "state":
                name = random.choice(list(self.columns))
                special = [
                    column.name
                    for column in self.columns.values()
                    if column.derivation is not None or column.applies_when is not None
                ]
                if special and random.random() < 0.5:
                    name = random.choice(special)
                return HasState(name, random.choice([MISSING, NOT_APPLICABLE, None]))
            case "simple":
                return Compare(sign, ColumnValue(random.choice(self.numbers).name), self.number())
            case "compare":
                depth = random.randint(0, 2)
                return Compare(sign, self.term(depth), self.term(random.randint(0, depth)))
            case "within":
                return Within(self.term(random.randint(0, 1)), self._intervals())
            case "is":
                column = random.choice(self.categories)
                assert isinstance(column.type, CategoryType)
                labels = column.type.labels
                chosen = random.sample(labels, random.randint(1, len(labels)))
                return Is(column.name, frozenset(chosen))
            case _:
                column = random.choice(self.ordered)
                assert isinstance(column.type, CategoryType)
                place = random.randrange(len(column.type.labels))
                return Compare(sign, Rank(column.name), Number(Fraction(place)))

    def _intervals(self) -> tuple[Interval, ...]:
        random = self.random
        intervals = []
        for _ in range(random.randint(1, 2)):
            low, high = sorted((self.number().value, self.number().value))
            intervals.append(
                Interval(
                    random.choice([None, low, low, low]),
                    random.choice([None, high, high, high]),
                    random.random() < 0.3,
                    random.random() < 0.3,
                )
            )
        return tuple(intervals)


# Rows ---------------------------------------------------------------------------------------------


def random_row(random: Random, spec: Spec) -> Row:
    """Return a row of the written columns, applicability mostly but not always right."""
    literals = _literals(spec)
    row: dict[str, Value] = {}
    for column in spec.columns:
        if column.derivation is None:
            row[column.name] = _cell(random, column, literals)
    for group in spec.groups:
        if random.random() < 0.3:
            row.update(dict.fromkeys(group.columns, MISSING))
    for column in spec.condition_order:
        if column.derivation is None and column.applies_when is not None and random.random() < 0.7:
            applies = evaluate_condition(column.applies_when, row, spec)
            if applies is Truth.FALSE:
                row[column.name] = NOT_APPLICABLE
            elif applies is Truth.TRUE and row[column.name] is NOT_APPLICABLE:
                row[column.name] = _value(random, column, literals)
    return row


def _cell(random: Random, column: Column, literals: list[Fraction]) -> Value:
    if column.may_be_missing and random.random() < 0.2:
        return MISSING
    if column.applies_when is not None and random.random() < 0.3:
        return NOT_APPLICABLE
    return _value(random, column, literals)


def _value(random: Random, column: Column, literals: list[Fraction]) -> Value:
    match column.type:
        case NumberType() as kind:
            if literals and random.random() < 0.5:
                step = Fraction(1, 10**kind.decimals)
                near = floor(random.choice(literals) / step) * step
                value = near + random.choice([-1, 0, 0, 1]) * step
                if kind.contains(value):
                    return value
            return _within(random, kind)
        case CategoryType(labels=labels):
            return random.choice(labels)
        case _:
            return str(random.randint(1, 9999))


def _within(random: Random, kind: NumberType) -> Fraction:
    """Return one of the type's values, its ends and zero more often than others."""
    if kind.listed:
        return random.choice(kind.listed)
    interval = kind.interval
    if interval is None:
        return Fraction(random.randint(-5, 20), 10**kind.decimals)
    assert interval.low is not None
    assert interval.high is not None
    scale = 10**kind.decimals
    low, high = floor(interval.low * scale), floor(interval.high * scale)
    choices = [
        random.randint(low, high),
        random.randint(low, high),
        low,
        low + 1,
        high,
        high - 1,
        0,
    ]
    values = [Fraction(choice, scale) for choice in (*choices, *range(low, high + 1)[:3])]
    # A derived column's range may hold no recorded value at all.
    return random.choice([value for value in values if kind.contains(value)] or values)


def _literals(spec: Spec) -> list[Fraction]:
    """Return every number written in the spec's conditions."""
    expressions: list[Expression] = [rule.then for rule in spec.rules]
    expressions += [rule.when for rule in spec.rules if rule.when is not None]
    expressions += [c.applies_when for c in spec.columns if c.applies_when is not None]
    found: list[Fraction] = []
    for expression in expressions:
        for node in walk(expression):
            match node:
                case Number(value=value):
                    found.append(value)
                case Within(intervals=intervals):
                    ends = [end for each in intervals for end in (each.low, each.high)]
                    found += [end for end in ends if end is not None]
    return found
