"""A spec's columns and rules as a pandera schema: the checks of the same table with pandas."""

import operator
from pathlib import Path
from typing import assert_never

import pandas as pd
import pandera.pandas as pa

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
    Is,
    Not,
    Number,
    Or,
    Rank,
    Round,
    Term,
    Within,
)
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.types import CategoryType, NumberType

_COMPARISONS = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPPOSITES = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


def read_frame(path: Path, spec: Spec) -> pd.DataFrame:
    """Return the table as a clinician's script would read it, missing codes as NaN."""
    codes = {
        column.name: [each.code.text for each in column.missing_codes]
        for column in spec.generated_columns
        if column.may_be_missing
    }
    return pd.read_csv(path, na_values=codes, keep_default_na=False)


def make_schema(spec: Spec) -> pa.DataFrameSchema:
    """Return a schema that checks every column's type, codes or range, and every rule.

    A soft rule is checked for its share of the rows that decide it.
    """
    return pa.DataFrameSchema(
        {column.name: _column(column) for column in spec.generated_columns},
        checks=[
            pa.Check(lambda frame, rule=rule: _obeyed(rule, frame, spec), name=rule.name)
            for rule in spec.rules
        ],
    )


def _obeyed(rule: Rule, frame: pd.DataFrame, spec: Spec) -> pd.Series | bool:
    broken = violations(rule, frame, spec)
    if rule.share is None:
        return ~broken
    held = surely(rule.then, True, frame, spec)
    if rule.when is not None:
        held &= surely(rule.when, True, frame, spec)
    holds, violated = int(held.sum()), int(broken.sum())
    return holds >= rule.share * (holds + violated)


def violations(rule: Rule, frame: pd.DataFrame, spec: Spec) -> pd.Series:
    """Return the rows that surely break a rule."""
    broken = surely(rule.then, False, frame, spec)
    return broken if rule.when is None else surely(rule.when, True, frame, spec) & broken


def surely(condition: Condition, wanted: bool, frame: pd.DataFrame, spec: Spec) -> pd.Series:
    """Return the rows on which the condition is surely true, or surely false."""
    match condition:
        case Compare(operator=sign, left=left, right=right):
            numbers = number(left, frame, spec), number(right, frame, spec)
            # A comparison with NaN is false, so the opposite one is not its negation.
            found = _COMPARISONS[sign if wanted else _OPPOSITES[sign]](*numbers)
            return found & _present(numbers) if "!=" in (sign, _OPPOSITES[sign]) else found
        case Within(term=term, intervals=intervals):
            values = number(term, frame, spec)
            inside = pd.Series(False, frame.index)
            for each in intervals:
                within = pd.Series(True, frame.index)
                if each.low is not None:
                    low = float(each.low)
                    within &= values > low if each.low_open else values >= low
                if each.high is not None:
                    high = float(each.high)
                    within &= values < high if each.high_open else values <= high
                inside |= within
            return inside if wanted else ~inside & _present((values,))
        case Is(column=name, labels=labels):
            texts = _codes(spec.by_name[name])
            chosen = [code for label, code in texts.items() if (label in labels) is wanted]
            return frame[name].isin(chosen)
        case HasState(column=name, state=state):
            present = frame[name].notna()
            return present if (state is None) is wanted else ~present
        case Not(operand=operand):
            return surely(operand, not wanted, frame, spec)
        case And(operands=operands) | Or(operands=operands):
            every = isinstance(condition, And) is wanted
            found = surely(operands[0], wanted, frame, spec)
            for each in operands[1:]:
                other = surely(each, wanted, frame, spec)
                found = found & other if every else found | other
            return found
        case Iff() | Count():
            raise NotImplementedError("this condition is not translated")
        case _:
            assert_never(condition)


def number(term: Term, frame: pd.DataFrame, spec: Spec) -> pd.Series | float:
    """Return a term's values, NaN where it has none."""
    match term:
        case Number(value=value):
            return float(value)
        case ColumnValue(column=name):
            return frame[name]
        case Round(operand=operand, places=0):
            return (number(operand, frame, spec) + 0.5) // 1
        case Arithmetic(operator=sign, left=left, right=right):
            apply = {"+": operator.add, "-": operator.sub, "*": operator.mul}[sign]
            return apply(number(left, frame, spec), number(right, frame, spec))
        case Call(function="abs", operands=(operand,)):
            return abs(number(operand, frame, spec))
        case Rank() | Round() | Call() | Convert():
            raise NotImplementedError("this term is not translated")
        case _:
            assert_never(term)


def _column(column: Column) -> pa.Column:
    match column.type:
        case CategoryType():
            codes = list(_codes(column).values())
            dtype = int if all(isinstance(code, int) for code in codes) else str
            checks = [pa.Check.isin(codes)]
        case NumberType(interval=interval, listed=listed, decimals=decimals):
            if listed:
                checks = [pa.Check.isin([float(value) for value in listed])]
            else:
                assert interval is not None
                checks = [pa.Check.in_range(float(interval.low), float(interval.high))]
            dtype = int if decimals == 0 and not column.may_be_missing else float
            checks.append(pa.Check(lambda cells: cells.round(decimals) == cells, name="decimals"))
        case _:
            raise NotImplementedError("identifiers are not checked")
    return pa.Column(dtype, checks=checks, nullable=column.may_be_missing)


def _codes(column: Column) -> dict[str, str | int]:
    return {label: int(code.text) if code.numeric else code.text for label, code in column.codes}


def _present(numbers: tuple[pd.Series | float, ...]) -> pd.Series:
    columns = [each for each in numbers if isinstance(each, pd.Series)]
    found = columns[0].notna()
    for each in columns[1:]:
        found &= each.notna()
    return found
