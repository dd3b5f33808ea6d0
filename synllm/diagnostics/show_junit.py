"""Findings as JUnit XML, which GitLab and Jenkins show as test results.

One suite is one spec and one failed case one finding. GitLab tells cases apart by suite and name
and compares them with those of the target branch: a case for each *kind* of finding would hide
that a second rule has it now, and a case for each rule would hide findings about columns. So a case
is named after its finding and what it is about, without any line number: `never-applies: rule x`.
A spec without findings has one case that passes, since a report without cases looks like a check
that didn't run.

A question left undecided and a file that can't be read are errors, an allowed finding is skipped
with its reason, and notes are no cases.
"""

from __future__ import annotations

from collections.abc import Sequence

from synllm.diagnostics.checked import CheckedFile
from synllm.diagnostics.diagnostic import Diagnostic, Severity
from synllm.diagnostics.fingerprint import subject_of
from synllm.diagnostics.junit_text import JunitReport, JunitSuite, Outcome
from synllm.diagnostics.show_text import render_finding

_NOT_CHECKED = frozenset({"unreadable-spec", "undecidable-in-practice"})


def render_junit(files: Sequence[CheckedFile]) -> str:
    """Return the report of all checked files, in their order."""
    report = JunitReport("synllm check")
    for file in files:
        suite = report.add_suite(file.name)
        for finding in file.findings:
            if finding.severity is not Severity.NOTE or finding.allowed is not None:
                _add(suite, finding)
        if not suite.counts:
            suite.add_case("no findings")
    return report.write()


def _add(suite: JunitSuite, finding: Diagnostic) -> None:
    file = "" if finding.primary is None else finding.primary.span.source.name
    if finding.allowed is not None:
        suite.add_case(_name(finding), "skipped", message=finding.allowed, file=file)
        return
    suite.add_case(
        _name(finding),
        _outcome(finding),
        kind=finding.finding,
        message=finding.headline,
        text=render_finding(finding, width=100),
        file=file,
    )


def _outcome(finding: Diagnostic) -> Outcome:
    return "error" if finding.finding in _NOT_CHECKED else "failure"


def _name(finding: Diagnostic) -> str:
    subject = str(subject_of(finding))
    return f"{finding.finding}: {subject}" if subject else finding.finding
