"""What a report says of a table: counts, support, offenders with their values, unreadable cells."""

from io import StringIO
from pathlib import Path
from textwrap import dedent

import pandas as pd
import pytest
from rich.console import Console

from synllm.language import parse_spec
from synllm.spec.model import Spec
from synllm.validate.report import Outcome, Report
from synllm.validate.show_text import report_text, show_report
from synllm.validate.validate import validate_table

SPEC_TEXT = """synspec 1
table visits "Visits" {
  id        : identifier                                "Key"
  age       : decimal(2) in 0..120 'a'                  "Age"
  sex       : one of {Female, Male}                     "Sex"
  work_type : one of {Private, children}                "Occupation"
  married   : yes/no coded "Yes"/"No"                   "Married"  may be missing coded "NA"
  systolic  : integer in 60..260 'mm[Hg]'               "Upper"    may be missing coded "NA"
  diastolic : integer in 20..200 'mm[Hg]'               "Lower"    may be missing coded "NA"
  births    : integer in 0..20                          "Births"   applies when sex is Female coded 0
  systolic, diastolic are missing together
}

derived pressure : integer in 10..120 'mm[Hg]' = systolic - diastolic rounded half up

rule child_status "Children recorded as such are at most 16 and unmarried"
  when work_type is children then age <= 16 and married is no

rule pressure_ratio "The upper pressure is above the lower one"
  when systolic is present
  then systolic / (diastolic - 60) > 1
    or age < 1

rule adults "Married people are 18 to 110"
  when married is yes then 18 <= age < 110

usually seniors "Workers are mostly above 30" in at least 90% of cases
  when work_type is Private then age > 30

rule grand_mothers "Women above 100 have given birth"
  when sex is Female and age > 100 then births >= 1
"""


@pytest.fixture(scope="module")
def spec() -> Spec:
    spec, findings = parse_spec(SPEC_TEXT)
    assert spec is not None, findings
    return spec


ROWS = """id,age,sex,work_type,married,systolic,diastolic,births,pressure
1,40.00,Female,children,Yes,120,80,2,40
2,35,Male,Private,No,120,60,0,61
3,17.5,Male,Private,NA,NA,80,3,
4,1e1,Female,children,No,250,80,0,170
5,x,Female,Private,No,NA,NA,0,
6,64.123,Female,Private,Sometimes,120,80,-1,40
"""


@pytest.fixture(scope="module")
def report(spec: Spec, tmp_path_factory: pytest.TempPathFactory) -> Report:
    path = tmp_path_factory.mktemp("visits") / "visits.csv"
    path.write_text(ROWS)
    report, findings = validate_table(spec, path)
    assert report is not None, findings
    return report


def test_the_five_counts_of_every_statement(report: Report) -> None:
    found = {
        f"{each.name} ({each.kind})": list(each.counts.model_dump().values())
        for each in report.statements
    }

    assert found == {
        "births (applicability)": [4, 1, 0, 1, 0],
        "pressure (derived range)": [3, 1, 0, 2, 0],
        "systolic, diastolic are missing together (missing together)": [1, 1, 4, 0, 0],
        "child_status (rule)": [1, 1, 2, 2, 0],
        "pressure_ratio (rule)": [2, 0, 1, 2, 1],
        "adults (rule)": [1, 0, 2, 3, 0],
        "seniors (rule)": [1, 1, 2, 2, 0],
        "grand_mothers (rule)": [0, 0, 4, 2, 0],
        "derived pressure (rule)": [3, 1, 0, 2, 0],
    }


def test_support_is_holds_among_holds_and_violated(report: Report) -> None:
    assert report.of("child_status").support == 0.5
    assert report.of("adults").support == 1
    assert report.of("grand_mothers").support is None


def test_what_the_counts_amount_to(report: Report) -> None:
    assert report.of("child_status").outcome is Outcome.BROKEN
    assert report.of("pressure_ratio").outcome is Outcome.BROKEN
    assert report.of("adults").outcome is Outcome.OBEYED
    assert report.of("seniors").outcome is Outcome.BELOW_SHARE
    assert report.of("grand_mothers").outcome is Outcome.NOT_EXERCISED
    assert not report.clean
    assert report.broken_rows == 6


def drawing(report: Report, name: str) -> str:
    (offender, *_) = report.of(name).offenders
    return "\n".join(offender.drawing)


def picture(text: str) -> str:
    return dedent(text).strip("\n")


def test_every_sub_expression_is_drawn_under_the_text(report: Report) -> None:
    assert drawing(report, "child_status") == picture("""
        when work_type is children then age <= 16 and married is no
             ╰ children                 ╰ 40.00       ╰ yes
             ╰────────true───────╯      ╰─false─╯     ╰───false───╯
                                        ╰──────────false──────────╯
    """)


