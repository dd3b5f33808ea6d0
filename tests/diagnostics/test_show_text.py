"""Findings as a reader sees them in a terminal."""

import re
import unicodedata
from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st

from synllm.diagnostics.diagnostic import Diagnostic, Label, Severity
from synllm.diagnostics.show_text import render_text
from synllm.diagnostics.source import NOWHERE, Source, Span

SPEC = Source(
    "stroke.synspec",
    dedent("""\
        synspec 1
        table stroke "Cohort" {
          age : decimal(2) in 0.08..82 'a'
          work_type : one of {
            Private,
            Govt_job,
            Retired,
            children,
            Never_worked,
            Other
          }
        }
        rule child when agee <= 16 then agee >= 0
        """),
)
LIBRARY = Source("lib/vitals.synspec", "type systolic = integer in 60..260 'mm[Hg]'\n")


def place(words: str, source: Source = SPEC, nth: int = 0) -> Span:
    """The nth place of some words in a source."""
    start = [match.start() for match in re.finditer(re.escape(words), source.text)][nth]
    return Span(source, start, start + len(words))


def finding(
    primary: Label | None,
    *secondary: Label,
    headline: str = "the table has no column `agee`",
    fix: str | None = None,
    witness: tuple[tuple[str, str], ...] = (),
) -> Diagnostic:
    return Diagnostic("unknown-column", Severity.ERROR, headline, primary, secondary, fix, witness)


def assert_shown(diagnostic: Diagnostic, expected: str, width: int = 80) -> None:
    shown = render_text([diagnostic], width=width)

    body = (
        shown[shown.index("\n", shown.index("agee`")) + 1 :]
        .rsplit("\n   explain:", 1)[0]
        .rsplit("\n  explain:", 1)[0]
    )
    assert dedent(body) == dedent(expected).strip("\n")


def test_a_finding_has_headline_place_excerpt_remarks_and_count() -> None:
    shown = render_text(
        [
            finding(
                Label(place("agee"), "no such column"),
                fix="did you mean `age`?",
                witness=(("age", "61.00"), ("work_type", "Private")),
            )
        ]
    )

    assert shown == dedent("""\
        error[unknown-column]: the table has no column `agee`
          --> stroke.synspec:13:17
           |
        13 | rule child when agee <= 16 then agee >= 0
           |                 ^^^^ no such column
           patient: age = 61.00, work_type = Private
           help: did you mean `age`?
           explain: synllm explain unknown-column

        1 error
        """)


def test_nothing_found_shows_nothing() -> None:
    assert render_text([]) == ""


def test_the_page_of_a_finding_is_named_once() -> None:
    shown = render_text([finding(Label(place("agee"))), finding(Label(place("agee", nth=1)))])

    assert shown.count("synllm explain unknown-column") == 1
    assert shown.endswith("\n\n2 errors\n")


def test_labels_on_one_line_hang_under_their_spans() -> None:
    assert_shown(
        finding(Label(place("decimal(2)"), "the type"), Label(place("age"), "the name")),
        """
         --> stroke.synspec:3:9
          |
        3 |   age : decimal(2) in 0.08..82 'a'
          |   ---   ^^^^^^^^^^ the type
          |   |
          |   the name
        """,
    )


def test_labels_in_another_file_follow_under_its_name() -> None:
    assert_shown(
        finding(Label(place("age"), "here"), Label(place("systolic", LIBRARY), "and there")),
        """
         --> stroke.synspec:3:3
          |
        3 |   age : decimal(2) in 0.08..82 'a'
          |   ^^^ here
         ::: lib/vitals.synspec:1:6
          |
        1 | type systolic = integer in 60..260 'mm[Hg]'
          |      -------- and there
        """,
    )


def test_a_span_over_several_lines_has_a_bar_and_its_middle_is_left_out() -> None:
    whole = place("one of").join(place("}"))

    assert_shown(
        finding(Label(whole, "this list")),
        """
          --> stroke.synspec:4:15
           |
         4 |     work_type : one of {
           |  _______________^
         5 | |     Private,
        ...  |
        10 | |     Other
        11 | |   }
           | |___^ this list
        """,
    )


