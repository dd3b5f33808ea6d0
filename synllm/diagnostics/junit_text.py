"""JUnit XML: suites of cases with their outcomes and counts, as GitLab and Jenkins read it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from xml.etree import ElementTree

from synllm.diagnostics.checked import shown_path
from synllm.diagnostics.terminal_text import make_visible

Outcome: TypeAlias = Literal["failure", "error", "skipped"]


@dataclass(slots=True)
class JunitSuite:
    """The cases of one file; two cases never get the same name, by which servers tell them apart.

    GitLab compares cases with those of the target branch by suite and name, so no name should hold
    a line number.
    """

    file: str
    element: ElementTree.Element
    counts: Counter[str] = field(default_factory=Counter)
    _names: Counter[str] = field(default_factory=Counter)

    def add_case(
        self,
        name: str,
        outcome: Outcome | None = None,
        *,
        kind: str = "",
        message: str = "",
        text: str = "",
        file: str = "",
    ) -> None:
        """Add a case; without an outcome it passes. `file` is where it points, if elsewhere."""
        name = make_visible(name)
        self._names[name] += 1
        if self._names[name] > 1:
            name = f"{name} ({self._names[name]})"
        self.counts["tests"] += 1
        attributes = {
            "classname": make_visible(shown_path(self.file)),
            "name": name,
            "file": make_visible(shown_path(file or self.file)),
        }
        case = ElementTree.SubElement(self.element, "testcase", attributes)
        if outcome is not None:
            self.counts[outcome] += 1
            told = {"type": kind} if kind else {}
            told["message"] = make_visible(message)
            ElementTree.SubElement(case, outcome, told).text = text or None


@dataclass(slots=True)
class JunitReport:
    """A report that is filled suite by suite; `name` is the command that wrote it."""

    name: str
    suites: list[JunitSuite] = field(default_factory=list)

    def add_suite(self, file: str) -> JunitSuite:
        """Return a new suite for a file, without cases."""
        element = ElementTree.Element("testsuite", {"name": make_visible(shown_path(file))})
        self.suites.append(JunitSuite(file, element))
        return self.suites[-1]

    def write(self) -> str:
        """Return the report as indented XML, its counts filled in."""
        root = ElementTree.Element("testsuites", {"name": self.name})
        totals: Counter[str] = Counter()
        for suite in self.suites:
            _set_counts(suite.element, suite.counts)
            totals.update(suite.counts)
            root.append(suite.element)
        _set_counts(root, totals)
        ElementTree.indent(root)
        # XML has no way to write these two.
        text = re.sub("[\ufffe\uffff]", "\ufffd", ElementTree.tostring(root, encoding="unicode"))
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _set_counts(element: ElementTree.Element, counts: Counter[str]) -> None:
    element.set("tests", str(counts["tests"]))
    element.set("failures", str(counts["failure"]))
    element.set("errors", str(counts["error"]))
    element.set("skipped", str(counts["skipped"]))