def test_a_rule_over_several_lines_is_drawn_line_by_line(report: Report) -> None:
    assert drawing(report, "pressure_ratio") == picture("""
        when systolic is present
             ╰ 120
             ╰───────true──────╯
        then systolic / (diastolic - 60) > 1
             ╰ 120       ╰ 60
                         ╰─────0──────╯
             ╰────────undefined────────╯
             ╰──────────undefined──────────╯
          or age < 1
             ╰ 35.00
             ╰false╯
          ╰ undefined
    """)


def test_a_groups_and_an_absent_cells_values_are_listed(report: Report) -> None:
    assert drawing(report, "systolic, diastolic are missing together") == (
        "systolic: missing, diastolic: 80"
    )
    assert drawing(report, "births").startswith("births: 3\n")


def test_offenders_carry_row_line_and_cells(report: Report) -> None:
    (offender,) = report.of("derived pressure").offenders

    assert (offender.row, offender.line, offender.verdict) == (2, 3, "violated")
    assert offender.cells == {"pressure in the table": "61", "systolic": "120", "diastolic": "60"}


def test_unreadable_cells_are_counted_by_kind_and_shown_by_row(report: Report) -> None:
    found = {
        each.column: [(cell.row, cell.line, cell.text, str(cell.problem)) for cell in each.first]
        for each in report.unreadable
    }

    assert found == {
        "age": [(5, 6, "x", "not a number"), (6, 7, "64.123", "more decimals than declared")],
        "married": [(6, 7, "Sometimes", "not one of the declared codes")],
        "births": [(6, 7, "-1", "outside the declared range")],
    }


def test_a_report_survives_json(report: Report) -> None:
    assert Report.model_validate_json(report.model_dump_json()) == report


def test_only_the_asked_number_of_offenders_is_kept(spec: Spec) -> None:
    table = pd.DataFrame(
        {
            "age": [40.0] * 9,
            "sex": "Male",
            "work_type": "children",
            "married": True,
            "systolic": None,
            "diastolic": None,
            "births": 0,
        }
    )

    report, findings = validate_table(spec, table, offenders=2)

    assert report is not None, findings
    assert report.of("child_status").counts.violated == 9
    assert [each.row for each in report.of("child_status").offenders] == [1, 2]
    assert [each.line for each in report.of("child_status").offenders] == [None, None]


def test_a_table_below_a_soft_rules_share_is_still_clean(spec: Spec) -> None:
    table = pd.DataFrame(
        {
            "age": [20.0],
            "sex": "Male",
            "work_type": "Private",
            "married": False,
            "systolic": None,
            "diastolic": None,
            "births": 0,
        }
    )

    report, findings = validate_table(spec, table)

    assert report is not None, findings
    assert report.of("seniors").outcome is Outcome.BELOW_SHARE
    assert report.clean
    assert "warning: seniors holds in 0%" in report_text(report)


def test_progress_counts_the_rows(spec: Spec, tmp_path: Path) -> None:
    path = tmp_path / "visits.csv"
    path.write_text(ROWS)
    seen: list[int] = []

    validate_table(spec, path, progress=seen.append)

    assert seen == [6]


def test_the_text_page_says_it_all(report: Report) -> None:
    page = report_text(report)

    assert "visits.csv against visits: 6 rows" in page
    assert "2 cells of `age` can't be read" in page
    assert "  row 5 (line 6): “x”, not a number" in page
    assert "child_status: Children recorded as such are at most 16 and unmarried" in page
    assert "  row 1 (line 2), violated" in page
    assert "undefined: a division by zero" in page
    assert "no row exercised it" in page
    assert "6 of 6 rows break a rule or have an unreadable cell." in page
    assert "\x1b" not in page
    assert all(line == line.rstrip() for line in page.splitlines())


def test_a_terminal_gets_the_same_words_in_colour(report: Report) -> None:
    stream = StringIO()

    show_report(report, Console(file=stream, force_terminal=True, width=120))

    assert "\x1b[" in stream.getvalue()
    assert "child_status" in stream.getvalue()


def test_a_spec_without_rules_still_reads_every_cell() -> None:
    spec, findings = parse_spec(
        'synspec 1\ntable t "T" {\n  age : integer in 0..9 \'a\' "Age"\n}\n'
    )
    assert spec is not None, findings

    report, _ = validate_table(spec, pd.DataFrame({"age": [1, 12, None]}))

    assert report is not None
    assert (report.rows, report.broken_rows, report.statements) == (3, 2, ())
    assert {str(kind): count for kind, count in report.unreadable[0].kinds.items()} == {
        "outside the declared range": 1,
        "empty, but the column may not be missing": 1,
    }
    assert "row 3: empty, empty, but" not in report_text(report)
