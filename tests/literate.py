"""Markdown that is executed: fenced blocks of pages, and cases of input and expected output.

A case is a heading, a `synspec` block and an `output` block with the rendered findings. Blocks
whose info string names a file (`synspec lib/vitals.synspec`) are put beside the spec for `use`;
`output check` asks for the proofs of `synllm check` too.

A case with a planted mistake has two more blocks: `planted` lists the findings as
`NAME @ TEXT AT ITS PLACE`, and `twin` corrects the spec, as hunks of a unified diff between blank
lines.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from synllm.compiler import check_loaded
from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.show_text import render_text
from synllm.language import parse_spec
from synllm.proof.allowances import mark_allowed
from synllm.spec.model import Spec

SPEC_NAME = "patients.synspec"
_FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=fence)[ \t]*$", re.M | re.S
)
_HEADING = re.compile(r"^#+ (.+)$", re.M)


@dataclass(frozen=True)
class Block:
    """A fenced block: the words after the fence, its text and where the text stands."""

    info: tuple[str, ...]
    body: str
    start: int
    end: int
    heading: str
    line: int

    @property
    def language(self) -> str:
        """What the block is written in."""
        return self.info[0] if self.info else ""

    @property
    def file(self) -> str | None:
        """The file that the block stands for, beside the spec."""
        return next((word for word in self.info[1:] if word.endswith(".synspec")), None)


@dataclass(frozen=True)
class Case:
    """A spec with the files beside it, and the block with the findings it must show."""

    page: Path
    title: str
    specs: tuple[Block, ...]
    output: Block
    planted: Block | None = None
    twin: Block | None = None


def blocks_of(text: str) -> Iterator[Block]:
    """Yields the fenced blocks of a page in order, each with the heading it stands under."""
    fences = list(_FENCE.finditer(text))
    headings = [
        each
        for each in _HEADING.finditer(text)
        if not any(fence.start() < each.start() < fence.end() for fence in fences)
    ]
    for fence in fences:
        above = [each[1].strip() for each in headings if each.start() < fence.start()]
        yield Block(
            tuple(fence["info"].split()),
            fence["body"],
            fence.start("body"),
            fence.end("body"),
            above[-1] if above else "",
            text.count("\n", 0, fence.start()) + 1,
        )


def cases_of(page: Path) -> Iterator[Case]:
    """Yields the cases of a page; every case has a heading of its own."""
    specs: list[Block] = []
    beside: dict[str, Block] = {}
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.language == "synspec":
            specs.append(block)
        elif block.language == "output":
            yield Case(page, block.heading, tuple(specs), block, **beside)
            specs, beside = [], {}
        elif block.language in ("planted", "twin"):
            beside[block.language] = block
    assert not specs, f"{page.name} ends with a spec without output"


def read_blocks(blocks: Iterable[Block], folder: Path) -> tuple[Spec | None, list[Diagnostic]]:
    """Returns the spec and the findings of reading it; `folder` is the current, empty folder.

    Blocks that name a file are written there first.
    """
    for block in blocks:
        if block.file is not None:
            path = folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, encoding="utf-8")
    (main,) = [block for block in blocks if block.file is None]
    return parse_spec(main.body, SPEC_NAME)


def findings_of(blocks: Iterable[Block], folder: Path, *, proved: bool = False) -> list[Diagnostic]:
    """Returns what synllm has to say about a spec; `folder` is the current, empty folder.

    `proved`, or the word `check` after the fence, asks for the findings of `synllm check`;
    `enable=FINDING` enables one that is off.
    """
    (main,) = [block for block in blocks if block.file is None]
    spec, findings = read_blocks(blocks, folder)
    if spec is not None and (proved or "check" in main.info):
        enabled = [word[len("enable=") :] for word in main.info if word.startswith("enable=")]
        return check_loaded(spec, findings, frozenset(enabled))
    return findings if spec is None else mark_allowed(spec, findings)


def shown(case: Case, folder: Path) -> str:
    """Returns the findings of a case as text, without the lines that name the findings' pages."""
    return render(findings_of(case.specs, folder, proved="check" in case.output.info))


def render(findings: Iterable[Diagnostic]) -> str:
    """Returns findings as text, without the lines that name the findings' pages."""
    # The patient that every sound spec can have is another one with each release of z3.
    steady = [finding for finding in findings if finding.finding != "complete-row"]
    text = render_text(steady, width=100)
    return re.sub(r"^ +explain: .*\n", "", text, flags=re.M)


def twin_of(case: Case) -> tuple[Block, ...]:
    """Returns the specs of a case after its twin's correction."""
    assert case.twin is not None, f"{case.title} has no twin"
    specs = list(case.specs)
    for hunk in re.split(r"\n{2,}", case.twin.body.strip("\n")):
        lines = [(line[:1], line[2:]) for line in hunk.splitlines()]
        old = "".join(f"\n{text}" for sign, text in lines if sign != "+")
        new = "".join(f"\n{text}" for sign, text in lines if sign != "-")
        places = [at for at, block in enumerate(specs) if f"{block.body}\n".count(f"{old}\n") == 1]
        assert len(places) == 1, f"{case.title}: not just one place says{old}"
        (at,) = places
        specs[at] = replace(specs[at], body=specs[at].body.replace(f"{old}\n", f"{new}\n"))
    return tuple(specs)


def accept(case: Case, output: str) -> None:
    """Writes the output into the case's page, to be reviewed as a change."""
    text = case.page.read_text(encoding="utf-8")
    (block,) = [
        each for each in blocks_of(text) if each.language == "output" and each.heading == case.title
    ]
    case.page.write_text(text[: block.start] + output + text[block.end :], encoding="utf-8")
