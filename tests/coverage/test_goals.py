"""What counts as covered, what is left out as impossible, and what a row would need."""

import re
from collections.abc import Sequence
from textwrap import dedent

import pandas as pd
import pytest
from hypothesis import given, settings

from synllm.coverage.clauses import Role
from synllm.coverage.measure import measure_coverage
from synllm.coverage.outline import outline_spec
from synllm.coverage.report import CoverageReport, Measure
from synllm.language import load_spec, parse_spec
from synllm.proof.possible_rows import find_possible_rows
from synllm.resources import specs_folder
from synllm.spec.evaluate import evaluate_condition, row_is_valid
from synllm.spec.expressions import Compare, Condition, HasState, Is, Within, walk
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import Truth
from tests.proof.small_specs import all_rows, small_specs

TABLE = """synspec 1
table visits "Visits" {
  age    : integer in 0..110 'a'             "Age"
  smoker : yes/no coded 1/0                  "Smokes"
  bmi    : decimal(1) in 10..98 'kg/m2'      "BMI"     may be missing coded {"NA", -9: "refused"}
  stage  : ordered {I < II < III}            "Stage"
}
"""
CASES = 'rule staged "Age decides the stage" cases age gives stage { < 40: I; >= 40: II }\n'


def read(text: str) -> Spec:
    spec, findings = parse_spec(dedent(text))
    assert spec is not None, findings
    return spec


def cover(rules: str, rows: Sequence[tuple[int, int, str, str]]) -> CoverageReport:
    table = pd.DataFrame(rows, columns=["age", "smoker", "bmi", "stage"]).astype(str)
    report, findings = measure_coverage(read(TABLE + rules), table)
    assert report is not None, findings
    return report


def gaps(report: CoverageReport, measure: Measure) -> list[str]:
    """The gaps of a measure; without the cells of a row that would do."""
    return [
        f"{gap.subject}: {gap.what}; {gap.needs.partition(', such as ')[0]}"
        + (" (impossible)" if gap.impossible else "")
        for gap in report.gaps
        if gap.measure is measure
    ]


def counts(report: CoverageReport, measure: Measure) -> tuple[int, int, int]:
    (found,) = [each for each in report.measures if each.measure is measure]
    return found.covered, found.possible, found.impossible


ADULTS = 'rule adults "Smokers are adults" when smoker is yes then age >= 18 and bmi < 60.0\n'


def test_a_rule_without_a_row_says_what_a_row_would_need() -> None:
    report = cover(ADULTS, [(30, 0, "25.0", "I")])

    assert gaps(report, Measure.STATEMENTS) == [
        "adults: no row exercises it; a row where smoker is yes"
    ]
    assert not report.of("adults").exercised


def test_a_rule_whose_conclusion_is_unknown_is_not_exercised() -> None:
    report = cover(ADULTS, [(30, 1, "NA", "I")])

    assert gaps(report, Measure.STATEMENTS) == [
        "adults: no row exercises it; "
        "a row where smoker is yes, and `age >= 18 and bmi < 60.0` is known"
    ]


def test_a_clause_is_covered_once_it_came_out_both_ways() -> None:
    report = cover(ADULTS, [(30, 1, "25.0", "I"), (17, 0, "25.0", "I")])

    assert gaps(report, Measure.CLAUSES) == [
        "adults: `bmi < 60.0` is never false; a row with bmi 60.0"
    ]
    assert counts(report, Measure.CLAUSES) == (5, 6, 0)


def test_an_operand_decides_alone_where_the_others_would_not() -> None:
    report = cover(ADULTS, [(17, 0, "25.0", "I"), (17, 0, "70.0", "I")])
    (junction,) = report.of("adults").junctions

    assert [(each.text, each.decides_alone) for each in junction.operands] == [
        ("age >= 18", 1),
        ("bmi < 60.0", 0),
    ]
    assert gaps(report, Measure.OPERANDS) == [
        "adults: `bmi < 60.0` never decides its `and` alone; a row where only this part is false"
    ]


def test_what_words_leave_open_is_shown_by_the_cells_of_a_row() -> None:
    report = cover(ADULTS, [(17, 0, "25.0", "I"), (17, 0, "70.0", "I")])
    needs = [gap.needs for gap in report.gaps if gap.measure is Measure.OPERANDS]

    assert len(needs) == 1
    found = re.fullmatch(r".* is false, such as age (\d+), bmi ([\d.]+)", needs[0])
    assert found is not None
    assert int(found[1]) >= 18
    assert float(found[2]) >= 60


def test_values_absences_and_each_of_several_missing_codes_are_wanted() -> None:
    report = cover("", [(30, 1, "-9.0", "II")])

    assert gaps(report, Measure.VALUES) == [
        "smoker: smoker is never no; a row with smoker no",
        'bmi: bmi is never missing by the code "NA"; a row with "NA" in bmi',
        "stage: stage is never I; a row with stage I",
        "stage: stage is never III; a row with stage III",
    ]
    assert [each.rows for each in report.column("bmi").missing_codes] == [0, 1]
    assert [each.reason for each in report.column("bmi").missing_codes] == [None, "refused"]


def test_a_null_of_a_typed_table_is_missing_without_a_code() -> None:
    table = pd.DataFrame({"age": [1, 2], "smoker": [1, 0], "bmi": [None, 20.5], "stage": "I"})
    report, _ = measure_coverage(read(TABLE), table)

    assert report is not None
    assert [(each.code, each.rows) for each in report.column("bmi").missing_codes] == [
        ("NA", 0),
        ("-9", 0),
        (None, 1),
    ]


