"""Each page in cases/ shows mistakes as authors make them, and what synllm answers.

`SYNLLM_ACCEPT=1 pytest tests/language/test_cases.py` writes the present answers into the pages.
"""

import os
import re
from pathlib import Path

import pytest

from tests.literate import Case, accept, cases_of, shown

PAGES = sorted((Path(__file__).parent / "cases").glob("*.md"))
CASES = [case for page in PAGES for case in cases_of(page)]
JARGON = re.compile(
    r"(?i:\b(tokens?|pars(e[drs]?|ing)|ast|lalr|lexer?|nodes?|terminal|syntax tree|literals?|operands?"
    r"|z3|unsat|solver|(un)?satisfiable|rlimit|regex|traceback|exception)\b)"
    r"|\b[LR](BRACE|PAR|SQB)\b|\b(STRING|NUMBER|NAME|UNIT|COLON|COMMA|QUOTED_NAME|None)\b"
)


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


def test_every_case_has_a_title_of_its_own() -> None:
    titles = [name_of(case) for case in CASES]

    assert len(titles) == len(set(titles))


def test_the_pages_show_at_least_forty_mistakes() -> None:
    found = {
        finding
        for case in CASES
        for finding in re.findall(r"^\w+\[([a-z-]+)\]", case.output.body, re.M)
    }

    assert len(found) >= 40


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_answer_has_no_word_of_the_compilers_trade(case: Case) -> None:
    own_words = [line for line in case.output.body.splitlines() if not re.match(r" *\d+ \|", line)]

    assert [line for line in own_words if JARGON.search(line)] == []
