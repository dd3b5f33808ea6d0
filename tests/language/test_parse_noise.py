"""The parser on damaged and random text: it answers with findings, soon, and never fails."""

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.diagnostics.diagnostic import Diagnostic, has_errors
from synllm.diagnostics.show_text import render_text
from synllm.diagnostics.source import Source
from synllm.language.format import format_source
from synllm.language.parse import MOST_MISTAKES, parse
from synllm.resources import grammar_text
from tests.language.generated import STATEMENTS, texts
from tests.literate import blocks_of

PAGE = Path(__file__).parent / "format_cases.md"
SPECS = [block.body for block in blocks_of(PAGE.read_text(encoding="utf-8"))]
WORDS = sorted({*re.findall(r'"([^"\s]+)"', grammar_text())})
TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|\w+|\s+|.')
PATIENCE = 60.0
"""Seconds after which a text counts as never answered: a guard against hanging, no measurement."""

noise = st.text(max_size=3) | st.sampled_from(
    [*WORDS, '"', "'", "#", "\\", "“", "\0", "\ufeff", "{", "}", "((", "\n", "\r", "-", "age"]
)


def findings_of(text: str) -> list[Diagnostic]:
    """Returns the findings of a text after checking that they can be shown."""
    start = time.monotonic()
    _, diagnostics = parse(Source("x.synspec", text))

    assert time.monotonic() - start < PATIENCE
    assert len(diagnostics) <= MOST_MISTAKES
    for diagnostic in diagnostics:
        labels = [*diagnostic.secondary, *([diagnostic.primary] if diagnostic.primary else [])]
        assert all(0 <= each.span.start <= each.span.end <= len(text) + 1 for each in labels)
    assert render_text(diagnostics, width=100) or not diagnostics
    return diagnostics


def check(text: str) -> None:
    """Checks that a text is either refused with findings or can be formatted."""
    diagnostics = findings_of(text)
    formatted, _ = format_source(Source("x.synspec", text))

    assert (formatted is None) == has_errors(diagnostics)


@given(st.text())
def test_random_characters(text: str) -> None:
    check(text)


@given(st.lists(st.sampled_from([*WORDS, "age", "7", '"a"', "'a'", "#\n", "\n"]), max_size=60))
def test_random_words(words: list[str]) -> None:
    check(" ".join(words))


@given(st.sampled_from(SPECS), st.data())
def test_a_truncated_file(text: str, data: st.DataObject) -> None:
    check(text[: data.draw(st.integers(0, len(text)))])


@given(st.sampled_from(SPECS), st.data())
def test_a_file_whose_beginning_is_lost(text: str, data: st.DataObject) -> None:
    check(text[data.draw(st.integers(0, len(text))) :])


@st.composite
def damaged(draw: st.DrawFn, texts: st.SearchStrategy[str]) -> str:
    """A text in which words are lost, doubled, swapped or replaced by noise."""
    words = TOKEN.findall(draw(texts))
    for _ in range(draw(st.integers(1, 6))):
        if not words:
            break
        at = draw(st.integers(0, len(words) - 1))
        match draw(st.sampled_from(["lose", "double", "swap", "put in", "replace"])):
            case "lose":
                del words[at]
            case "double":
                words.insert(at, words[at])
            case "swap":
                other = draw(st.integers(0, len(words) - 1))
                words[at], words[other] = words[other], words[at]
            case "put in":
                words.insert(at, draw(noise))
            case "replace":
                words[at] = draw(noise)
    return "".join(words)


@given(damaged(st.sampled_from(SPECS)))
def test_a_damaged_file(text: str) -> None:
    check(text)


@settings(max_examples=settings().max_examples // 2)
@given(damaged(st.sampled_from(STATEMENTS).flatmap(texts)))
def test_a_damaged_statement(text: str) -> None:
    check(text)


@pytest.mark.parametrize(
    "text",
    [
        "table t {\n  age : integer in 0..1\n# the end",
        "table t {",
        "statistics {",
        "rule a cases x gives y {",
        "example ok { # }",
        "}" * 50,
        "{" * 50,
        'table t "',
        "rule a always 'a",
        "synspec",
        "synspec 1 synspec 1",
    ],
)
def test_an_unfinished_file(text: str) -> None:
    findings = findings_of(text)

    assert has_errors(findings)


@pytest.mark.parametrize(
    "nested",
    [
        "rule a always " + "(" * 20_000 + "x" + ")" * 20_000,
        "rule a always " + "not " * 20_000 + "x",
        "rule a always x = " + "-" * 20_000 + "1",
        "rule a always x = 1" + " + 1" * 20_000,
        "rule a always " + "abs(" * 20_000,
        "statistics { a shares " + "{ a: " * 20_000 + "}",
    ],
    ids=lambda text: text[:30],
)
def test_nesting_without_end(nested: str) -> None:
    check(nested)


@pytest.mark.parametrize(
    "piece", ["\x00\xff", "table t {\n", '"', "a b c\n", "  rule a\n", "# ", "(", "a : "]
)
def test_a_large_file_of_noise(piece: str) -> None:
    findings_of(piece * (1_000_000 // len(piece)))
