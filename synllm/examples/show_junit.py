"""The outcome of specs' examples as JUnit XML, which GitLab and Jenkins show as test results.

One suite is one spec and one case one example. A case is named by what the example says, without
its line, so that it stays the same case when lines move. An example left undecided, and a file that
can't be read, are errors.
"""

from __future__ import annotations

from collections.abc import Sequence

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.junit_text import JunitReport
from synllm.diagnostics.show_text import render_finding, render_text
from synllm.examples.run import ExampleRun
from synllm.examples.show_text import text_of


def render_junit(
    runs: Sequence[ExampleRun], unread: Sequence[tuple[str, Sequence[Diagnostic]]] = ()
) -> str:
    """Return the report of all specs that could be read, and of those that could not, by name."""
    report = JunitReport("synllm test")
    for run in runs:
        suite = report.add_suite(run.spec.source.name)
        for judged in run.examples:
            if judged.finding is None:
                suite.add_case(text_of(judged.example))
                continue
            suite.add_case(
                text_of(judged.example),
                "error" if judged.undecided else "failure",
                kind=judged.finding.finding,
                message=judged.finding.headline,
                text=render_finding(judged.finding, width=100),
            )
    for name, mistakes in unread:
        report.add_suite(name).add_case(
            "can be read",
            "error",
            kind=mistakes[0].finding,
            message=mistakes[0].headline,
            text=render_text(mistakes, width=100),
        )
    return report.write()
