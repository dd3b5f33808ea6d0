"""A draft parses, and the table that it was made from validates clean against it."""

import csv
import tempfile
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synllm.draft import draft_spec
from synllm.language import parse_spec
from synllm.validate.validate import validate_table

REAL_TABLES = (
    "diabetes_prediction_dataset.csv",
    "healthcare-dataset-stroke-data.csv",
    "cirrhosis.csv",
    "diabetes.csv",
)
REPLACE = " instead:"
CONTINUED = " " * 6


def assert_clean(table, text):
    spec, diagnostics = parse_spec(text)
    assert spec is not None, (diagnostics, text)
    assert not diagnostics, text
    report, diagnostics = validate_table(spec, table)
    assert report is not None, diagnostics
    assert report.clean, (report, text)
    return report


def take_advice(text):
    """Return a draft with every replacement that its comments suggest taken."""
    taken, asked, replaced = [], False, False
    for line in text.split("\n"):
        is_comment = line.startswith("  # ")
        if asked and is_comment:
            taken.append(line.replace("# ", "", 1))
        elif asked:
            asked, replaced = False, True
        elif replaced and line.startswith(CONTINUED):
            pass
        else:
            replaced = False
            taken.append(line)
        asked = asked or (is_comment and line.endswith(REPLACE))
    return "\n".join(taken)


@pytest.mark.parametrize("name", REAL_TABLES)
def test_real_table_is_clean(real_data, name):
    text, diagnostics = draft_spec(real_data / name)

    assert not diagnostics
    report = assert_clean(real_data / name, text)
    assert report.rows in (100_000, 5_110, 418, 768)


@pytest.mark.parametrize("name", REAL_TABLES)
def test_real_table_is_clean_when_all_advice_is_taken(real_data, name):
    text, _ = draft_spec(real_data / name)

    assert_clean(real_data / name, take_advice(text))


def test_real_trial_columns_are_missing_together(real_data):
    text, _ = draft_spec(real_data / "cirrhosis.csv")

    assert "Drug, Ascites, Hepatomegaly, Spiders, Alk_Phos, SGOT are missing together" in text


ODD_TEXTS = st.text(
    st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=6
)
WORDS = st.sampled_from(
    ["Yes", "No", "NA", "N/A", "", "?", "Unknown", "a b", "never", "1", "01", "1.0", " 2", "x,y;z"]
)
NUMBERS = st.one_of(
    st.integers(-20, 120).map(str),
    st.decimals(-5, 300, places=2).map(str),
    st.sampled_from(
        ["0", "1", "-9", "999", "1e3", "0.5", ".5", "7.", "+3", "NA", "", "N/A", " 4 "]
    ),
)
CELLS = st.one_of(
    st.lists(WORDS, min_size=1, max_size=4),
    st.lists(NUMBERS, min_size=1, max_size=30),
    st.lists(st.one_of(WORDS, NUMBERS, ODD_TEXTS), min_size=1, max_size=8),
    st.just(["0", "1"]),
)
NAMES = st.one_of(
    st.sampled_from(["id", "age", "target", "missing", "BMI", "when", "Glucose", "a-b", 'say "x"']),
    ODD_TEXTS,
)


@st.composite
def text_tables(draw):
    """Return a header and rows of text cells, each column from a small pool of its own."""
    header = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    pools = [draw(CELLS) for _ in header]
    count = draw(st.integers(1, 30))
    rows = [[draw(st.sampled_from(pool)) for pool in pools] for _ in range(count)]
    return header, rows


@given(text_tables(), st.sampled_from(",;\t|"), st.booleans())
def test_text_table_is_clean(table, delimiter, bom):
    header, rows = table
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "visits.csv"
        with path.open("w", encoding="utf-8-sig" if bom else "utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=delimiter)
            writer.writerow(header)
            writer.writerows(rows)
        text, diagnostics = draft_spec(path)
        if text is None:
            assert diagnostics
        else:
            assert_clean(path, text)
            assert_clean(path, take_advice(text))


TYPED = st.sampled_from(
    [
        st.one_of(st.none(), st.booleans()),
        st.booleans(),
        st.integers(-100, 100),
        st.one_of(st.none(), st.integers(0, 9)),
        st.floats(allow_nan=True, allow_infinity=False, width=32),
        st.decimals(0, 9, places=1).map(float),
        st.one_of(st.none(), WORDS),
        st.datetimes(),
    ]
)


@st.composite
def typed_tables(draw):
    """Return a DataFrame with columns of one Python type each."""
    names = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    count = draw(st.integers(1, 12))
    columns = {}
    for name in names:
        kind = draw(TYPED)
        columns[name] = draw(st.lists(kind, min_size=count, max_size=count))
    return pd.DataFrame(columns)


@given(typed_tables())
def test_typed_table_is_clean(frame):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "visits.parquet"
        frame.to_parquet(path)
        for table in (path, frame):
            text, diagnostics = draft_spec(table)
            if text is None:
                assert diagnostics
            else:
                assert_clean(table, text)


def test_json_lines_are_read(tmp_path):
    path = tmp_path / "visits.jsonl"
    path.write_text(
        '{"age": 61.50, "sex": "F", "bmi": null}\n{"age": 7, "sex": "M", "bmi": 22.5}\n'
    )
    text, diagnostics = draft_spec(path)

    assert not diagnostics
    assert_clean(path, text)
    assert "age : decimal(1) in 7..61.5" in text
