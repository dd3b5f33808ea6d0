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

import re
from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree

from synllm.diagnostics.checked import CheckedFile, shown_path
from synllm.diagnostics.diagnostic import Diagnostic, Severity
from synllm.diagnostics.fingerprint import subject_of
from synllm.diagnostics.show_text import render_finding
from synllm.diagnostics.terminal_text import make_visible

_NOT_CHECKED = frozenset({"unreadable-spec", "undecidable-in-practice"})


def render_junit(files: Sequence[CheckedFile]) -> str:
    """Return the report of all checked files, in their order."""
    root = ElementTree.Element("testsuites", {"name": "synllm check"})
    totals: Counter[str] = Counter()
    for file in files:
        suite = ElementTree.SubElement(
            root, "testsuite", {"name": make_visible(shown_path(file.name))}
        )
        counts = _fill(suite, file)
        _count(suite, counts)
        totals.update(counts)
    _count(root, totals)
    ElementTree.indent(root)
    # XML has no way to write these two.
    text = re.sub("[\ufffe\uffff]", "\ufffd", ElementTree.tostring(root, encoding="unicode"))
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _fill(suite: ElementTree.Element, file: CheckedFile) -> Counter[str]:
    counts: Counter[str] = Counter()
    names: Counter[str] = Counter()
    for finding in file.findings:
        if finding.severity is Severity.NOTE and finding.allowed is None:
            continue
        name = _name(finding)
        names[name] += 1
        if names[name] > 1:
            name = f"{name} ({names[name]})"
        outcome = _outcome(finding)
        counts.update(("tests", outcome))
        case = _case(suite, file, name, finding)
        if finding.allowed is not None:
            ElementTree.SubElement(case, outcome, {"message": make_visible(finding.allowed)})
            continue
        attributes = {"type": finding.finding, "message": make_visible(finding.headline)}
        ElementTree.SubElement(case, outcome, attributes).text = render_finding(finding, width=100)
    if not counts:
        counts["tests"] += 1
        _case(suite, file, "no findings", None)
    return counts


def _outcome(finding: Diagnostic) -> str:
    if finding.allowed is not None:
        return "skipped"
    return "error" if finding.finding in _NOT_CHECKED else "failure"


def _name(finding: Diagnostic) -> str:
    subject = str(subject_of(finding))
    return make_visible(f"{finding.finding}: {subject}" if subject else finding.finding)


def _case(
    suite: ElementTree.Element, file: CheckedFile, name: str, finding: Diagnostic | None
) -> ElementTree.Element:
    place = file.name
    if finding is not None and finding.primary is not None:
        place = finding.primary.span.source.name
    attributes = {
        "classname": make_visible(shown_path(file.name)),
        "name": name,
        "file": make_visible(shown_path(place)),
    }
    return ElementTree.SubElement(suite, "testcase", attributes)


def _count(element: ElementTree.Element, counts: Counter[str]) -> None:
    element.set("tests", str(counts["tests"]))
    element.set("failures", str(counts["failure"]))
    element.set("errors", str(counts["error"]))
    element.set("skipped", str(counts["skipped"]))
