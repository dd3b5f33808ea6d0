"""A spec's rules as SQL over natively typed columns: the counts by DuckDB.

SQL's NULL logic is the logic of the rules, as long as no column can be not applicable and no
arithmetic undefined; a spec with either is refused.
"""

from fractions import Fraction
from typing import assert_never

import duckdb
import pyarrow as pa

from synllm.columns.batch import PRESENT, Batch
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
from synllm.spec.model import Rule, Spec
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING

Counts = tuple[int, int, int, int, int]


def load_table(batch: Batch, spec: Spec, threads: int) -> duckdb.DuckDBPyConnection:
    """Return a connection whose table `rows` holds the batch: numbers, enums, NULL for missing."""
    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    arrays, casts = {}, []
    for column in spec.generated_columns:
        absent = batch.states[column.name] != PRESENT
        values = batch.values[column.name]
        name = quote(column.name)
        match column.type:
            case NumberType(decimals=0):
                arrays[column.name] = pa.array(values, mask=absent)
                casts.append(f"{name}::INTEGER AS {name}")
            case NumberType(decimals=decimals):
                arrays[column.name] = pa.array(values / 10**decimals, mask=absent)
                casts.append(name)
            case CategoryType(labels=labels):
                codes = pa.array(values, mask=absent).fill_null(0).cast(pa.int32())
                texts = pa.DictionaryArray.from_arrays(
                    pa.array(codes.to_numpy(), mask=absent), pa.array(labels)
                )
                arrays[column.name] = texts
                kind = ", ".join(literal(label) for label in labels)
                casts.append(f"{name}::ENUM({kind}) AS {name}")
    incoming = pa.table(arrays)
    connection.register("incoming", incoming)
    connection.execute(f"CREATE TABLE rows AS SELECT {', '.join(casts)} FROM incoming")
    connection.unregister("incoming")
    return connection


def count_query(spec: Spec) -> str:
    """Return one SELECT with holds, violated and not triggered of every rule, and the rows."""
    selected = ["count(*)"]
    for rule in spec.rules:
        when, then = _when(rule, spec), condition_sql(rule.then, spec)
        selected += [
            f"count(*) FILTER (WHERE {when} AND {then})",
            f"count(*) FILTER (WHERE {when} AND NOT {then})",
            f"count(*) FILTER (WHERE NOT {when})",
        ]
    return f"SELECT {', '.join(selected)} FROM rows"


def count_verdicts(connection: duckdb.DuckDBPyConnection, query: str, spec: Spec) -> list[Counts]:
    """Return each rule's five counts, in the order of the verdicts."""
    row = connection.execute(query).fetchone()
    assert row is not None
    total, *numbers = row
    counted = zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)
    return [
        (holds, violated, quiet, total - holds - violated - quiet, 0)
        for holds, violated, quiet in counted
    ]


def condition_sql(condition: Condition, spec: Spec) -> str:
    """Return the condition as a SQL expression that is NULL where the condition is unknown."""
    match condition:
        case Compare(operator=sign, left=left, right=right):
            return f"({term_sql(left, spec)} {sign} {term_sql(right, spec)})"
        case Within(term=term, intervals=intervals):
            inner = term_sql(term, spec)
            return _join("OR", [_interval_sql(inner, each) for each in intervals])
        case Is(column=name, labels=labels):
            return f"({quote(name)} IN ({', '.join(literal(label) for label in sorted(labels))}))"
        case HasState(column=name, state=state):
            assert spec.by_name[name].applies_when is None, "NULL is missing, nothing else"
            if state is None or state is MISSING:
                return f"({quote(name)} IS {'NOT NULL' if state is None else 'NULL'})"
            return "false"
        case Not(operand=operand):
            return f"(NOT {condition_sql(operand, spec)})"
        case And(operands=operands):
            return _join("AND", [condition_sql(each, spec) for each in operands])
        case Or(operands=operands):
            return _join("OR", [condition_sql(each, spec) for each in operands])
        case Iff(left=left, right=right):
            return f"({condition_sql(left, spec)} = {condition_sql(right, spec)})"
        case Count():
            raise NotImplementedError("counting conditions is not translated")
        case _:
            assert_never(condition)


def term_sql(term: Term, spec: Spec) -> str:
    """Return the term as a SQL expression."""
    match term:
        case Number(value=value):
            return number_sql(value)
        case ColumnValue(column=name):
            assert spec.by_name[name].derivation is None, "derived columns are not translated"
            return quote(name)
        case Rank(column=name):
            return f"enum_code({quote(name)})"
        case Arithmetic(operator="/"):
            raise NotImplementedError("SQL's quotient by zero is NULL, the rules' is undefined")
        case Arithmetic(operator=sign, left=left, right=right):
            return f"({term_sql(left, spec)} {sign} {term_sql(right, spec)})"
        case Call(function="abs", operands=(operand,)):
            return f"abs({term_sql(operand, spec)})"
        case Round(operand=operand, places=0):
            return f"floor({term_sql(operand, spec)} + 0.5)"
        case Convert(operand=operand, factor=factor, offset=offset):
            inner = term_sql(operand, spec)
            return f"({inner} * {number_sql(factor)} + {number_sql(offset)})"
        case Call() | Round():
            raise NotImplementedError("this function is not translated")
        case _:
            assert_never(term)


def number_sql(value: Fraction) -> str:
    """Return a number as a literal of the columns' own types."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value)!r}::DOUBLE"


def quote(name: str) -> str:
    """Return a column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def _when(rule: Rule, spec: Spec) -> str:
    return "true" if rule.when is None else condition_sql(rule.when, spec)


def _interval_sql(inner: str, interval: Interval) -> str:
    ends = []
    if interval.low is not None:
        ends.append(f"{inner} {'>' if interval.low_open else '>='} {number_sql(interval.low)}")
    if interval.high is not None:
        ends.append(f"{inner} {'<' if interval.high_open else '<='} {number_sql(interval.high)}")
    return _join("AND", ends)


def _join(word: str, parts: list[str]) -> str:
    return "(" + f" {word} ".join(parts) + ")" if parts else "true"
