"""Small random specs, every cell text worth trying on them, and rows made of such texts."""

import itertools
import random
from collections.abc import Iterable, Mapping
from fractions import Fraction

from hypothesis import strategies as st

from synllm.rowspace.ready_space import ready_space
from synllm.rowspace.space import RowSpace
from synllm.spec.expressions import And, ColumnValue, Compare, Condition, HasState, Is, Not, Or
from synllm.spec.model import Column, MissingTogether, Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import CategoryType, Code, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE
from synllm.targets.regex import RowGrammar, build_row_grammar
from synllm.targets.row_format import json_code, json_text
from tests.specs_in_code import category_column, cirrhosis_like, number, number_column


def grammar_of(spec: Spec) -> RowGrammar:
    core = lower(spec)
    space = ready_space(spec, core)
    return build_row_grammar(spec, core, space if isinstance(space, RowSpace) else None)


def literals(column: Column) -> list[str]:
    """Return the JSON of every cell the column may be given, and of some that it may not."""
    codes = [missing.code for missing in column.missing_codes]
    if column.applies_when is not None:
        codes.append(column.not_applicable_code)
    texts = [json_code(code) for code in codes] + ['"never a code"', "null"]
    match column.type:
        case NumberType(decimals=decimals, interval=interval) as kind:
            assert interval is not None
            assert interval.low is not None
            assert interval.high is not None
            step = Fraction(1, 10**decimals)
            value = interval.low - step
            while value <= interval.high + step:
                texts.append(kind.written(value))
                value += step
        case CategoryType():
            texts.extend(json_code(code) for _, code in column.codes)
    return list(dict.fromkeys(texts))


def small_cirrhosis() -> Spec:
    spec = cirrhosis_like()
    smaller = {
        "Age": number_column("Age", "10", "13"),
        "Cholesterol": number_column("Cholesterol", "9", "11", missing=(Code("NA"),)),
        "Bilirubin": number_column("Bilirubin", "0.4", "0.7", 1),
    }
    return Spec(
        spec.name,
        spec.title,
        tuple(smaller.get(column.name, column) for column in spec.columns),
        groups=spec.groups,
    )


def row_text(cells: Mapping[str, str]) -> str:
    """Return a compact JSON object of cells that are JSON already."""
    return "{" + ",".join(f"{json_text(name)}:{cell}" for name, cell in cells.items()) + "}"


def candidate_rows(grammar: RowGrammar, most: int) -> Iterable[dict[str, str]]:
    """Yield every combination of cells, or `most` random ones where there are more."""
    choices = [literals(grammar.spec.by_name[name]) for name in grammar.fields]
    total = 1
    for each in choices:
        total *= len(each)
    if total <= most:
        combinations: Iterable[tuple[str, ...]] = itertools.product(*choices)
    else:
        picks = random.Random(0)
        combinations = (tuple(map(picks.choice, choices)) for _ in range(most))
    for combination in combinations:
        yield dict(zip(grammar.fields, combination, strict=True))


LABELS = ("a", "b", "c")
SHARED_CODES = [Code("NA"), Code(""), Code("0", numeric=True), Code("2", numeric=True), Code("b")]
codes = st.sampled_from(SHARED_CODES)


@st.composite
def conditions(draw: st.DrawFn, earlier: list[Column]) -> Condition:
    kind = draw(st.sampled_from(["atom", "atom", "and", "or", "not", "state", "pair"]))
    column = draw(st.sampled_from(earlier))
    match kind:
        case "and" | "or":
            parts = (draw(conditions(earlier)), draw(conditions(earlier)))
            return And(parts) if kind == "and" else Or(parts)
        case "not":
            return Not(draw(conditions(earlier)))
        case "pair" if isinstance(column.type, NumberType):
            numbers = [each for each in earlier if isinstance(each.type, NumberType)]
            other = draw(st.sampled_from(numbers))
            return Compare("<", ColumnValue(column.name), ColumnValue(other.name))
        case "state":
            state = draw(st.sampled_from([MISSING, NOT_APPLICABLE, None]))
            return HasState(column.name, state)
        case _:
            if isinstance(column.type, NumberType):
                sign = draw(st.sampled_from(["=", "!=", "<", ">="]))
                return Compare(sign, ColumnValue(column.name), number(str(draw(st.integers(0, 3)))))
            return Is(column.name, frozenset(draw(st.sets(st.sampled_from(LABELS)))))


@st.composite
def small_specs(draw: st.DrawFn) -> Spec:
    columns: list[Column] = []
    for index in range(draw(st.integers(2, 4))):
        name = f"c{index}"
        missing = draw(st.lists(codes, max_size=2, unique=True))
        applies = draw(st.none() | conditions(columns)) if columns else None
        absent = draw(codes)
        if draw(st.booleans()):
            columns.append(
                number_column(
                    name,
                    "-1",
                    "2",
                    missing=missing,
                    applies_when=applies,
                    not_applicable=absent,
                )
            )
        else:
            columns.append(
                category_column(
                    name, *LABELS, missing=missing, applies_when=applies, not_applicable=absent
                )
            )
    groups = []
    if draw(st.booleans()):
        members = draw(st.permutations([column.name for column in columns]))
        groups.append(MissingTogether(tuple(members[: draw(st.integers(2, len(members)))])))
    rules = tuple(
        Rule(f"r{index}", "", None, condition)
        for index, condition in enumerate(draw(st.lists(conditions(columns), max_size=2)))
    )
    order = draw(st.permutations(columns))
    return Spec("t", "", tuple(order), groups=tuple(groups), rules=rules)
