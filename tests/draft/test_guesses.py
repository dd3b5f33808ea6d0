"""Tables and the drafts made from them, as written in guesses.md.

Run as a script, this file writes today's drafts into guesses.md: read them through before keeping.
"""

import re
import tempfile
from pathlib import Path

import pytest

from synllm.draft import draft_spec
from synllm.language import parse_spec

CASES = Path(__file__).with_name("guesses.md")
_SECTION = re.compile(r"^## (.+)\n", re.M)
_TABLE = re.compile(r"```csv(?: × (\d+))?( bom)?\n(.*?)```\n", re.S)
_DRAFT = re.compile(r"```synspec\n(.*?)```\n", re.S)


def sections(text):
    """Return each section's title and body."""
    parts = _SECTION.split(text)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def table_of(body):
    """Return the table that a section's csv blocks make together."""
    tables = _TABLE.findall(body)
    header = tables[0][2].split("\n", 1)[0] + "\n"
    rows = "".join(
        (text.split("\n", 1)[1] if number == 0 else text) * int(times or 1)
        for number, (times, _, text) in enumerate(tables)
    )
    return ("\ufeff" if tables[0][1] else "") + header + rows


def draft_of(body, folder):
    """Return the draft of a section's table, without its opening comment."""
    path = folder / "visits.csv"
    path.write_text(table_of(body), encoding="utf-8")
    text, diagnostics = draft_spec(path)
    assert not diagnostics
    return text, text[text.index("table ") :]


@pytest.mark.parametrize(
    "body", [pytest.param(body, id=title) for title, body in sections(CASES.read_text("utf-8"))]
)
def test_draft_is_as_written(body, tmp_path):
    text, draft = draft_of(body, tmp_path)
    spec, diagnostics = parse_spec(text)
    expected = _DRAFT.search(body)

    assert expected is not None, draft
    assert draft == expected.group(1)
    assert spec is not None, diagnostics
    assert not diagnostics


def rewrite_cases(folder):
    """Write today's drafts into guesses.md."""
    text = CASES.read_text("utf-8")
    for _, body in sections(text):
        _, draft = draft_of(body, folder)
        fresh = _DRAFT.sub("", body).rstrip() + f"\n\n```synspec\n{draft}```\n\n"
        text = text.replace(body, fresh)
    CASES.write_text(text.rstrip() + "\n", encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        rewrite_cases(Path(scratch))
