"""The text files that ship with synllm: the grammar, the specs and the finding pages.

A wheel carries them inside the package; a source checkout keeps them beside it.
"""

import re
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_FINDING_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def grammar_text() -> str:
    """Returns the Lark grammar of the specification language.

    Raises FileNotFoundError when the installation lacks it.
    """
    return _locate("grammar/synspec.lark").read_text(encoding="utf-8")


def finding_page(name: str) -> str | None:
    """Returns the Markdown page of a finding, or None when no finding has that name."""
    if name not in finding_names():
        return None
    return (_locate("docs/findings") / f"{name}.md").read_text(encoding="utf-8")


def finding_names() -> tuple[str, ...]:
    """Returns the name of every finding that has a page, in alphabetical order."""
    pages = _locate("docs/findings").glob("*.md")
    return tuple(sorted(page.stem for page in pages if _FINDING_NAME.fullmatch(page.stem)))


def specs_folder() -> Path:
    """Returns the folder of the specs that ship with synllm, their rule libraries in `lib/`.

    Raises FileNotFoundError when the installation lacks it.
    """
    return _locate("specs")


def _locate(relative: str) -> Path:
    for root in (_PACKAGE, _PACKAGE.parent):
        candidate = root / relative
        if candidate.exists():
            return candidate
    raise FileNotFoundError(f"this installation of synllm lacks {relative}: install synllm again")
