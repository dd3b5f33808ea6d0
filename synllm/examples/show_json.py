"""The outcome of specs' examples as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict

from synllm.diagnostics.json_text import write_json
from synllm.examples.run import ExampleRun
from synllm.examples.show_text import outcome_of, text_of
from synllm.examples.written import write_examples
from synllm.proof.examples import JudgedExample
from synllm.proof.witnesses.suggest import Purpose, Suggestions


class TestCase(BaseModel):
    """One example: `breaks` names the rule that it should break, `reason` says why it fails."""

    model_config = ConfigDict(frozen=True)

    line: int
    text: str
    breaks: str | None
    outcome: Literal["pass", "fail", "undecided"]
    reason: str | None
    fix: str | None


class SuggestedExample(BaseModel):
    """One example that the spec lacks, as the line to add, and what it shows of which rule."""

    model_config = ConfigDict(frozen=True)

    rule: str
    purpose: Purpose
    text: str


class TestedFile(BaseModel):
    """The examples of one spec, in written order, and the rules that none of them exercises.

    `remarks` say why a rule has no example of some kind, `undecided` what stayed open.
    """

    model_config = ConfigDict(frozen=True)

    file: str
    examples: tuple[TestCase, ...]
    rules_never_broken: tuple[str, ...]
    rules_never_shown: tuple[str, ...]
    suggestions: tuple[SuggestedExample, ...]
    remarks: tuple[str, ...]
    undecided: tuple[str, ...]


class TestReport(BaseModel):
    """All files of one run in the order given, and their counts."""

    model_config = ConfigDict(frozen=True)

    files: tuple[TestedFile, ...]
    passed: int
    failed: int
    undecided: int


def render_json(runs: Iterable[tuple[ExampleRun, Suggestions | None]]) -> str:
    """Return the report as indented JSON, its keys in a fixed order, safe to print."""
    listed = list(runs)
    report = TestReport(
        files=tuple(_file(run, suggestions) for run, suggestions in listed),
        passed=sum(run.passed for run, _ in listed),
        failed=sum(run.failed for run, _ in listed),
        undecided=sum(run.undecided for run, _ in listed),
    )
    return write_json(report.model_dump(mode="json"))


def _file(run: ExampleRun, suggestions: Suggestions | None) -> TestedFile:
    suggested = () if suggestions is None else suggestions.examples
    return TestedFile(
        file=run.spec.source.name,
        examples=tuple(_case(judged) for judged in run.examples),
        rules_never_broken=run.unbroken,
        rules_never_shown=run.unshown,
        suggestions=tuple(
            SuggestedExample(
                rule=each.rule,
                purpose=each.purpose,
                text=write_examples([each.example]).rstrip("\n"),
            )
            for each in suggested
        ),
        remarks=() if suggestions is None else suggestions.remarks,
        undecided=() if suggestions is None else suggestions.undecided,
    )


def _case(judged: JudgedExample) -> TestCase:
    finding = judged.finding
    return TestCase.model_validate(
        {
            "line": judged.example.span.line,
            "text": text_of(judged.example),
            "breaks": judged.example.breaks,
            "outcome": outcome_of(judged),
            "reason": None if finding is None else finding.headline,
            "fix": None if finding is None else finding.fix,
        }
    )
