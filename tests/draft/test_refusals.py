"""Tables from which no spec can be drafted: one clear finding each."""

import pytest

from synllm.draft import draft_spec

REFUSED = {
    "duplicate-header": "age,sex,age\n61,F,62\n",
    "table-without-rows": "age,sex\n",
    "nothing-to-draft": "id,visit\n1,2024-01-31\n2,2024-02-28\n",
    "ragged-row": "age,sex\n61,F\n62\n",
    "table-empty": "",
}


@pytest.mark.parametrize(("finding", "content"), REFUSED.items())
def test_table_is_refused(finding, content, tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text(content, encoding="utf-8")
    text, diagnostics = draft_spec(path)

    assert text is None
    assert [each.finding for each in diagnostics] == [finding]


def test_absent_file_is_refused(tmp_path):
    text, diagnostics = draft_spec(tmp_path / "visits.csv")

    assert text is None
    assert [each.finding for each in diagnostics] == ["table-not-found"]


def test_column_without_a_name_is_left_out(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text(",age,sex\n0,61,F\n1,58,M\n2,61,F\n", encoding="utf-8")
    text, diagnostics = draft_spec(path)

    assert not diagnostics
    assert '# "" is left out: its header cell is empty.' in text


def test_progress_counts_columns(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("age,sex\n61,F\n58,M\n", encoding="utf-8")
    seen = []
    draft_spec(path, progress=lambda done, all_columns: seen.append((done, all_columns)))

    assert seen == [(1, 2), (2, 2)]


def test_table_takes_the_given_name(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text("age,sex\n61,F\n58,M\n", encoding="utf-8")
    text, _ = draft_spec(path, name="Stroke cohort")

    assert "table stroke_cohort " in text
