"""Which findings does the author allow, and which of the exceptions does nothing need?"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from synllm.diagnostics.catalogue import OFF_BY_DEFAULT
from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.spec.model import Allowance, Spec


def apply_allowances(
    spec: Spec,
    mistakes: Sequence[Diagnostic],
    proved: Sequence[Diagnostic],
    enabled: frozenset[str] = frozenset(),
) -> list[Diagnostic]:
    """Return all findings of a check, allowed ones marked, and one for each unneeded exception.

    An exception is unneeded where it applies to no finding. That is not known, and not said, while
    something about the rows is still to be mended or undecided, which may hide the finding; of a
    finding that was not looked for (`enabled` names those that are off by default); and of an
    exception in a library, which other specs may need. `mistakes` are those of reading the spec,
    which hide nothing.
    """
    findings = [*mistakes, *proved]
    marked = mark_allowed(spec, findings)
    may_hide = marked[len(mistakes) :]
    if any(each.counts and each.finding not in OFF_BY_DEFAULT for each in may_hide):
        return marked
    sought = [
        each
        for each in spec.allowances
        if each.span.source is spec.source
        and not spec.is_library
        and each.finding not in OFF_BY_DEFAULT - enabled
    ]
    unneeded = [
        each for each in sought if not any(_covers(each, finding, spec) for finding in findings)
    ]
    return [*marked, *map(_report_unneeded, unneeded)]


def mark_allowed(spec: Spec, findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the findings, those that the author allows with the reason for it."""
    narrowest_first = sorted(spec.allowances, key=lambda each: each.scope is None)
    marked: list[Diagnostic] = []
    for finding in findings:
        reasons = (each.reason for each in narrowest_first if _covers(each, finding, spec))
        marked.append(replace(finding, allowed=next(reasons, None)))
    return marked


def _covers(allowance: Allowance, finding: Diagnostic, spec: Spec) -> bool:
    """Return whether an exception is for a finding: by name, and by one of its places."""
    if allowance.finding != finding.finding:
        return False
    places = [label.span for label in finding.secondary]
    if finding.primary is not None:
        places.append(finding.primary.span)
    scope = allowance.scope
    if scope is None:
        file = allowance.span.source
        return any(place.source is file for place in places) or (not places and file is spec.source)
    return any(
        place.source is scope.source and scope.start <= place.start and place.end <= scope.end
        for place in places
    )


def _report_unneeded(allowance: Allowance) -> Diagnostic:
    where = "in this file" if allowance.scope is None else "here"
    return report(
        "unneeded-allow",
        f"`{allowance.finding}` is allowed {where}, but there is none",
        allowance.span,
        "does nothing",
        fix="remove it: it would hide a later finding that nobody has judged yet",
    )
