"""The tutorials' commands and edits are carried out, the first one's on the real table.

Console blocks are commands and what they print; `synspec excerpt` stands in the spec at that
moment, `synspec edit` replaces the statements and lines of the same names, `synspec append` is
added at the end. With SYNLLM_ACCEPT=1 the output of blocks that don't match is rewritten.
"""

import contextlib
import os
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.transcript import Step, matches, run_step
from tests.literate import Block, blocks_of

DOCS = Path(__file__).resolve().parents[2] / "docs"
_PROGRESS = re.compile(r"^(?:loading the model|[\d,]+ of [\d,]+ rows, .*|.* rows checked)\n", re.M)
# How fast this machine is, and how many rows it could audit in the time for that.
_VARIES = re.compile(r"\b[\d,.]+(?= s \(| rows/s| rows picked at random| audited)")


@pytest.mark.parametrize(
    "slow", [pytest.param(False, id="fast"), pytest.param(True, id="all", marks=pytest.mark.slow)]
)
def test_the_tutorial_can_be_followed(slow: bool, real_data: Path, tmp_path: Path) -> None:
    shutil.copy(real_data / "cirrhosis.csv", tmp_path)

    with contextlib.chdir(tmp_path):
        follow_page(DOCS / "tutorial.md", "pbc.synspec", slow=slow)


def test_the_review_of_a_rule_set_can_be_followed(tmp_path: Path) -> None:
    with contextlib.chdir(tmp_path):
        follow_page(DOCS / "review-rules.md", "clinic.synspec", slow=True)


def test_the_gaps_in_guidelines_are_those_on_the_page() -> None:
    with contextlib.chdir(DOCS.parent):
        follow_page(DOCS.parent / "examples" / "guideline_gaps.md", "", slow=True)


def follow_page(page: Path, spec: str, *, slow: bool) -> None:
    """Does in the current folder what a page says; `spec` is the file that its blocks change."""
    text = page.read_text(encoding="utf-8")
    accepted: list[tuple[Block, str]] = []
    for block in blocks_of(text):
        if block.language == "console" and (slow or "slow" not in block.info):
            accepted.append((block, follow(block)))
        elif block.language == "synspec":
            change(block, Path(spec))
    if os.environ.get("SYNLLM_ACCEPT"):
        for block, output in reversed(accepted):
            text = text[: block.start] + output + text[block.end :]
        page.write_text(text, encoding="utf-8")


def follow(block: Block) -> str:
    """Runs a block's commands and returns the block as it should read."""
    shown = ""
    for chunk in re.split(r"^(?=\$ )", block.body, flags=re.M)[1:]:
        command, _, expected = chunk.partition("\n")
        if command.startswith("$ cp "):
            shutil.copy(*command.split()[2:])
            shown += chunk
            continue
        actual = _PROGRESS.sub("", run_step(Step("", command[2:], expected)) + "\n")
        fine = matches(_VARIES.sub("[..]", expected), actual)
        if not os.environ.get("SYNLLM_ACCEPT"):
            assert fine, f"line {block.line}: {command}\n{actual}"
        shown += chunk if fine else f"{command}\n{re.sub(r'[ ]+$', '', actual, flags=re.M)}"
    return shown


def change(block: Block, path: Path) -> None:
    """Carries out an edit of the spec, or checks that an excerpt stands in it."""
    spec = path.read_text(encoding="utf-8") if path.exists() else ""
    if "excerpt" in block.info:
        assert [line for line in block.body.splitlines() if line not in spec] == []
    elif "append" in block.info:
        path.write_text(f"{spec}\n{block.body}" if spec else block.body, encoding="utf-8")
    elif "edit" in block.info:
        path.write_text(edited(spec, block), encoding="utf-8")


def edited(spec: str, block: Block) -> str:
    """The spec with the block's parts in place of those of the same names."""
    for part in _parts(block.body):
        (old,) = [each for each in _parts(spec) if _name(each) == _name(part)]
        spec = spec.replace(old, part)
    return spec


def _parts(text: str) -> list[str]:
    """The statements, and inside a block its lines, each with the lines that continue it."""
    found = []
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip())
        if not line.strip() or line.lstrip().startswith(("#", "}")):
            continue
        inside_block = indent == 2 and not line.lstrip().startswith(("when", "then", "allow"))
        if indent == 0 or inside_block:
            found.append(line)
        else:
            found[-1] += line
    return found


def _name(part: str) -> str:
    """What a part is about: `table`, `Age :` for a column, `Age` for its figures, a rule's name."""
    words = part.replace(":", " : ").split()
    if words[0] in ("rule", "usually"):
        return words[1]
    return " ".join(words[:2]) if words[1] == ":" else words[0]
