"""The outcome of a spec's examples as text: one line an example, then what they don't exercise."""

from __future__ import annotations

from collections.abc import Iterator

from synllm.diagnostics.terminal_text import make_visible, wrap
from synllm.examples.run import ExampleRun
from synllm.proof.claims import list_names
from synllm.proof.examples import JudgedExample
from synllm.proof.witnesses.suggest import Suggestions
from synllm.spec.model import Example

_INDENT = " " * 8


def show_examples(run: ExampleRun, name: str, width: int) -> str:
    """Return one line for each example, with the reason below it where it fails."""
    lines = [f"{name}: {_count(len(run.examples), 'example')}"]
    for judged in run.examples:
        lines.extend(_show_example(judged, width))
    return "".join(f"{make_visible(line)}\n" for line in lines)


def show_unexercised(run: ExampleRun, name: str, width: int) -> str:
    """Return a warning for the rules that no example breaks, and one for those none shows."""
    warnings: list[str] = []
    if run.unbroken:
        warnings.append(f"no example breaks {_list_rules(run.unbroken)}")
    if run.unshown:
        warnings.append(f"on no `example ok` is it sure that {_list_rules(run.unshown)} holds")
    if not warnings:
        return ""
    lines = [line for each in warnings for line in _fold(f"warning: {each}", "  ", width)]
    lines.append(f"help: `synllm test {name} --suggest` writes such examples")
    return "".join(f"{make_visible(line)}\n" for line in lines)


def show_summary(runs: list[ExampleRun]) -> str:
    """Return the counts over all files as one line."""
    failed, undecided = sum(run.failed for run in runs), sum(run.undecided for run in runs)
    counts = [f"{sum(run.passed for run in runs)} passed"]
    counts += [f"{failed} failed"] if failed else []
    counts += [f"{undecided} undecided"] if undecided else []
    total = sum(len(run.examples) for run in runs)
    return f"{_count(total, 'example')}: {', '.join(counts)}" if total else "no examples"


def show_remarks(suggestions: Suggestions, width: int) -> str:
    """Return why rules have no example of some kind, and what stayed open."""
    remarks = [*suggestions.remarks]
    remarks += [f"it could not be worked out whether {each}" for each in suggestions.undecided]
    return "".join(f"{line}\n" for each in remarks for line in _fold(f"note: {each}", "  ", width))


def outcome_of(judged: JudgedExample) -> str:
    """Return `pass`, `fail` or `undecided`."""
    if judged.finding is None:
        return "pass"
    return "undecided" if judged.undecided else "fail"


def text_of(example: Example) -> str:
    """Return an example as it is written, on one line and without its keyword."""
    return " ".join(example.span.text.split()).removeprefix("example ")


def _show_example(judged: JudgedExample, width: int) -> Iterator[str]:
    line = f"line {judged.example.span.line}"
    yield f"  {outcome_of(judged):<9}  {line}  {_shorten(text_of(judged.example), width - 24)}"
    if judged.finding is not None:
        yield from _fold(judged.finding.headline, _INDENT, width)
        if judged.finding.fix:
            yield from _fold(f"help: {judged.finding.fix}", _INDENT, width)


def _shorten(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _fold(text: str, indent: str, width: int) -> Iterator[str]:
    """Yield the text's lines, indented; a warning or note starts at the margin."""
    first, *rest = [line for part in text.split("\n") for line in wrap(part, width - len(indent))]
    yield first if text.startswith(("warning: ", "note: ")) else indent + first
    yield from (indent + line for line in rest)


def _list_rules(names: tuple[str, ...]) -> str:
    noun = "rule" if len(names) == 1 else "the rules"
    return f"{noun} {list_names([f'`{name}`' for name in names], 'or')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
