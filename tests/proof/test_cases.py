"""Each page in cases/ shows specs, and what is proved about them.

`SYNLLM_ACCEPT=1 pytest tests/proof/test_cases.py` writes the present answers into the pages.
"""

import os
from pathlib import Path

import pytest

from tests.literate import Case, accept, cases_of, shown
from tests.plain_words import solver_words_in

PAGES = sorted((Path(__file__).parent / "cases").glob("*.md"))
CASES = [case for page in PAGES for case in cases_of(page)]


def name_of(case: Case) -> str:
    return f"{case.page.stem}::{case.title}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_answer_is_the_one_on_the_page(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    answer = shown(case, tmp_path)

    if os.environ.get("SYNLLM_ACCEPT"):
        accept(case, answer)
    else:
        assert answer == case.output.body


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_answer_has_no_word_of_the_solvers_trade(case: Case) -> None:
    assert solver_words_in(case.output.body) == []
