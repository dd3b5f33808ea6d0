"""Tables of every kind come out as the same texts; what is no table is refused in one clear way."""

import json
import random
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from synllm.diagnostics.diagnostic import has_errors
from synllm.language import parse_spec
from synllm.spec.model import Spec
from synllm.validate.read_table import open_table

SPEC_TEXT = """synspec 1
table visits "Visits" {
  id     : identifier                       "Key"
  age    : decimal(1) in 0..120 'a'         "Age"
  smokes : yes/no coded 1/0                 "Smokes"
  ward   : one of {A, "B 2"}                "Ward"  may be missing coded {"", "NA"}
}
"""
HEADER = ("id", "age", "smokes", "ward")
TEXTS = [["61.5", "1", "A"], ["7", "0", "B 2"], ["80", "1", ""]]


@pytest.fixture(scope="module")
def spec() -> Spec:
    spec, findings = parse_spec(SPEC_TEXT)
    assert spec is not None, findings
    return spec


def texts(table: Path | pd.DataFrame, spec: Spec) -> list[list[str | None]]:
    opened, findings = open_table(table, spec)
    assert opened is not None, findings
    rows = [list(row.values()) for batch in opened.batches for row in batch.to_pylist()]
    assert not has_errors(opened.problems), opened.problems
    return rows


def finding(path: Path, spec: Spec) -> tuple[str, str]:
    """The name and words of the one finding that refuses a file, found at once or on the way."""
    opened, findings = open_table(path, spec)
    if opened is not None:
        list(opened.batches)
        findings = opened.problems
    (found,) = [each for each in findings if each.severity == "error"]
    return found.finding, f"{found.headline}; {found.fix}"


def write(folder: Path, content: str | bytes, name: str = "visits.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


LINES = "id,age,smokes,ward\n1,61.5,1,A\n2,7,0,B 2\n3,80,1,\n"


@pytest.mark.parametrize(
    "content",
    [
        LINES,
        LINES.rstrip("\n"),
        "\ufeff" + LINES,
        LINES.replace("\n", "\r\n"),
        LINES.replace("\n", "\r"),
        LINES.replace(",", ";"),
        LINES.replace(",", "\t"),
        LINES.replace(",", "|"),
        LINES.replace("\n", "\n\n"),
        LINES.replace("B 2", '"B 2"').replace("ward", '"ward"'),
    ],
    ids=["plain", "open end", "BOM", "CRLF", "CR", "semicolon", "tab", "bar", "gaps", "quoted"],
)
def test_text_tables_of_every_make_read_alike(content: str, tmp_path: Path, spec: Spec) -> None:
    assert texts(write(tmp_path, content), spec) == TEXTS


def test_columns_may_come_in_any_order_and_keys_may_be_absent(tmp_path: Path, spec: Spec) -> None:
    path = write(tmp_path, "ward,smokes,age\nA,1,61.5\n")

    assert texts(path, spec) == [["A", "1", "61.5"]]


def test_line_breaks_and_separators_inside_quotes_belong_to_the_cell(
    tmp_path: Path, spec: Spec
) -> None:
    path = write(tmp_path, 'id,age,smokes,ward\n1,61,1,A\n2,7,0,"B, ""2""\nx"\n3,8,0,A\n')
    opened, _ = open_table(path, spec)
    assert opened is not None

    assert texts(path, spec) == [["61", "1", "A"], ["7", "0", 'B, "2"\nx'], ["8", "0", "A"]]
    assert opened.locate([1, 3]) == {1: 2, 3: 5}


def test_a_quote_after_millions_of_bytes_is_read_like_an_early_one(
    tmp_path: Path, spec: Spec
) -> None:
    plain = "1,61.5,1,A\n" * 900_000
    path = write(tmp_path, "id,age,smokes,ward\n" + plain + '2,7,0,"B\n2"\n3,8,1,A\n')
    opened, _ = open_table(path, spec)
    assert opened is not None

    batches = list(opened.batches)

    assert sum(batch.num_rows for batch in batches) == 900_002
    assert batches[-1].to_pylist()[-2:] == [
        {"age": "7", "smokes": "0", "ward": "B\n2"},
        {"age": "8", "smokes": "1", "ward": "A"},
    ]


def test_json_lines_keep_the_digits_as_written(tmp_path: Path, spec: Spec) -> None:
    lines = (
        '{"id": 1, "age": 61.50, "smokes": true, "ward": "A"}\n\n'
        '{"id": 2, "age": 1e1, "smokes": 0, "ward": null}\n{"age": 8, "smokes": false}\n'
    )
    path = write(tmp_path, lines, "visits.jsonl")
    opened, _ = open_table(path, spec)
    assert opened is not None

    assert texts(path, spec) == [["61.50", "1", "A"], ["1e1", "0", None], ["8", "0", None]]
    assert opened.locate([2]) == {2: 3}


TYPED = {
    "age": [61.5, 7.0, None],
    "smokes": [True, False, True],
    "ward": ["A", "B 2", None],
}


def test_parquet_and_frames_read_as_the_same_texts(tmp_path: Path, spec: Spec) -> None:
    path = tmp_path / "visits.parquet"
    parquet.write_table(pa.table(TYPED), path)

    expected = [["61.5", "1", "A"], ["7", "0", "B 2"], [None, "1", None]]
    assert texts(path, spec) == expected
    assert texts(pd.DataFrame(TYPED), spec) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pd.Series([1, 2]), ["1", "2"]),
        (pd.Series([1, None], dtype="Int64"), ["1", None]),
        (pd.Series([0.1, 27.32], dtype="float32"), ["0.1", "27.32"]),
        (pd.Series([0.1 + 0.2, np.nan]), ["0.30000000000000004", None]),
        (pd.Series([Decimal("1.50"), None], dtype=object), ["1.50", None]),
        (pd.Series(["N/A", 3], dtype=object), ["N/A", "3"]),
        (pd.Series(["a", "b"], dtype="category"), ["a", "b"]),
        (pd.Series([1.5, 2.5]).astype("category"), ["1.5", "2.5"]),
        (pd.Series([True, None], dtype=object), ["1", None]),
        (pd.Series([None, None], dtype=object), [None, None]),
    ],
    ids=lambda each: str(each.dtype) if isinstance(each, pd.Series) else "",
)
def test_every_type_of_a_frame_has_its_text(
    cells: "pd.Series[object]", expected: list[str | None], spec: Spec
) -> None:
    frame = pd.DataFrame({"age": cells, "smokes": 1, "ward": "A"}).set_axis([7, 7])

    assert [row[0] for row in texts(frame, spec)] == expected


