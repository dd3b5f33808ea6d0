"""A condition given apart from its spec, such as on the command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from synllm.diagnostics.diagnostic import Diagnostic, Label, has_errors, report
from synllm.diagnostics.source import Source, Span
from synllm.language.load import parse_spec
from synllm.spec.expressions import Condition
from synllm.spec.model import Spec


def read_condition(text: str, name: str, spec: Spec) -> tuple[Condition | None, list[Diagnostic]]:
    """Return a condition on the spec's columns, or every mistake in it.

    It is read as the body of one more rule of the spec's own file, so it can say all that a rule
    can. Messages point into `text`, under the name given.
    """
    rule = "given"
    while any(each.name == rule for each in spec.rules):
        rule += "_"
    before = f'{spec.source.text}\n\nrule {rule} "What is given"\n  always\n'
    longer, found = parse_spec(f"{before}{text}\n", spec.source.name)
    source = Source(name, text)
    if longer is None:
        errors = [each for each in found if has_errors([each])]
        return None, [_moved(each, len(before), source) for each in errors]
    condition = _only_addition(longer, spec)
    if condition is None:
        whole = Span(source, 0, len(text))
        fix = "write one condition, as it stands after `when` or `always` in a rule"
        return None, [report("condition-expected", "this is more than a condition", whole, fix=fix)]
    return condition, []


def _only_addition(longer: Spec, spec: Spec) -> Condition | None:
    """Return the last rule's condition, or None where it is not all that was added to the spec."""
    *rules, last = longer.rules
    bare = last.when is None and not last.cites and last.because is None
    same = replace(longer, rules=tuple(rules)) == spec
    return last.then if bare and same else None


def _moved(diagnostic: Diagnostic, by: int, source: Source) -> Diagnostic:
    """Return the diagnostic with places after `by` moved into the source of the condition alone."""

    def move(label: Label) -> Label:
        end = len(source.text)
        span = Span(
            source,
            *(min(max(0, each - by), end) for each in (label.span.start, label.span.end)),
        )
        return replace(label, span=span)

    def is_inside(label: Label) -> bool:
        return label.span.end > by and label.span.source.text.startswith(source.text, by)

    def move_all(labels: Iterable[Label]) -> tuple[Label, ...]:
        return tuple(move(each) if is_inside(each) else each for each in labels)

    primary = None if diagnostic.primary is None else move(diagnostic.primary)
    return replace(diagnostic, primary=primary, secondary=move_all(diagnostic.secondary))
