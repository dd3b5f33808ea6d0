"""Every count of a coverage report is the one found row by row in the defining semantics."""

from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random
from unittest.mock import patch

import pandas as pd
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from synllm.coverage.measure import measure_coverage
from synllm.coverage.report import CoverageReport, Truths
from synllm.spec.boundaries import condition_boundaries
from synllm.spec.cells import CellProblem, code_matches, read_row, write_cell
from synllm.spec.evaluate import column_value, evaluate_condition
from synllm.spec.expressions import (
    And,
    Compare,
    Condition,
    HasState,
    Is,
    Not,
    Or,
    Within,
    children,
    walk,
)
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.passes.lower import written_columns
from synllm.spec.types import CategoryType, IdentifierType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Row, Truth, Value
from tests.specs_in_code import cirrhosis_like, stroke_like
from tests.strategies import Size, random_row, random_spec

UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)
"""A smaller seed is no simpler table."""

NOISE = ["", "NA", "none", "Unknown", "x", "-0", "1.0", "007", " 2 ", "0.333", "1e9"]


class Reference:
    """The rows of a table, each read and judged by itself."""

    def __init__(self, spec: Spec, table: pd.DataFrame) -> None:
        self.spec = spec
        self.cells: list[dict[str, str | None]] = table.astype(object).to_dict("records")
        read = [read_row(spec, cells) for cells in self.cells]
        self.unreadable = [
            {name for name, value in row.items() if isinstance(value, CellProblem)} for row in read
        ]
        self.rows: list[Row] = [
            {n: MISSING if isinstance(v, CellProblem) else v for n, v in row.items()}
            for row in read
        ]

    def truths(self, condition: Condition) -> list[Truth]:
        names = set(written_columns((condition,), self.spec))
        return [
            Truth.UNKNOWN if names & bad else evaluate_condition(condition, row, self.spec)
            for row, bad in zip(self.rows, self.unreadable, strict=True)
        ]

    def count(self, condition: Condition) -> Truths:
        counts = Counter(self.truths(condition))
        return Truths(**{truth.value: counts[truth] for truth in Truth})

    def values(self, column: Column) -> list[Value | None]:
        """A column's value on each row, None where a cell that it needs can't be read."""
        names = set(written_columns((HasState(column.name, None),), self.spec))
        return [
            None if names & bad else column_value(column, row, self.spec)
            for row, bad in zip(self.rows, self.unreadable, strict=True)
        ]

    def having(self, column: Column, test: Callable[[Value], bool]) -> int:
        return sum(value is not None and test(value) for value in self.values(column))


def random_table(random: Random, spec: Spec, rows: int) -> pd.DataFrame:
    columns = [column for column in spec.columns if column.is_generated]
    table = []
    for _ in range(rows):
        row = random_row(random, spec)
        cells: dict[str, str | None] = {c.name: write_cell(c, row[c.name]) for c in columns}
        if random.random() < 0.3:
            cells[random.choice(columns).name] = random.choice([*NOISE, None])
        table.append(cells)
    return pd.DataFrame(table, dtype="object")


def atoms(condition: Condition) -> Iterator[Condition]:
    """The comparisons, memberships and tests of a state; one with the `not` right before it."""
    match condition:
        case Compare() | Within() | Is() | HasState():
            yield condition
        case Not(operand=Compare() | Within() | Is() | HasState()):
            yield condition
        case _:
            for child in children(condition):
                yield from atoms(child)  # type: ignore[arg-type]


def conditions_of(spec: Spec) -> list[tuple[str, tuple[Condition, ...]]]:
    """The conditions of each rule and of each column's applicability, by name."""
    applying = [(c.name, (c.applies_when,)) for c in spec.columns if c.applies_when is not None]
    rules = [(r.name, (r.then,) if r.when is None else (r.when, r.then)) for r in spec.rules]
    return [*applying, *rules]


def cover(spec: Spec, table: pd.DataFrame) -> CoverageReport:
    """The report of a table that comes in several batches."""
    with patch("synllm.validate.typed_table.BATCH_ROWS", 13):
        report, findings = measure_coverage(spec, table)
    assert report is not None, findings
    return report


def check_clauses(report: CoverageReport, spec: Spec, reference: Reference) -> None:
    parts = [each for each in report.statements if each.kind in ("applicability", "rule")]
    for statement, (name, conditions) in zip(parts, conditions_of(spec), strict=True):
        expected = [reference.count(atom) for one in conditions for atom in atoms(one)]

        assert statement.name == name
        assert [clause.rows for clause in statement.clauses] == expected


def check_junctions(report: CoverageReport, spec: Spec, reference: Reference) -> None:
    parts = [each for each in report.statements if each.kind in ("applicability", "rule")]
    for statement, (_, conditions) in zip(parts, conditions_of(spec), strict=True):
        found = [part for one in conditions for part in walk(one) if isinstance(part, And | Or)]
        for junction, part in zip(statement.junctions, found, strict=True):
            decides, others = (
                (Truth.FALSE, Truth.TRUE) if isinstance(part, And) else (Truth.TRUE, Truth.FALSE)
            )
            columns = set(written_columns((part,), spec))
            by_row = list(zip(*(reference.truths(each) for each in part.operands), strict=True))

            assert junction.rows == reference.count(part)
            for place, operand in enumerate(junction.operands):
                assert operand.decides_alone == sum(
                    not columns & bad
                    and truths[place] is decides
                    and all(t is others for at, t in enumerate(truths) if at != place)
                    for truths, bad in zip(by_row, reference.unreadable, strict=True)
                )