def test_a_booleans_text_is_the_code_of_its_yes_or_no() -> None:
    spec, findings = parse_spec(
        SPEC_TEXT.replace("coded 1/0", 'coded "Yes"/"No"').replace("'a'", "")
    )
    assert spec is not None, findings
    frame = pd.DataFrame({"age": [True], "smokes": [False], "ward": [True]})

    assert texts(frame, spec) == [["1", "No", "true"]]


def test_columns_without_a_spec_are_noted(tmp_path: Path, spec: Spec) -> None:
    opened, notes = open_table(write(tmp_path, LINES.replace("id,", "nr,")), spec)

    assert opened is not None
    assert [(each.finding, each.severity) for each in notes] == [("column-not-in-spec", "note")]


GOOD = "id,age,smokes,ward\n1,61.5,1,A\n"


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        ("", "table-empty", "is empty"),
        ("\ufeff \n", "table-empty", "is empty"),
        ("id,age,smokes,ward\n", "table-without-rows", "no rows"),
        ("age smokes ward\n7 1 A\n", "wrong-delimiter", "`age smokes ward`"),
        ("1,61.5,1,A\n2,7,0,B\n", "no-header", "`1`, `61.5`"),
        ("age,smoks,ward\n7,1,A\n", "missing-column", "did you mean `smoks`?"),
        ("age,age,smokes,ward\n7,7,1,A\n", "duplicate-header", "named `age`"),
        (GOOD + "2,7,0\n", "ragged-row", "row 2 of visits.csv (line 3) has 3 cells"),
        (GOOD + "2,7,0,B,2\n", "ragged-row", "has 5 cells where the header has 4"),
        (GOOD.encode() + b"2,7,0,Gr\xfcn\n", "table-not-utf8", "line 3"),
        (b"id,\xe4ge,smokes,ward\n1,2,3,4\n", "table-not-utf8", "line 1"),
        (GOOD.encode("utf-16"), "table-not-utf8", "UTF-16"),
        (b"PK\x03\x04" + bytes(100), "table-not-text", "Excel"),
        (GOOD.encode() + bytes(50), "table-not-text", "bytes that no text has"),
        (GOOD + '2,7,0,"A\n' + "3,8,1,A\n" * 700_000, "quote-not-closed", "double quote"),
        ("x" * 5_000_000, "table-not-text", "first line"),
    ],
    ids=lambda each: each if isinstance(each, str) and len(each) < 30 else "",
)
def test_what_is_no_table_is_refused(
    content: str | bytes, name: str, words: str, tmp_path: Path, spec: Spec
) -> None:
    found, told = finding(write(tmp_path, content), spec)

    assert found == name
    assert words in told


def test_five_megabytes_of_noise_are_refused(tmp_path: Path, spec: Spec) -> None:
    noise = random.Random(1).randbytes(5_000_000)
    without_zeros = noise.replace(b"\x00", b"\x01")

    assert finding(write(tmp_path, noise), spec)[0] == "table-not-text"
    assert finding(write(tmp_path, without_zeros), spec)[0] == "table-not-text"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path, spec: Spec) -> None:
    write(tmp_path, GOOD)

    assert finding(tmp_path, spec)[0] == "table-is-folder"
    found, told = finding(tmp_path / "visit.csv", spec)
    assert found == "table-not-found"
    assert "visits.csv?" in told


def test_damaged_parquet_is_refused(tmp_path: Path, spec: Spec) -> None:
    whole = tmp_path / "whole.parquet"
    parquet.write_table(pa.table(TYPED), whole)

    cut = write(tmp_path, whole.read_bytes()[:-30], "cut.parquet")

    assert finding(cut, spec)[0] == "unreadable-parquet"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"age": 7,', "character 11"),
        ("[1]", "not an object"),
        ('{"age": 7, "age": 8}', "twice"),
        ("[" * 100_000, "nested"),
    ],
)
def test_a_broken_line_of_json_is_named(line: str, words: str, tmp_path: Path, spec: Spec) -> None:
    good = json.dumps({"age": 7, "smokes": 1, "ward": "A"})

    found, told = finding(write(tmp_path, f"{good}\n{line}\n", "visits.jsonl"), spec)

    assert found == "broken-json-line"
    assert "line 2" in told
    assert words in told
