"""Specs with planted mistakes: just those are found, and none in the corrected twin.

Each case of the pages in planted/ is a spec, a `planted` block with the findings that must come
out, a `twin` block with a small correction, and the findings as a reader sees them.
`SYNLLM_ACCEPT=1 pytest tests/proof/test_planted.py` writes these into the pages.
"""

import os
from functools import cache
from pathlib import Path

import pytest

from synllm.compiler import check_loaded
from synllm.diagnostics.diagnostic import Diagnostic
from synllm.spec.model import Spec
from tests.literate import Case, accept, cases_of, read_blocks, render, twin_of
from tests.plain_words import solver_words_in

PAGES = sorted((Path(__file__).parent / "planted").glob("*.md"))
CASES = [case for page in PAGES for case in cases_of(page)]
GOOD_NEWS = "complete-row"


def name_of(case: Case) -> str:
    return f"{case.page.stem}::{case.title}"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@cache
def proved(case: Case, *, twin: bool = False) -> tuple[Spec, tuple[Diagnostic, ...]]:
    """The spec of a case and what is found in it, the complete row left aside."""
    spec, findings = read_blocks(twin_of(case) if twin else case.specs, Path())
    assert spec is not None, render(findings)
    found = check_loaded(spec, findings)
    return spec, tuple(each for each in found if each.finding != GOOD_NEWS)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_planted_mistake_is_found_in_its_place_and_nothing_else(case: Case) -> None:
    _, findings = proved(case)
    assert case.planted is not None

    found = [
        f"{each.finding} @ {'' if each.primary is None else ' '.join(each.primary.span.text.split())}"
        for each in findings
    ]

    assert found == case.planted.body.splitlines()


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_reader_sees_the_patients_the_places_and_the_way_out(case: Case) -> None:
    _, findings = proved(case)

    answer = render(findings)

    if os.environ.get("SYNLLM_ACCEPT"):
        accept(case, answer)
    else:
        assert answer == case.output.body


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_reader_meets_no_word_of_the_solvers_trade(case: Case) -> None:
    assert solver_words_in(case.output.body) == []


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_nothing_is_found_in_the_corrected_twin(case: Case) -> None:
    _, findings = proved(case, twin=True)

    assert render(findings) == ""