def test_a_boundary_names_the_value_beside_it_and_the_nearest_seen() -> None:
    rows = [(0, 0, "10.0", "I"), (18, 1, "98.0", "I"), (15, 0, "59.9", "I"), (110, 0, "NA", "I")]
    report = cover(ADULTS, rows)

    assert gaps(report, Measure.BOUNDARIES) == [
        "adults: age is never 17, just below 18 (nearest: 15); a row with age 17",
        "adults: bmi is never 60.0; a row with bmi 60.0",
    ]
    assert counts(report, Measure.BOUNDARIES) == (6, 8, 0)


def test_what_the_hard_rules_rule_out_does_not_count() -> None:
    report = cover('rule minors "Nobody is a minor" always age >= 18\n', [(30, 1, "25.0", "I")])

    assert gaps(report, Measure.CLAUSES) == [
        "minors: `age >= 18` is never false; a row with age 17 (impossible)"
    ]
    assert counts(report, Measure.CLAUSES) == (1, 1, 1)


def test_a_row_that_breaks_a_rule_covers_what_no_valid_row_could() -> None:
    report = cover('rule minors "Nobody is a minor" always age >= 18\n', [(7, 1, "25.0", "I")])

    assert counts(report, Measure.CLAUSES) == (1, 2, 0)


def test_rules_that_clash_leave_everything_wanted_and_say_so() -> None:
    clash = 'rule a "A" always age >= 18\nrule b "B" always age < 18\n'
    report = cover(clash, [(30, 1, "25.0", "I")])

    assert not any(gap.impossible for gap in report.gaps)
    assert report.notes == ("no row can obey all hard rules: see synllm check",)


def test_a_soft_rule_rules_nothing_out() -> None:
    soft = 'usually minors "Adults" in at least 90% of cases always age >= 18\n'
    report = cover(soft, [(30, 1, "25.0", "I")])

    assert counts(report, Measure.CLAUSES) == (1, 2, 0)


def test_each_line_of_a_decision_table_has_its_counts() -> None:
    rows = [(30, 0, "NA", "I"), (31, 0, "NA", "II"), (50, 0, "NA", "II"), (39, 0, "NA", "I")]
    report = cover(CASES, rows)
    staged = report.of("staged")

    assert [(each.text, each.taken, each.kept, each.broken) for each in staged.lines] == [
        ("< 40: I", 3, 2, 1),
        (">= 40: II", 1, 1, 0),
    ]
    assert [(each.role, each.text, each.rows.true) for each in staged.clauses] == [
        (Role.LINE, "< 40", 3),
        (Role.GIVES, "I", 2),
        (Role.LINE, ">= 40", 1),
        (Role.GIVES, "II", 2),
    ]
    assert staged.junctions == ()
    assert gaps(report, Measure.BOUNDARIES)[0] == "staged: age is never 40; a row with age 40"


def test_unreadable_cells_are_noted_and_unknown() -> None:
    report = cover(ADULTS, [(300, 1, "25.0", "I")])
    when, age, bmi = report.of("adults").clauses

    assert report.notes == ("1 cell can't be read: see synllm validate",)
    assert [each.rows.unknown for each in (when, age, bmi)] == [0, 1, 0]


def test_a_table_without_rows_worth_the_name_covers_nothing() -> None:
    spec = read(TABLE + ADULTS)
    table = pd.DataFrame({"age": ["x"], "smoker": ["x"], "bmi": ["x"], "stage": ["x"]})

    report, _ = measure_coverage(spec, table)

    assert report is not None
    assert report.percent == 0


@pytest.mark.parametrize("name", ["stroke", "cirrhosis", "diabetes"])
def test_every_clause_of_a_shipped_spec_is_listed_once_at_its_place(name: str) -> None:
    spec, findings = load_spec(specs_folder() / f"{name}.synspec")
    assert spec is not None, findings
    outline = outline_spec(spec, lower(spec))
    listed = [each.condition.span for part in outline.statements for each in part.clauses]
    conditions = [c for r in spec.rules for c in (r.when, r.then) if c is not None]
    conditions += [c.applies_when for c in spec.columns if c.applies_when is not None]
    written = [
        part.span
        for condition in conditions
        for part in walk(condition)
        if isinstance(part, Compare | Within | Is | HasState)
    ]

    assert {(each.source.name, each.start, each.end) for each in listed} == {
        (each.source.name, each.start, each.end) for each in written
    }
    assert len(listed) == len(written) > 5


@given(small_specs(rules=3))
@settings(max_examples=60)
def test_only_what_no_valid_row_shows_is_called_impossible(spec: Spec) -> None:
    core = lower(spec)
    wanted = outline_spec(spec, core).conditions()
    valid = [row for row in all_rows(spec) if row_is_valid(row, spec)]

    found = find_possible_rows(spec, core, wanted, range(len(wanted)), 2_000_000)

    if not valid:
        assert found is None or not found.rows
        return
    shown = {
        place
        for place, condition in enumerate(wanted)
        if any(evaluate_condition(condition, row, spec) is Truth.TRUE for row in valid)
    }
    assert found is not None
    assert not found.impossible & shown
    assert shown >= found.rows.keys()
    for place, row in found.rows.items():
        assert row in valid
        assert evaluate_condition(wanted[place], row, spec) is Truth.TRUE
    assert len(wanted) - len(found.impossible) - len(found.rows) <= unanswered(wanted)


def unanswered(wanted: Sequence[Condition]) -> int:
    """How many questions may stay open: those about products of columns."""
    return sum("Arithmetic" in repr(condition) for condition in wanted)
