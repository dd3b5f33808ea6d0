"""Findings as Markdown: a comment on a pull request, or the summary of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synllm.diagnostics.checked import CheckedFile, each_once, shown_path
from synllm.diagnostics.diagnostic import Diagnostic, Severity
from synllm.diagnostics.markdown_text import cell, code, code_block, escape_prose
from synllm.diagnostics.show_text import count_severities, render_finding

LONGEST = 60_000
"""Characters; a comment on GitHub holds 65,536."""

_HEAD = "| | finding | place | |\n|---|---|---|---|\n"
_ALLOWED_HEAD = "| finding | place | reason |\n|---|---|---|\n"


def render_markdown(files: Sequence[CheckedFile]) -> str:
    """Return the counts, a table of what counts, and all else folded: details, notes, allowed.

    What would make a comment longer than GitHub takes is left out, and the text says so.
    """
    found = list(each_once(files))
    counting = [each for each in found if each[1].counts]
    notes = [
        each for each in found if each[1].severity is Severity.NOTE and each[1].allowed is None
    ]
    allowed = [each for each in found if each[1].allowed is not None]
    specs = "1 spec" if len(files) == 1 else f"{len(files)} specs"
    counts = count_severities([finding for _, finding in (*counting, *allowed)])
    parts = [f"### synllm check\n\n**{counts[0].upper()}{counts[1:]}** in {specs}.\n"]
    left = LONGEST - len(parts[0])
    if counting:
        rows = _fit([_row(file, finding) for file, finding in counting], left // 3)
        parts.append("\n" + _HEAD + rows)
        left -= len(parts[-1])
    details = [_details(file, finding) for file, finding in (*counting, *notes)]
    if details:
        parts.append("\n" + _fit(details, left * 2 // 3))
        left -= len(parts[-1])
    if allowed:
        rows = _fit([_allowed_row(file, finding) for file, finding in allowed], left - 200)
        parts.append(
            f"\n<details>\n<summary>{len(allowed)} allowed</summary>\n\n{_ALLOWED_HEAD}{rows}"
            "\n</details>\n"
        )
    return "".join(parts)


def _row(file: str, finding: Diagnostic) -> str:
    cells = (
        str(finding.severity),
        code(finding.finding),
        cell(code(_place(file, finding))),
        cell(escape_prose(finding.headline)),
    )
    return f"| {' | '.join(cells)} |\n"


def _allowed_row(file: str, finding: Diagnostic) -> str:
    reason = cell(escape_prose(finding.allowed or ""))
    place = cell(code(_place(file, finding)))
    return f"| `{finding.finding}` | {place} | {reason} |\n"


def _details(file: str, finding: Diagnostic) -> str:
    place = _escape_html(_place(file, finding))
    summary = f"<summary>{finding.severity} <b>{finding.finding}</b> <code>{place}</code></summary>"
    return (
        f"<details>\n{summary}\n\n{code_block(render_finding(finding, width=90))}\n\n</details>\n"
    )


def _place(file: str, finding: Diagnostic) -> str:
    line = "" if finding.primary is None else f":{finding.primary.span.line}"
    return f"{shown_path(file)}{line}"


def _escape_html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _fit(blocks: Sequence[str], room: int) -> str:
    """Return as many of the blocks as fit, and a line that counts the rest."""
    kept = list(_take(blocks, room))
    more = len(blocks) - len(kept)
    rest = f"\n… and {more} more; run `synllm check` to see them all\n" if more else ""
    return "".join(kept) + rest


def _take(blocks: Sequence[str], room: int) -> Iterator[str]:
    for block in blocks:
        room -= len(block)
        if room < 0:
            return
        yield block
