"""A spec's examples run as tests, and the examples that it lacks."""

from __future__ import annotations

from dataclasses import dataclass

from synllm.examples.written import add_examples, write_examples
from synllm.language.load import parse_spec
from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.examples import JudgedExample, judge_example
from synllm.proof.inquiry import Inquiry
from synllm.proof.witness import WitnessMismatchError
from synllm.proof.witnesses.suggest import Suggestions, find_lacking, suggest_examples
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower


@dataclass(frozen=True, slots=True)
class ExampleRun:
    """What running a spec's examples showed.

    `unbroken` are the file's own rules that no example breaks, `unshown` those that no `example ok`
    shows to hold.
    """

    spec: Spec
    examples: tuple[JudgedExample, ...]
    unbroken: tuple[str, ...]
    unshown: tuple[str, ...]

    @property
    def failed(self) -> int:
        """The number of examples that say otherwise than the rules."""
        return sum(each.finding is not None and not each.undecided for each in self.examples)

    @property
    def undecided(self) -> int:
        """The number of examples about which the budget ran out."""
        return sum(each.undecided for each in self.examples)

    @property
    def passed(self) -> int:
        """The number of examples that agree with the rules."""
        return len(self.examples) - self.failed - self.undecided


def open_inquiry(spec: Spec, budget: int = DEFAULT_BUDGET) -> Inquiry:
    """Return the inquiry that runs a spec's examples and suggests further ones."""
    return Inquiry(spec, lower(spec), budget)


def run_examples(inquiry: Inquiry) -> ExampleRun:
    """Return the outcome of every example, and the rules that none exercises."""
    unbroken, unshown = find_lacking(inquiry)
    judged = tuple(judge_example(example, inquiry) for example in inquiry.spec.examples)
    return ExampleRun(inquiry.spec, judged, unbroken, unshown)


def write_suggestions(inquiry: Inquiry) -> tuple[str, Suggestions]:
    """Return the examples that the spec lacks as text to put at its end, and as values.

    The text was read again with the spec, and no example in it fails; otherwise this raises
    WitnessMismatchError, a defect of this program.
    """
    suggestions = suggest_examples(inquiry)
    text = write_examples([each.example for each in suggestions.examples])
    _read_again(text, suggestions, inquiry)
    return text, suggestions


def _read_again(text: str, suggestions: Suggestions, inquiry: Inquiry) -> None:
    source = inquiry.spec.source
    spec, mistakes = parse_spec(add_examples(source.text, text), source.name)
    if spec is None:
        raise WitnessMismatchError(f"the examples suggested can't be read: {mistakes}")
    written = spec.examples[len(inquiry.spec.examples) :]
    if written != tuple(each.example for each in suggestions.examples):
        raise WitnessMismatchError(f"the examples suggested are read as {written}")
    for example in written:
        judged = judge_example(example, inquiry)
        if judged.finding is not None and not judged.undecided:
            raise WitnessMismatchError(f"a suggested example fails: {judged.finding.headline}")
