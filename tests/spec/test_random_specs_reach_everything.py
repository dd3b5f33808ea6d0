"""The random specs are not vacuous: every construct meets every outcome and every verdict.

The agreement tests draw from the same generators, so what is counted here is what they cover.
"""

from collections import Counter
from random import Random

import pytest

from synllm.spec.evaluate import (
    column_value,
    evaluate_applicability,
    evaluate_condition,
    evaluate_group,
    evaluate_range,
    evaluate_rule,
    evaluate_term,
)
from synllm.spec.expressions import (
    And,
    Arithmetic,
    Call,
    ColumnValue,
    Compare,
    Convert,
    Count,
    Expression,
    HasState,
    Iff,
    Is,
    Not,
    Number,
    Or,
    Rank,
    Round,
    Within,
    walk,
)
from synllm.spec.model import Spec
from synllm.spec.values import MISSING, UNDEFINED, Row, Truth, Verdict
from tests.strategies import random_row, random_spec

SPECS = 240
ROWS = 24
ENOUGH = 100

CONDITIONS = {
    *(f"compare {sign}" for sign in ("=", "!=", "<", "<=", ">", ">=")),
    *("within", "not", "and", "or", "iff", "count"),
}
TERMS = {
    *(f"arithmetic {sign}" for sign in "+-*/"),
    *("abs", "min", "max", "round", "convert", "derived column"),
}
LITERALS = {"is", "is present", "is missing", "is not applicable", "column", "rank", "number"}


def construct(node: Expression, spec: Spec) -> str:
    """Return the name under which a node is counted."""
    match node:
        case Compare(operator=sign):
            return f"compare {sign}"
        case Arithmetic(operator=sign):
            return f"arithmetic {sign}"
        case Call(function=function):
            return function
        case HasState(state=state):
            return "is present" if state is None else f"is {state.value}"
        case ColumnValue(column=name) if spec.by_name[name].derivation is not None:
            return "derived column"
        case ColumnValue():
            return "column"
        case Is():
            return "is"
        case Within() | Not() | And() | Or() | Iff() | Count() | Number() | Rank():
            return type(node).__name__.lower()
        case Round() | Convert():
            return type(node).__name__.lower()


def outcome(node: Expression, row: Row, spec: Spec) -> str:
    """Return what a node comes out as on a row: a truth, or value, missing or undefined."""
    match node:
        case Number() | ColumnValue() | Rank() | Arithmetic() | Call() | Round() | Convert():
            value = evaluate_term(node, row, spec)
            names = {MISSING: "missing", UNDEFINED: "undefined"}
            return names.get(value, "value") if not isinstance(value, str) else "value"
        case _:
            return evaluate_condition(node, row, spec).value


@pytest.fixture(scope="module")
def met() -> Counter[tuple[str, str]]:
    """How often each construct met each outcome, and each verdict of the rule it stands in."""
    found: Counter[tuple[str, str]] = Counter()
    for seed in range(SPECS):
        random = Random(seed)
        spec = random_spec(random)
        nodes = [
            [
                (node, construct(node, spec))
                for part in (rule.when, rule.then)
                if part is not None
                for node in walk(part)
            ]
            for rule in spec.rules
        ]
        for _ in range(ROWS):
            row = random_row(random, spec)
            for rule, parts in zip(spec.rules, nodes, strict=True):
                verdict = evaluate_rule(rule, row, spec)
                for node, name in parts:
                    found[name, outcome(node, row, spec)] += 1
                    found[name, verdict.value] += 1
            for group in spec.groups:
                found["group", evaluate_group(group, row).value] += 1
            for column in spec.columns:
                if column.applies_when is not None:
                    found["applies when", evaluate_applicability(column, row, spec).value] += 1
                if column.derivation is not None:
                    value = column_value(column, row, spec)
                    word = "undefined" if value is UNDEFINED else "value"
                    found[column.derivation.rounding, word] += 1
                    found["derived range", evaluate_range(column, row, spec).value] += 1
    return found


def too_rare(met: Counter[tuple[str, str]], wanted: set[tuple[str, str]]) -> dict[str, int]:
    return {f"{name}: {what}": met[name, what] for name, what in wanted if met[name, what] < ENOUGH}


def test_every_construct_meets_every_verdict(met: Counter[tuple[str, str]]) -> None:
    names = CONDITIONS | TERMS | LITERALS

    assert too_rare(met, {(name, verdict.value) for name in names for verdict in Verdict}) == {}


def test_every_condition_has_every_outcome(met: Counter[tuple[str, str]]) -> None:
    decided = (Truth.TRUE, Truth.FALSE)
    wanted = {(name, truth.value) for name in CONDITIONS for truth in Truth}
    wanted |= {("is", truth.value) for truth in (*decided, Truth.UNKNOWN)}
    states = ("is present", "is missing", "is not applicable")
    wanted |= {(name, truth.value) for name in states for truth in (*decided, Truth.UNDEFINED)}

    assert too_rare(met, wanted) == {}


def test_every_term_has_every_outcome(met: Counter[tuple[str, str]]) -> None:
    wanted = {(name, what) for name in TERMS for what in ("value", "missing", "undefined")}
    wanted |= {(name, what) for name in ("column", "rank") for what in ("value", "missing")}
    wanted |= {(mode, "value") for mode in ("half up", "down", "up")}
    wanted |= {(mode, "undefined") for mode in ("half up", "down", "up")}

    assert too_rare(met, wanted) == {}


def test_every_other_statement_meets_every_verdict_it_can(met: Counter[tuple[str, str]]) -> None:
    groups = (Verdict.HOLDS, Verdict.VIOLATED, Verdict.NOT_TRIGGERED)
    others = (Verdict.HOLDS, Verdict.VIOLATED, Verdict.UNDECIDED, Verdict.UNDEFINED)
    wanted = {("group", verdict.value) for verdict in groups}
    wanted |= {(name, v.value) for name in ("applies when", "derived range") for v in others}

    assert too_rare(met, wanted) == {}
