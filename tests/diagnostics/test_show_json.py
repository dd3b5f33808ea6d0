"""Findings as programs read them."""

import json
from dataclasses import replace

from synllm.diagnostics.diagnostic import Diagnostic, Label, Severity
from synllm.diagnostics.fingerprint import fingerprints
from synllm.diagnostics.show_json import render_json
from synllm.diagnostics.source import Source, Span

SOURCE = Source("t.synspec", "table t {\n  age : integr\n}\n")
DIAGNOSTIC = Diagnostic(
    "unknown-type",
    Severity.ERROR,
    "the type `integr` is not known",
    Label(Span(SOURCE, 18, 24), "this type"),
    (Label(Span(SOURCE, 0, 9)),),
    "did you mean `integer`?",
    (("age", "≥ \x1b[31m\x9b\u202e"),),
)


def test_the_report_is_stable() -> None:
    assert json.loads(render_json([DIAGNOSTIC])) == {
        "findings": [
            {
                "finding": "unknown-type",
                "severity": "error",
                "headline": "the type `integr` is not known",
                "primary": {
                    "file": "t.synspec",
                    "line": 2,
                    "column": 9,
                    "end_line": 2,
                    "end_column": 15,
                    "text": "this type",
                },
                "secondary": [
                    {
                        "file": "t.synspec",
                        "line": 1,
                        "column": 1,
                        "end_line": 1,
                        "end_column": 10,
                        "text": "",
                    }
                ],
                "fix": "did you mean `integer`?",
                "witness": [{"column": "age", "cell": "≥ \x1b[31m\x9b\u202e"}],
                "allowed": None,
                "fingerprint": fingerprints([DIAGNOSTIC])[0],
            }
        ],
        "errors": 1,
        "warnings": 0,
        "notes": 0,
        "allowed": 0,
    }


def test_an_allowed_finding_is_counted_apart() -> None:
    report = json.loads(render_json([DIAGNOSTIC, replace(DIAGNOSTIC, allowed="policy")]))

    assert [each["allowed"] for each in report["findings"]] == [None, "policy"]
    assert (report["errors"], report["warnings"], report["allowed"]) == (1, 0, 1)


def test_the_json_itself_holds_no_control_character() -> None:
    text = render_json([DIAGNOSTIC])

    assert "≥ \\u001b[31m\\u009b\\u202e" in text
    assert all(character.isprintable() for character in text.replace("\n", ""))


def test_no_findings_are_an_empty_report() -> None:
    assert json.loads(render_json([])) == {
        "findings": [],
        "errors": 0,
        "warnings": 0,
        "notes": 0,
        "allowed": 0,
    }
