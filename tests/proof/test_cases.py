"""Each page in cases/ shows specs, and what is proved about them.

`SYNLLM_ACCEPT=1 pytest tests/proof/test_cases.py` writes the present answers into the pages.
"""

import os
import re
from pathlib import Path

import pytest

from tests.literate import Case, accept, cases_of, shown

PAGES = sorted((Path(__file__).parent / "cases").glob("*.md"))
CASES = [case for page in PAGES for case in cases_of(page)]
SOLVER_WORDS = re.compile(
    r"\b(z3|smt|sat|unsat|(un)?satisf\w*|solvers?|models?|cores?|assert\w*|assum\w*|variables?"
    r"|constraints?|predicates?|formulas?|axioms?|encod\w*|(un)?decidable|proofs?|prov\w+|witness\w*"
    r"|minimal|irreducible|domains?|rlimit|timeouts?|budgets?|booleans?|integers?|nonlinear)\b",
    re.I,
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


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_answer_has_no_word_of_the_solvers_trade(case: Case) -> None:
    # Lines of the author's own text are quoted after `|`; finding names stand in brackets.
    spoken = [
        re.sub(r"\[[a-z-]+\]|`[^`]*`", "", re.sub(r"^ *\d+ \|.*?(?=-{2,} |\^{2,} |$)", "", line))
        for line in case.output.body.splitlines()
    ]

    assert [line for line in spoken if SOLVER_WORDS.search(line)] == []
