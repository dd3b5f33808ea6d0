"""Random specs with mistakes in them, small enough that all their rows can be listed.

Their rules are plain as people write them, and often repeat, narrow, widen or contradict each
other; some reach into every corner of the language. `faulty_spec` draws from any `random.Random`,
`faulty_specs` lets Hypothesis drive it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import strategies as st

from synllm.diagnostics.source import NOWHERE, Source, Span
from synllm.spec.expressions import (
    And,
    Arithmetic,
    Call,
    ColumnValue,
    Compare,
    Condition,
    Convert,
    Count,
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
)
from synllm.spec.model import Column, Derivation, MissingTogether, Rule, Spec
from synllm.spec.types import CategoryType, Code, MissingCode, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE

LIBRARY = Span(Source("library.synspec", ""), 0, 0)
NUMBERS = {
    "a": NumberType(0, Interval(Fraction(0), Fraction(2))),
    "b": NumberType(1, Interval(Fraction(-1, 10), Fraction(1, 10))),
    "wide": NumberType(0, Interval(Fraction(0), Fraction(6), high_open=True)),
    "grid": NumberType(
        1, Interval(Fraction(1), Fraction(4)), (Fraction(1), Fraction(5, 2), Fraction(4))
    ),
    "listed": NumberType(
        0, Interval(Fraction(1), Fraction(3)), (Fraction(1), Fraction(2), Fraction(3))
    ),
}
CATEGORIES = {
    "c": CategoryType(("low", "middle", "high"), ordered=True),
    "d": CategoryType(("yes", "no"), yes_no=True),
}
NOTHING = NumberType(0, Interval(Fraction(1, 5), Fraction(4, 5)))
LITERALS = ("-1", "-0.1", "0", "0.1", "0.5", "1", "1", "2", "2.5", "3", "7")


THOUSANDS = st.randoms(use_true_random=True)
"""What the slow tests draw from: as the counts do, ten times faster, and not shrunk."""


def faulty_specs() -> st.SearchStrategy[Spec]:
    """Return a strategy of small specs with mistakes in them."""
    return st.randoms(use_true_random=False).map(faulty_spec)


def faulty_spec(random: Random) -> Spec:
    """Return a spec of two to four columns, perhaps a computed one, a group, and a few rules.

    A rule may be soft or come from a library; now and then the whole file is one, or a column has
    no value at all.
    """
    numbers = random.choice([["a"], ["b", "a"], ["a", "grid"], ["listed", "b"], ["wide", "b"]])
    names = [*random.choice([["c"], ["d"], ["c", "d"]]), *numbers]
    random.shuffle(names)
    columns: list[Column] = []
    for name in names:
        columns.append(_column(random, name, columns))
    if random.random() < 0.08:
        place = next(i for i, each in enumerate(columns) if each.name in NUMBERS)
        columns[place] = replace(columns[place], type=NOTHING)
    if random.random() < 0.3:
        kind = NumberType(
            random.choice([0, 1]), random.choice([None, Interval(Fraction(0), Fraction(5))])
        )
        mode = random.choice(["half up", "down", "up"])
        formula = term(random, columns, random.choice([1, 2]))
        columns.append(Column("computed", kind, derivation=Derivation(formula, mode)))  # type: ignore[arg-type]
    written = [column.name for column in columns if column.derivation is None]
    groups = (MissingTogether(tuple(random.sample(written, 2))),) if random.random() < 0.2 else ()
    rules: list[Rule] = []
    for number in range(random.randint(1, 5)):
        rules.append(replace(_rule(random, columns, rules), name=f"rule_{number}"))
    return Spec(
        "faulty",
        "A table with mistakes",
        tuple(columns),
        groups=groups,
        rules=tuple(rules),
        is_library=random.random() < 0.08,
    )


def plain_condition(random: Random, columns: Sequence[Column]) -> Condition:
    """Return a test of one column, such as most rules are made of."""
    column = random.choice(columns)
    if random.random() < 0.15:
        return HasState(column.name, random.choice([MISSING, NOT_APPLICABLE, None]))
    if isinstance(column.type, CategoryType):
        labels = column.type.labels
        return Is(column.name, frozenset(random.sample(labels, random.randint(1, 2))))
    value = ColumnValue(column.name)
    if random.random() < 0.2:
        low = Fraction(random.choice(LITERALS))
        return Within(value, (Interval(low, low + random.choice([0, 1, Fraction(3, 2)])),))
    sign = random.choice(["=", "<", "<=", ">", ">="])
    return Compare(sign, value, _literal(random))  # type: ignore[arg-type]


def condition(random: Random, columns: Sequence[Column], depth: int) -> Condition:
    """Return a condition in which anything can stand that the language has."""
    if depth == 0:
        if random.random() < 0.6:
            return plain_condition(random, columns)
        left, right = (term(random, columns, random.choice([0, 1])) for _ in "lr")
        if random.random() < 0.2:
            return Within(left, (Interval(Fraction(0), Fraction(2), high_open=True),))
        return Compare(random.choice(["=", "!=", "<", "<=", ">", ">="]), left, right)  # type: ignore[arg-type]
    inner = [condition(random, columns, depth - 1) for _ in range(3)]
    match random.randrange(6):
        case 0:
            return Not(inner[0])
        case 1 | 2:
            return And(tuple(inner[:2]))
        case 3:
            return Or(tuple(inner[:2]))
        case 4:
            return Iff(inner[0], inner[1])
        case _:
            low = random.randint(0, 2)
            return Count(low, random.randint(low, 2), tuple(inner))


def _column(random: Random, name: str, before: list[Column]) -> Column:
    missing = (MissingCode(Code("NA")),) if random.random() < 0.35 else ()
    applies = None
    if before and random.random() < 0.25:
        applies = condition(random, before, 0)
    kind = NUMBERS.get(name) or CATEGORIES[name]
    labels = kind.labels if isinstance(kind, CategoryType) else ()
    return Column(
        name,
        kind,
        codes=tuple((label, Code(label)) for label in labels),
        missing_codes=missing,
        applies_when=applies,
    )


def _rule(random: Random, columns: Sequence[Column], before: Sequence[Rule]) -> Rule:
    """Return a new rule, or an earlier one repeated, narrowed, widened, turned round or led on."""
    share = Fraction(9, 10) if random.random() < 0.1 else None
    span = LIBRARY if random.random() < 0.07 else NOWHERE
    if len(before) > 1 and before[-1].when == before[-2].then and random.random() < 0.8:
        return Rule("", "A shortcut", before[-2].when, before[-1].then, share, span=span)
    changes = ("new", "new", "always", "intricate", "table")
    changes += ("same", "narrower", "wider", "opposite", "next") if before else ()
    change = random.choice(changes)
    earlier = random.choice(before) if before else Rule("", "", None, Or(()))
    test = plain_condition(random, columns)
    match change:
        case "same":
            return replace(earlier, share=share, span=span)
        case "narrower":
            when = test if earlier.when is None else And((earlier.when, test))
            return replace(earlier, when=when, share=share, span=span)
        case "wider":
            return replace(earlier, then=Or((earlier.then, test)), share=share, span=span)
        case "opposite":
            return replace(earlier, then=Not(earlier.then), share=share, span=span)
        case "next":
            return Rule("", "A rule", before[-1].then, test, share, span=span)
        case "always":
            return Rule("", "A rule", None, test, share, span=span)
        case "table":
            return Rule("", "A table", None, _table(random, columns, test), share, span=span)
        case "intricate":
            then = condition(random, columns, random.choice([0, 1, 2]))
            when = random.choice([None, condition(random, columns, random.choice([0, 1]))])
            return Rule("", "A rule", when, then, share, span=span)
        case _:
            return Rule("", "A rule", test, plain_condition(random, columns), share, span=span)


def _table(random: Random, columns: Sequence[Column], test: Condition) -> Condition:
    """Return a decision table with two lines: one of them applies, and gives its result."""
    first, second = (plain_condition(random, columns) for _ in "12")
    otherwise = Not(test)
    lines = (Or((Not(test), first)), Or((Not(otherwise), second)))
    return And((Or((test, otherwise)), *lines))


def term(random: Random, columns: Sequence[Column], depth: int) -> Term:
    """Return a term in which anything can stand that the language has."""
    numbers = [column.name for column in columns if isinstance(column.type, NumberType)]
    ranked = [each.name for each in columns if each.type == CATEGORIES["c"]]
    if depth == 0 or not (numbers or ranked):
        leaves: list[Term] = [_literal(random)]
        leaves += [ColumnValue(name) for name in numbers for _ in "12"]
        leaves += [Rank(name) for name in ranked]
        return random.choice(leaves)
    one, other = (term(random, columns, depth - 1) for _ in "12")
    match random.randrange(8):
        case 0 | 1 | 2 | 3:
            return Arithmetic(random.choice("+-*/"), one, other)  # type: ignore[arg-type]
        case 4:
            return Call("abs", (one,))
        case 5:
            return Call(random.choice(["min", "max"]), (one, other))  # type: ignore[arg-type]
        case 6:
            return Round(one, random.choice([0, 1]))
        case _:
            factor = Fraction(random.choice(["10", "0.1", "-1.8"]))
            return Convert(one, factor, Fraction(random.choice(["0", "0.5"])))


def _literal(random: Random) -> Number:
    text = random.choice(LITERALS)
    return Number(Fraction(text), text)
