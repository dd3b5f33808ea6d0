"""The formatter: its layout from format_cases.md, and what it promises about every file."""

from pathlib import Path

import pytest

from synllm.diagnostics.source import Source
from synllm.language import format as formatter
from synllm.language.comments import Piece
from synllm.language.fold import WIDTH, fold
from synllm.language.format import format_source, same_meaning
from synllm.language.parse import parse
from synllm.language.syntax import RuleNode
from synllm.language.write import write_body, write_expression
from synllm.resources import specs_folder
from tests.literate import Block, blocks_of

PAGE = Path(__file__).parent / "format_cases.md"
SPECS = sorted(specs_folder().rglob("*.synspec"))


def cases_of_the_page() -> dict[str, list[Block]]:
    cases: dict[str, list[Block]] = {}
    for block in blocks_of(PAGE.read_text(encoding="utf-8")):
        cases.setdefault(block.heading, []).append(block)
    return cases


CASES = cases_of_the_page()


def formatted(text: str) -> str:
    result, diagnostics = format_source(Source("x.synspec", text))
    assert result is not None, diagnostics
    return result


@pytest.mark.parametrize("blocks", CASES.values(), ids=CASES.keys())
def test_a_file_takes_the_layout_on_the_page(blocks: list[Block]) -> None:
    assert formatted(blocks[0].body) == blocks[-1].body


@pytest.mark.parametrize("blocks", CASES.values(), ids=CASES.keys())
def test_the_layout_on_the_page_is_final(blocks: list[Block]) -> None:
    assert formatted(blocks[-1].body) == blocks[-1].body


@pytest.mark.parametrize("blocks", CASES.values(), ids=CASES.keys())
def test_line_ends_of_other_systems_change_nothing(blocks: list[Block]) -> None:
    assert formatted(blocks[0].body.replace("\n", "\r\n")) == blocks[-1].body


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_the_specs_that_ship_are_in_their_final_layout(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert formatted(text) == text


def test_a_file_with_a_syntax_error_is_not_touched() -> None:
    result, diagnostics = format_source(Source("x.synspec", "table t {\n  age : : integer\n}\n"))

    assert result is None
    assert diagnostics


def test_an_empty_file_stays_empty() -> None:
    assert formatted("") == ""
    assert formatted(" \n\n") == ""


def test_a_layout_that_changes_the_meaning_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatter, "lay_out", lambda *_: (Piece(0, 9, ('use "b"',), "one"),))

    with pytest.raises(RuntimeError, match="would change what it says"):
        format_source(Source("x.synspec", 'use "a"'))


def test_a_layout_that_loses_a_comment_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatter, "weave", lambda *_: 'use "a"\n')

    with pytest.raises(RuntimeError, match="would change its comments"):
        format_source(Source("x.synspec", 'use "a"  # why'))


def test_a_layout_that_is_not_final_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formatter, "weave", lambda text, *_: text + "\n")

    with pytest.raises(RuntimeError, match="twice would change it again"):
        format_source(Source("x.synspec", 'use "a"'))


def test_meaning_is_independent_of_places_but_not_of_digits() -> None:
    def tree(text: str) -> object:
        return parse(Source("x", text))[0]

    assert same_meaning(tree("rule a always x > 1"), tree("rule  a\nalways x>1"))
    assert not same_meaning(tree("rule a always x > 1"), tree("rule a always x > 1.0"))
    assert not same_meaning(tree("rule a always x > 1"), tree("rule a always (x > 1)"))
    assert not same_meaning(tree("rule a always x > 1"), tree('rule a always x > 1 use "b"'))


def test_a_rules_text_is_one_line_whatever_its_length() -> None:
    body = " and ".join(f"column_{number} > {number}" for number in range(40))
    tree, _ = parse(Source("x", f"rule a when {body} then\n x is   yes"))
    (rule,) = tree.statements
    assert isinstance(rule, RuleNode)

    assert write_body(rule.body) == f"when {body} then x is yes"
    assert write_expression(rule.body.expressions[0]) == body


def test_a_line_is_broken_outside_quotes_only() -> None:
    text = ", ".join(f'"a, b and c {number}"' for number in range(20))

    lines = fold([text], 0)

    assert all(len(line) <= WIDTH and line.count('"') % 2 == 0 for line in lines)
    assert " ".join(line.strip() for line in lines) == text


def test_a_word_wider_than_a_line_is_left_whole() -> None:
    assert fold(["x" * 150, "y"], 0) == ("x" * 150, "    y")
