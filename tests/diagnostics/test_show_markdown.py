"""Markdown, read back by a Markdown parser: what a spec says stays text."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from synllm.diagnostics.checked import CheckedFile
from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.markdown_text import cell, code, code_block, escape_prose
from synllm.diagnostics.show_markdown import LONGEST, render_markdown
from synllm.diagnostics.source import Source, Span
from synllm.diagnostics.terminal_text import make_visible
from tests.diagnostics.sample_findings import files, findings_of_the_pages, texts

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SAFE_TAGS = re.compile(r"</?(details|summary|b|code)>|<!-- -->")


def leaves(tokens: list[Token]) -> list[Token]:
    """Returns the tokens that hold text, and those of HTML and links."""
    return [
        leaf for token in tokens for leaf in ([token] if token.children is None else token.children)
    ]


def shown(tokens: list[Token]) -> str:
    """Returns what a reader sees of inline text."""
    return "".join(each.content for each in leaves(tokens) if each.type != "html_inline")


def kinds(tokens: list[Token]) -> set[str]:
    return {each.type for each in leaves(tokens)}


@given(texts)
def test_prose_is_shown_as_it_is_written(text: str) -> None:
    tokens = READER.parseInline(escape_prose(text))

    visible = make_visible(" ".join(text.split()))
    assert shown(tokens) == re.sub(r"`([^`]+)`", r"\1", visible).strip()
    assert kinds(tokens) <= {"text", "text_special", "code_inline", "html_inline"}
    html = [each.content for each in leaves(tokens) if each.type == "html_inline"]
    assert set(html) <= {"<!-- -->"}


@given(texts)
def test_prose_starts_no_list_heading_or_table(text: str) -> None:
    tokens = READER.parse(escape_prose(text))

    assert [each.type for each in tokens] in ([], ["paragraph_open", "inline", "paragraph_close"])


def test_nobody_is_mentioned_and_no_issue_linked() -> None:
    text = escape_prose("ask @team about #12, not `@team`")

    assert text == "ask @<!-- -->team about \\#<!-- -->12, not `@team`"


@given(texts)
def test_code_is_shown_as_it_is_written(text: str) -> None:
    ((token,),) = [each.children or [] for each in READER.parseInline(code(text))]

    assert token.type == "code_inline"
    assert token.content.strip() == make_visible(" ".join(text.split())).strip()


@given(st.lists(texts, min_size=1, max_size=5))
def test_a_block_of_code_ends_where_it_should(lines: list[str]) -> None:
    text = "\n".join(lines)

    tokens = READER.parse(code_block(text) + "\n\nafter\n")

    assert [each.type for each in tokens][:2] == ["fence", "paragraph_open"]
    assert tokens[0].content == "\n".join(map(make_visible, text.rstrip("\n").split("\n"))) + "\n"


@given(texts, texts)
def test_a_row_of_a_table_keeps_its_cells(first: str, second: str) -> None:
    row = f"| {cell(escape_prose(first))} | {cell(code(second))} |"

    tokens = READER.parse(f"| a | b |\n|---|---|\n{row}\n")

    assert [each.type for each in tokens].count("td_open") == 2


@given(st.lists(files, max_size=3))
def test_a_report_holds_no_html_but_its_own(checked: list[CheckedFile]) -> None:
    tokens = leaves(READER.parse(render_markdown(checked)))

    for each in tokens:
        if each.type == "html_inline":
            assert SAFE_TAGS.fullmatch(each.content)
    assert {"link_open", "image"}.isdisjoint(each.type for each in tokens)


def test_the_report_counts_lists_and_folds() -> None:
    source = Source("a|b.synspec", "rule x\n")
    found = (
        report("never-missing", "`a|b` is <b>never</b> missing", Span(source, 5, 6)),
        report("complete-row", "like this", witness=[("age", "61")]),
        replace(report("rule-without-sentence", "…", Span(source, 5, 6)), allowed="its *name*"),
    )

    text = render_markdown([CheckedFile("a|b.synspec", found), CheckedFile("c.synspec", ())])

    assert text == (
        "### synllm check\n\n"
        "**1 warning, 1 allowed** in 2 specs.\n\n"
        "| | finding | place | |\n"
        "|---|---|---|---|\n"
        "| warning | `never-missing` | `a\\|b.synspec:1` | "
        "`a\\|b` is \\<b\\>never\\</b\\> missing |\n\n"
        "<details>\n"
        "<summary>warning <b>never-missing</b> <code>a|b.synspec:1</code></summary>\n\n"
        "```text\n"
        "warning[never-missing]: `a|b` is <b>never</b> missing\n"
        " --> a|b.synspec:1:6\n"
        "  |\n"
        "1 | rule x\n"
        "  |      ^\n"
        "```\n\n"
        "</details>\n"
        "<details>\n"
        "<summary>note <b>complete-row</b> <code>a|b.synspec</code></summary>\n\n"
        "```text\n"
        "note[complete-row]: like this\n"
        "  patient: age = 61\n"
        "```\n\n"
        "</details>\n\n"
        "<details>\n"
        "<summary>1 allowed</summary>\n\n"
        "| finding | place | reason |\n"
        "|---|---|---|\n"
        "| `rule-without-sentence` | `a\\|b.synspec:1` | its \\*name\\* |\n\n"
        "</details>\n"
    )


def test_nothing_to_report_says_so() -> None:
    assert render_markdown([CheckedFile("x", ())]) == (
        "### synllm check\n\n**Nothing to report** in 1 spec.\n"
    )


def test_a_comment_is_never_longer_than_github_takes() -> None:
    found = [
        replace(report("never-missing", f"{number} " + "x" * 400), allowed=allowed)
        for number in range(500)
        for allowed in (None, "y" * 400)
    ]

    text = render_markdown([CheckedFile("x", tuple(found))])

    assert LONGEST / 2 < len(text) < 65_536
    assert "more; run `synllm check` to see them all" in text
    assert text.count("<details>") == text.count("</details>")


def test_the_findings_of_the_pages_make_one_comment() -> None:
    text = render_markdown(findings_of_the_pages())

    assert len(text) < 65_536
