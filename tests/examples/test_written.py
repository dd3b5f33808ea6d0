"""Examples are written as the language reads them, and added without touching the rest."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from xml.etree import ElementTree

import pytest

from synllm.cli.main import main
from synllm.diagnostics.source import Source
from synllm.examples.written import add_examples, write_examples
from synllm.language.format import format_source
from synllm.language.load import parse_spec
from synllm.spec.model import Example
from synllm.spec.values import MISSING, NOT_APPLICABLE

ODD = """\
synspec 1

table odd "Names that need care" {
  "on thyroxine"   : one of {missing_one, "not", "a \\"b\\"", 1, 2.5}  "T"  may be missing
  missing          : integer in -9..9                                  "M"
  "hours-per-week" : decimal(2) in -1..1  "H"  applies when missing > 0  may be missing
  mean             : one of {present_one, "missing", mean, and_one}    "K"
}

rule only "R"
  always missing > -5
"""


def test_names_and_labels_are_quoted_where_they_must_be() -> None:
    examples = (
        Example(
            None,
            (
                ("on thyroxine", "not"),
                ("missing", Fraction(-3)),
                ("hours-per-week", Fraction(-1, 4)),
                ("mean", "missing"),
            ),
        ),
        Example(None, (("on thyroxine", 'a "b"'), ("hours-per-week", MISSING))),
        Example("only", (("on thyroxine", "2.5"), ("hours-per-week", NOT_APPLICABLE))),
        Example(None, ()),
    )

    text = write_examples(examples)
    spec, mistakes = parse_spec(add_examples(ODD, text))

    assert mistakes == []
    assert spec is not None
    assert spec.examples == examples
    assert format_source(Source("odd", "synspec 1\n\n" + text))[0] == "synspec 1\n\n" + text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\n", "a\n\nNEW\n"),
        ("a", "a\n\nNEW\n"),
        ("a\n\n", "a\n\nNEW\n"),
        ("a\n# end\n\n\n", "a\n# end\n\n\nNEW\n"),
        ("a\r\nb\r\n", "a\r\nb\r\n\r\nNEW\r\n"),
    ],
)
def test_a_block_goes_behind_everything_in_the_file_s_own_line_ends(
    before: str, after: str
) -> None:
    assert add_examples(before, "NEW\n") == after
    assert add_examples(before, "") == before


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_writing_keeps_every_byte_that_was_there(tmp_path: Path, mark: bytes) -> None:
    file = tmp_path / "visits.synspec"
    before = mark + (
        b'synspec 1\r\ntable  visits "V" {\r\n  age:integer in 0..99 "Age" # years\r\n}\r\n'
        b'rule adult "Adults"\r\n always age>=18\r\n'
    )
    file.write_bytes(before)

    code = main(["test", str(file), "--suggest", "--write"])
    after = file.read_bytes()

    assert code == 0
    assert after.startswith(before)
    assert after[len(before) :].count(b"\r\n") == after[len(before) :].count(b"\n") == 3
    assert b"example breaks adult { age: 17 }" in after
    assert main(["test", str(file)]) == 0


def test_a_junit_report_has_a_case_for_a_file_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.synspec", tmp_path / "bad.synspec"
    good.write_text('synspec 1\ntable t "T" {\n  a : yes/no "A"\n}\nexample ok { a: yes }\n')
    bad.write_text("synspec 1\ntable t {")

    code = main(["test", str(good), str(bad), "--format", "junit"])
    root = ElementTree.fromstring(capsys.readouterr().out)

    assert code == 2
    assert root.attrib == {
        "name": "synllm test",
        "tests": "2",
        "failures": "0",
        "errors": "1",
        "skipped": "0",
    }
    assert [suite.get("errors") for suite in root] == ["0", "1"]
