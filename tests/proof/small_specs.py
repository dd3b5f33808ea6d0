"""Random specs whose every row can be listed: three or four columns of a few values each."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import product
from math import ceil, floor

from hypothesis import strategies as st

from synllm.spec.evaluate import cell_belongs
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
from synllm.spec.model import Column, Derivation, Example, MissingTogether, Rule, Spec
from synllm.spec.types import CategoryType, Code, MissingCode, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Value

NUMBERS = {
    "a": NumberType(0, Interval(Fraction(0), Fraction(2))),
    "b": NumberType(1, Interval(Fraction(-1, 10), Fraction(1, 10))),
    "grid": NumberType(
        1, Interval(Fraction(1), Fraction(4)), (Fraction(1), Fraction(5, 2), Fraction(4))
    ),
}
LABELS = ("low", "middle", "high")
CATEGORY = CategoryType(LABELS, ordered=True)
MISSING_CODES = (MissingCode(Code("NA")),)


def literals() -> st.SearchStrategy[Number]:
    return st.sampled_from(["-1", "0", "0.1", "0.5", "1", "2", "2.5", "3", "7"]).map(
        lambda text: Number(Fraction(text), text)
    )


def terms(names: list[str], depth: int = 2) -> st.SearchStrategy[Term]:
    leaves: st.SearchStrategy[Term] = st.one_of(
        literals(), st.sampled_from(names).map(ColumnValue), st.just(Rank("c"))
    )
    if depth == 0:
        return leaves
    inner = terms(names, depth - 1)
    return st.one_of(
        leaves,
        st.builds(Arithmetic, st.sampled_from("+-*/"), inner, inner),
        st.builds(lambda one: Call("abs", (one,)), inner),
        st.builds(
            lambda which, *both: Call(which, both), st.sampled_from(["min", "max"]), inner, inner
        ),
        st.builds(Round, inner, st.integers(0, 1)),
        st.builds(
            Convert,
            inner,
            st.sampled_from([Fraction(10), Fraction(1, 10), Fraction(-9, 5)]),
            st.sampled_from([Fraction(0), Fraction(1, 2)]),
        ),
    )


def conditions(names: list[str], depth: int = 2) -> st.SearchStrategy[Condition]:
    term = terms(names, 1)
    leaves: st.SearchStrategy[Condition] = st.one_of(
        st.builds(Compare, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), term, term),
        st.builds(
            lambda name, low: Within(ColumnValue(name), (Interval(low, low + 1, high_open=True),)),
            st.sampled_from(names),
            st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(2)]),
        ),
        st.frozensets(st.sampled_from(LABELS), min_size=1, max_size=2).map(
            lambda labels: Is("c", labels)
        ),
        st.builds(
            HasState,
            st.sampled_from([*names, "c"]),
            st.sampled_from([MISSING, NOT_APPLICABLE, None]),
        ),
    )
    if depth == 0:
        return leaves
    inner = conditions(names, depth - 1)
    return st.one_of(
        leaves,
        inner.map(Not),
        st.builds(lambda *both: And(both), inner, inner),
        st.builds(lambda *both: Or(both), inner, inner),
        st.builds(Iff, inner, inner),
        st.builds(lambda low, *three: Count(low, 2, three), st.integers(0, 2), inner, inner, inner),
    )


@st.composite
def small_specs(draw: st.DrawFn, *, rules: int = 4) -> Spec:
    """A spec with two or three numbers, a category, perhaps a computed column, groups and rules."""
    names = draw(st.sampled_from([["a", "b"], ["a", "grid"], ["a", "b", "grid"]]))
    columns = [Column("c", CATEGORY, codes=tuple((each, Code(each)) for each in LABELS))]
    columns[0] = _perhaps_missing(draw, columns[0])
    for place, name in enumerate(names):
        column = _perhaps_missing(draw, Column(name, NUMBERS[name]))
        if place > 0 and draw(st.booleans()):
            condition = draw(conditions(names[:place], 1))
            column = _replaced(column, condition)
        columns.append(column)
    if draw(st.booleans()):
        kind = NumberType(1, draw(st.sampled_from([None, Interval(Fraction(0), Fraction(5))])))
        rounding = draw(st.sampled_from(["half up", "down", "up"]))
        columns.append(
            Column("computed", kind, derivation=Derivation(draw(terms(names)), rounding))
        )
    usable = [*names, "computed"] if columns[-1].name == "computed" else names
    groups = (MissingTogether(tuple(names[:2])),) if draw(st.booleans()) else ()
    written = [
        Rule(
            f"rule_{number}",
            f"Rule {number}",
            draw(st.one_of(st.none(), conditions(usable, 1))),
            draw(conditions(usable, 2)),
            draw(st.sampled_from([None, None, None, Fraction(9, 10)])),
        )
        for number in range(draw(st.integers(1, rules)))
    ]
    return Spec("small", "A small table", tuple(columns), groups=groups, rules=tuple(written))


def all_rows(spec: Spec) -> Iterator[dict[str, Value]]:
    """Every row whose cells are in their columns' domains."""
    written = spec.generated_columns
    for cells in product(*(cells_of(column) for column in written)):
        yield {column.name: cell for column, cell in zip(written, cells, strict=True)}


def fits(row: Mapping[str, Value], example: Example) -> bool:
    """Whether a row has every cell that an example gives."""
    return all(row[name] == value for name, value in example.values)


def cells_of(column: Column) -> list[Value]:
    """Every cell in a column's domain, its values ascending or in declared order."""
    candidates: list[Value] = [MISSING, NOT_APPLICABLE]
    match column.type:
        case CategoryType(labels=labels):
            candidates.extend(labels)
        case NumberType(decimals=decimals, interval=interval):
            assert interval is not None
            assert interval.low is not None
            assert interval.high is not None
            scale = 10**decimals
            candidates.extend(
                Fraction(each, scale)
                for each in range(floor(interval.low * scale), ceil(interval.high * scale) + 1)
            )
    return [value for value in candidates if cell_belongs(column, value)]


def _perhaps_missing(draw: st.DrawFn, column: Column) -> Column:
    codes = MISSING_CODES if draw(st.booleans()) else ()
    return Column(column.name, column.type, codes=column.codes, missing_codes=codes)


def _replaced(column: Column, condition: Condition) -> Column:
    return Column(
        column.name, column.type, missing_codes=column.missing_codes, applies_when=condition
    )
