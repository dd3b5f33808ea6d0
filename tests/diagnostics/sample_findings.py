"""Findings to render: those of all pages that explain one, and arbitrary ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st

from synllm.diagnostics.catalogue import FINDINGS
from synllm.diagnostics.checked import CheckedFile
from synllm.diagnostics.diagnostic import Diagnostic, Label, Severity
from synllm.diagnostics.explain import explain
from synllm.diagnostics.source import Source, Span
from tests.literate import SPEC_NAME, blocks_of, findings_of


@cache
def findings_of_the_pages() -> tuple[CheckedFile, ...]:
    """Returns a file for each executed page: the spec that fires, with its findings."""
    files: list[CheckedFile] = []
    for name in sorted(FINDINGS):
        blocks = [
            block
            for block in blocks_of(explain(name) or "")
            if block.heading == "Fires" and block.language == "synspec"
        ]
        if blocks:
            with TemporaryDirectory() as folder:
                found = findings_of(blocks, Path(folder))
            files.append(CheckedFile(SPEC_NAME, tuple(found)))
    assert len(files) > 60
    return tuple(files)


texts = st.text(max_size=40) | st.sampled_from(
    ["`age` is 3", "100 % | <b>", "a`b", "@team #12 [x](y)", "line\nbreak", "::error::x", "😀 'é'"]
)
names = st.sampled_from(
    ["x.synspec", "a b/ü#1%.synspec", "../up.synspec", "/somewhere/else/x.synspec", "c:d.synspec"]
)


@st.composite
def labels(draw: st.DrawFn, name: str) -> Label:
    """A place in a text of several lines, at its very end too."""
    source = Source(name, draw(st.text("ab 😀\n", max_size=30)))
    start = draw(st.integers(0, len(source.text)))
    return Label(Span(source, start, draw(st.integers(start, len(source.text)))), draw(texts))


@st.composite
def findings(draw: st.DrawFn) -> Diagnostic:
    """An arbitrary finding of a name in the catalogue."""
    name = draw(names)
    return Diagnostic(
        draw(st.sampled_from(sorted(FINDINGS))),
        draw(st.sampled_from(Severity)),
        draw(texts),
        draw(st.none() | labels(name)),
        tuple(draw(st.lists(labels(name), max_size=2))),
        draw(st.none() | texts),
        tuple(draw(st.lists(st.tuples(texts, texts), max_size=2))),
        draw(st.none() | texts),
    )


files = st.builds(CheckedFile, names, st.lists(findings(), max_size=4).map(tuple))