def check_columns(report: CoverageReport, spec: Spec, reference: Reference) -> None:
    for column in spec.generated_columns:
        found = report.column(column.name)
        values = reference.values(column)
        numbers = [value for value in values if isinstance(value, Fraction)]
        kind = column.type
        shown = dict.fromkeys([*found.values, *found.ends])
        for each in shown:
            wanted = each.value if isinstance(kind, CategoryType) else Fraction(each.value)

            assert each.rows == values.count(wanted)
        if isinstance(kind, CategoryType):
            assert [each.value for each in found.values] == list(kind.labels)
        if isinstance(kind, NumberType) and numbers:
            assert (found.least, found.greatest) == (
                kind.written(min(numbers)),
                kind.written(max(numbers)),
            )
        assert found.present == sum(isinstance(value, Fraction | str) for value in values)
        assert found.unreadable == values.count(None)
        specials = {"missing": MISSING, "not applicable": NOT_APPLICABLE}
        for absence in found.absences:
            assert absence.rows == values.count(specials[absence.value])
        missing = [
            cells[column.name]
            for cells, value in zip(reference.cells, values, strict=True)
            if value is MISSING
        ]
        assert sum(each.rows for each in found.missing_codes) == len(missing)
        for code, declared in zip(found.missing_codes, column.missing_codes, strict=False):
            assert code.rows == sum(
                t is not None and code_matches(declared.code, t) for t in missing
            )


def check_thresholds(report: CoverageReport, spec: Spec, reference: Reference) -> None:
    expected: dict[tuple[str, Fraction], set[Fraction]] = {}
    for _, conditions in conditions_of(spec):
        for condition in conditions:
            for each in condition_boundaries(condition, spec):
                edge = expected.setdefault((each.column, each.threshold), set())
                edge.update(near.value for near in each.edge)
    assert len(report.thresholds) == len(expected)
    order = [column.name for column in spec.columns]
    ordered = sorted(expected, key=lambda key: (order.index(key[0]), key[1]))
    for found, (name, threshold) in zip(report.thresholds, ordered, strict=True):
        column = spec.by_name[name]
        numbers = [v for v in reference.values(column) if isinstance(v, Fraction)]

        assert found.column == name
        for near in found.neighbours:
            assert near.rows == numbers.count(Fraction(near.value))
            assert near.edge == (Fraction(near.value) in expected[name, threshold])
        if column.derivation is None:
            below = max((value for value in numbers if value < threshold), default=None)
            above = min((value for value in numbers if value > threshold), default=None)
            seen = [found.nearest_below, found.nearest_above]
            assert [None if text is None else Fraction(text) for text in seen] == [below, above]


def check(spec: Spec, table: pd.DataFrame) -> CoverageReport:
    report, reference = cover(spec, table), Reference(spec, table)
    check_clauses(report, spec, reference)
    check_junctions(report, spec, reference)
    check_columns(report, spec, reference)
    check_thresholds(report, spec, reference)
    for statement in report.statements:
        rule = next((each for each in spec.rules if each.name == statement.name), None)
        if statement.kind == "rule":
            assert rule is not None
            assert statement.conclusion == reference.count(rule.then)
            expected = None if rule.when is None else reference.count(rule.when)
            assert statement.condition == expected
    return report


@given(st.integers(), st.sampled_from(["small", "wide"]))
@settings(max_examples=40, phases=UNSHRUNK)
def test_random_specs_are_counted_row_by_row(seed: int, size: Size) -> None:
    random = Random(seed)
    spec = random_spec(random, size)

    check(spec, random_table(random, spec, 40))


@given(st.integers())
@settings(max_examples=5, phases=UNSHRUNK)
def test_codes_shared_by_a_value_and_an_absence_are_counted_alike(seed: int) -> None:
    random = Random(seed)
    for spec in (cirrhosis_like(), stroke_like()):
        check(spec, random_table(random, spec, 40))


def test_the_random_tables_show_every_outcome() -> None:
    outcomes: Counter[str] = Counter()
    decided, near, unreadable, nulls = 0, 0, 0, 0
    for seed in range(60):
        random = Random(seed)
        spec = random_spec(random)
        report = check(spec, random_table(random, spec, 30))
        for statement in report.statements:
            for clause in statement.clauses:
                outcomes.update(clause.rows.model_dump())
            decided += sum(o.decides_alone for j in statement.junctions for o in j.operands)
        near += sum(n.rows for each in report.thresholds for n in each.neighbours)
        unreadable += sum(column.unreadable for column in report.columns)
        nulls += sum(
            c.rows for column in report.columns for c in column.missing_codes if not c.code
        )

    assert min(outcomes.values()) > 100
    assert min(decided, near, unreadable, nulls) > 20


def test_identifiers_are_left_alone() -> None:
    spec = stroke_like()
    report = check(spec, random_table(Random(1), spec, 10))

    assert isinstance(spec.columns[0].type, IdentifierType)
    assert [each.name for each in report.columns] == [c.name for c in spec.generated_columns]
    assert all(isinstance(rule, Rule) for rule in spec.rules)
