"""Every spec in the documentation is read by synllm, and says what the page claims it says.

A `synspec` block is free of errors, unless it names the finding it must have:
`synspec error=unknown-column`. A block of `synspec table-items` stands for the inside of a table,
`synspec statements` for statements about the table of the page's first plain block.
The pages of the findings have tests of their own, and so have the tutorial's excerpts and edits.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synllm.diagnostics.show_text import render_text
from synllm.language import parse_spec
from tests.literate import Block, blocks_of

PROJECT = Path(__file__).resolve().parents[2]
PAGES = [
    page
    for page in sorted([PROJECT / "README.md", *(PROJECT / "docs").rglob("*.md")])
    if page.parent.name != "findings"
]


def specs_on(page: Path) -> Iterator[tuple[Block, str]]:
    """The blocks of a page, each with the whole spec that it stands for."""
    context = ""
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.language != "synspec" or {"excerpt", "edit", "append"} & set(block.info):
            continue
        text = block.body
        if "table-items" in block.info:
            text = f'synspec 1\ntable patients "Patients" {{\n{text}}}\n'
        elif "statements" in block.info:
            assert context, f"{page.name}:{block.line} has no table before it"
            text = f"{context}\n{text}"
        elif not any(word.startswith("error=") for word in block.info):
            context = context or text
        yield block, text


BLOCKS = [
    pytest.param(block, text, id=f"{page.relative_to(PROJECT)}:{block.line}")
    for page in PAGES
    for block, text in specs_on(page)
]


@pytest.mark.parametrize(("block", "text"), BLOCKS)
def test_a_spec_in_the_documentation_is_read_as_the_page_says(block: Block, text: str) -> None:
    expected = {word.removeprefix("error=") for word in block.info if word.startswith("error=")}

    _, findings = parse_spec(text, "documentation.synspec")

    errors = {finding.finding for finding in findings if finding.severity == "error"}
    assert errors == expected, render_text(findings)


@pytest.mark.parametrize(("block", "text"), BLOCKS)
def test_the_words_after_the_fence_are_known(block: Block, text: str) -> None:
    known = {"synspec", "table-items", "statements"}

    assert {word for word in block.info if not word.startswith("error=")} <= known
