"""Texts generated from the grammar: each is read, and its layout is final and faithful."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synllm.diagnostics.source import Source
from synllm.language.comments import find_comments
from synllm.language.format import format_source, same_meaning
from synllm.language.parse import parse
from tests.language.generated import STATEMENTS, texts

generously = settings(
    max_examples=settings().max_examples // 3,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def check_the_formatter(text: str) -> None:
    tree, diagnostics = parse(Source("x", text))
    assert diagnostics == []

    formatted, _ = format_source(Source("x", text))

    assert formatted is not None
    written, diagnostics = parse(Source("x", formatted))
    assert diagnostics == []
    assert same_meaning(tree, written)
    assert [each.text for each in find_comments(text)] == [
        each.text for each in find_comments(formatted)
    ]
    assert format_source(Source("x", formatted))[0] == formatted
    assert all(line == line.rstrip(" ") for line in formatted.split("\n"))
    assert "\n\n\n" not in formatted


@pytest.mark.parametrize("kind", [*STATEMENTS, "allowance"])
def test_every_statement_is_read_and_keeps_its_meaning_and_comments(kind: str) -> None:
    @generously
    @given(texts(kind))
    def run(text: str) -> None:
        check_the_formatter(text)

    run()


@generously
@given(texts("start"))
def test_every_file_is_read_and_keeps_its_meaning_and_comments(text: str) -> None:
    check_the_formatter(text)


@generously
@given(st.lists(st.sampled_from(STATEMENTS).flatmap(texts), min_size=2, max_size=5).map("".join))
def test_statements_in_any_order_make_a_file(text: str) -> None:
    check_the_formatter(text)