def test_a_span_that_starts_its_line_has_a_bar_alone() -> None:
    assert_shown(
        finding(Label(place("work_type").join(place("Private")))),
        """
         --> stroke.synspec:4:3
          |
        4 | /   work_type : one of {
        5 | |     Private,
          | |___________^
        """,
    )


def test_tabs_and_wide_and_combining_characters_keep_the_underline_in_place() -> None:
    source = Source("t", "\tage\t: 日本語 e\u0301x agee")

    assert_shown(
        finding(Label(place("agee", source), "here")),
        """
         --> t:1:16
          |
        1 |     age : 日本語 e\u0301x agee
          |                     ^^^^ here
        """,
    )


def test_a_long_line_is_cut_around_the_span() -> None:
    source = Source("t", "x" * 200 + " agee " + "y" * 200)

    assert_shown(
        finding(Label(place("agee", source), "here")),
        """
         --> t:1:202
          |
        1 | …xxxxxxxxxxx agee yyyyyyyyyyyyyyyyy…
          |              ^^^^ here
        """,
        width=40,
    )


def test_a_line_of_megabytes_is_drawn_at_once() -> None:
    source = Source("t", "x" * 3_000_000 + " agee " + "y" * 3_000_000)

    shown = render_text([finding(Label(place("agee", source), "here"))] * 100, width=60)

    assert shown.count("^^^^ here") == 100


def test_a_long_label_is_wrapped_beside_its_span() -> None:
    assert_shown(
        finding(Label(place("agee"), "the table has no column of this name, so nothing is known")),
        """
          --> stroke.synspec:13:17
           |
        13 | rule child when agee <= 16 then agee >= 0
           |                 ^^^^ the table has no column of
           |                      this name, so nothing is
           |                      known
        """,
        width=55,
    )


def test_the_end_of_the_file_can_be_pointed_at() -> None:
    source = Source("t", "table x {")

    assert_shown(
        finding(Label(Span(source, 9, 9), "the file ends here")),
        """
         --> t:1:10
          |
        1 | table x {
          |          ^ the file ends here
        """,
    )


def test_a_label_without_a_place_is_a_line_of_text() -> None:
    assert_shown(finding(Label(NOWHERE, "built in code")), "  built in code")


def test_a_file_without_text_is_named() -> None:
    assert_shown(
        finding(Label(Span(Source("t.csv", ""), 0, 0), "no rows")), " --> t.csv\n  no rows"
    )


def test_control_characters_are_shown_never_sent() -> None:
    source = Source("a\x1b]0;x", "rule \x1b[31m\u202e agee \x07")
    shown = render_text(
        [
            finding(
                Label(place("agee", source), "\x1b[2J"),
                headline="no column `\x1b[31m`",
                fix="\x9b31m",
                witness=(("a\nb", "\x00"),),
            )
        ]
    )

    assert "␛[31m\\u202e agee ␇" in shown
    assert "a␊b = ␀" in shown
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown)


def test_colour_adds_nothing_but_colour() -> None:
    diagnostics = [finding(Label(place("agee"), "here"), fix="did you mean `age`?")]

    coloured = render_text(diagnostics, color=True)

    plain = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert "\x1b[1;31m^^^^" in coloured
    assert [line.rstrip() for line in plain.splitlines()] == render_text(diagnostics).splitlines()


@st.composite
def findings(draw: st.DrawFn) -> Diagnostic:
    text = draw(st.text(st.sampled_from("ab \t\n\n\r\x1b日\u0301\u202eé")))
    source = Source(draw(st.text(max_size=5)), text)

    def label() -> Label:
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, len(text)))
        return Label(Span(source, start, end), draw(st.text(max_size=60)))

    return finding(label(), *(label() for _ in range(draw(st.integers(0, 3)))), fix="x")


@given(findings(), st.integers(1, 120))
def test_any_finding_can_be_drawn_and_is_only_visible_text(
    diagnostic: Diagnostic, width: int
) -> None:
    shown = render_text([diagnostic], width=width)

    assert shown.endswith("1 error\n")
    assert all(
        character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for character in shown
    )
