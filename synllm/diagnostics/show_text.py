"""Findings as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from synllm.diagnostics.canvas import Styled
from synllm.diagnostics.diagnostic import Diagnostic, Label, Severity
from synllm.diagnostics.excerpt import draw_excerpt
from synllm.diagnostics.remarks import remarks_on
from synllm.diagnostics.source import Source
from synllm.diagnostics.terminal_text import make_visible, shorten_words, width_of, wrap

_SEVERITY_COLOUR = {Severity.ERROR: "31", Severity.WARNING: "33", Severity.NOTE: "36"}
_STYLES = {"strong": "1", "gutter": "34", "secondary": "34"}
_PLURAL = {Severity.ERROR: "errors", Severity.WARNING: "warnings", Severity.NOTE: "notes"}


def render_text(
    diagnostics: Sequence[Diagnostic],
    *,
    color: bool = False,
    width: int = 100,
    show_allowed: bool = False,
) -> str:
    """Return the findings one under the other and a line that counts them; "" for none to show.

    Every finding names its page once; allowed ones are only counted, unless asked for. No
    character of a data or spec file acts on the terminal.
    """
    explained: set[str] = set()
    blocks: list[str] = []
    for diagnostic in diagnostics:
        if diagnostic.allowed is not None and not show_allowed:
            continue
        explain = diagnostic.finding not in explained
        explained.add(diagnostic.finding)
        blocks.append(render_finding(diagnostic, color=color, width=width, explain=explain))
    if blocks:
        blocks.append(count_severities(diagnostics) + "\n")
    return "\n".join(blocks)


def render_finding(
    diagnostic: Diagnostic, *, color: bool = False, width: int = 100, explain: bool = False
) -> str:
    """Return one finding with its excerpt and remarks; `explain` names the command that does."""
    lines = _draw(diagnostic, width, explain=explain)
    return "".join(f"{_paint(line, diagnostic.severity, color)}\n" for line in lines)


def count_severities(diagnostics: Iterable[Diagnostic]) -> str:
    """Return the counts in words: `2 errors, 1 allowed`; `nothing to report` for none."""
    everything = list(diagnostics)
    counts = Counter(each.severity for each in everything if each.allowed is None)
    words = [
        f"{counts[severity]} {severity if counts[severity] == 1 else _PLURAL[severity]}"
        for severity in Severity
        if counts[severity]
    ]
    allowed = len(everything) - counts.total()
    return ", ".join(words + ([f"{allowed} allowed"] if allowed else [])) or "nothing to report"


def _draw(diagnostic: Diagnostic, width: int, *, explain: bool) -> Iterator[Styled]:
    opening = f"{diagnostic.severity}[{diagnostic.finding}]"
    first, *more = wrap(f"{opening}: {shorten_words(diagnostic.headline)}", width)
    yield [(opening, "primary"), (first.removeprefix(opening), "strong")]
    yield from ([(f"  {line}", "strong")] for line in more)

    labels = [] if diagnostic.primary is None else [(diagnostic.primary, True)]
    labels.extend((label, False) for label in diagnostic.secondary)
    gutter = len(
        str(max((label.span.source.position(label.span.end)[0] for label, _ in labels), default=1))
    )
    yield from _draw_places(labels, gutter, width)
    for heading, text in _remarks(diagnostic, explain=explain):
        indent = gutter + 1 + width_of(heading) + 2
        for index, line in enumerate(_wrap_lines(text, width - indent)):
            lead = f"{' ' * (gutter + 1)}{heading}: " if index == 0 else " " * indent
            yield [(lead, "strong"), (line, "plain")]


def _draw_places(labels: Sequence[tuple[Label, bool]], gutter: int, width: int) -> Iterator[Styled]:
    """Yield an excerpt for each source; a label without a text to show stands by itself."""
    by_source: dict[Source, list[tuple[Label, bool]]] = {}
    for label, primary in labels:
        by_source.setdefault(label.span.source, []).append((label, primary))
    for index, (source, placed) in enumerate(by_source.items()):
        name = make_visible(source.name)
        if source.text.strip():
            line, column = source.position(placed[0][0].span.start)
            arrow = "-->" if index == 0 else ":::"
            yield [(f"{' ' * gutter}{arrow} ", "gutter"), (f"{name}:{line}:{column}", "plain")]
            yield from draw_excerpt(source, placed, gutter, width)
            continue
        if name:
            yield [(f"{' ' * gutter}--> ", "gutter"), (name, "plain")]
        for label, _ in placed:
            indent = " " * (gutter + 1)
            yield from (
                [(indent + line, "plain")]
                for line in _wrap_lines(label.text, width - gutter)
                if line
            )


def _remarks(diagnostic: Diagnostic, *, explain: bool) -> Iterator[tuple[str, str]]:
    yield from remarks_on(diagnostic)
    if explain:
        yield "explain", f"synllm explain {diagnostic.finding}"


def _wrap_lines(text: str, width: int) -> list[str]:
    return [line for part in text.split("\n") for line in wrap(shorten_words(part), max(width, 30))]


def _paint(line: Styled, severity: Severity, color: bool) -> str:
    if not color:
        return "".join(text for text, _ in line).rstrip()
    codes = {**_STYLES, "primary": f"1;{_SEVERITY_COLOUR[severity]}"}
    return "".join(
        f"\x1b[{codes[style]}m{text}\x1b[0m" if style in codes else text for text, style in line
    )
