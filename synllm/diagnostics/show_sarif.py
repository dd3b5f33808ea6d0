"""Findings in SARIF 2.1.0 (OASIS), which code-scanning services read.

Columns count Unicode code points, URIs are relative to the folder that synllm was run in, and
fingerprints survive moved lines. What the spec allows is a suppressed result with its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from synllm.diagnostics.catalogue import FINDINGS, OFF_BY_DEFAULT
from synllm.diagnostics.checked import CheckedFile, each_once, uri_of
from synllm.diagnostics.diagnostic import Diagnostic, Label
from synllm.diagnostics.explain import explain, opening_sentence
from synllm.diagnostics.fingerprint import fingerprints
from synllm.diagnostics.json_text import write_json
from synllm.diagnostics.remarks import remarks_on
from synllm.diagnostics.source import Source
from synllm.diagnostics.terminal_text import make_visible

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_ROOT = "%SRCROOT%"


def render_sarif(files: Sequence[CheckedFile], version: str) -> str:
    """Return one run as a SARIF log; `version` is synllm's own."""
    found = list(each_once(files))
    names = sorted({finding.finding for _, finding in found})
    results = [
        _result(file, finding, names.index(finding.finding), fingerprint)
        for (file, finding), fingerprint in zip(
            found, fingerprints([finding for _, finding in found]), strict=True
        )
    ]
    run = {
        "tool": {
            "driver": {
                "name": "synllm",
                "version": version,
                "semanticVersion": version,
                "rules": [_rule(name) for name in names],
            }
        },
        "invocations": [
            {
                "executionSuccessful": all(
                    finding.finding != "unreadable-spec" for _, finding in found
                )
            }
        ],
        "originalUriBaseIds": {
            _ROOT: {"description": {"text": "The folder that synllm was run in."}}
        },
        "artifacts": [{"location": _artifact(uri)} for uri in _uris(files, found)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return write_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _uris(files: Iterable[CheckedFile], found: Iterable[tuple[str, Diagnostic]]) -> tuple[str, ...]:
    names = [*(file.name for file in files), *(name for name, _ in found)]
    return tuple(dict.fromkeys(map(uri_of, names)))


def _rule(name: str) -> dict[str, Any]:
    page = explain(name) or ""
    sentence = opening_sentence(page) if page else name
    return {
        "id": name,
        "name": "".join(word.capitalize() for word in name.split("-")),
        "shortDescription": {"text": _plain(sentence)},
        # Viewers show a page as it is: it takes no arguments, so its braces stay single.
        "help": {"text": page or name, "markdown": page or name},
        "defaultConfiguration": {
            "level": FINDINGS[name],
            "enabled": name not in OFF_BY_DEFAULT,
        },
    }


def _result(file: str, finding: Diagnostic, rule: int, fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.finding,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": _message(finding)},
        "locations": [_location(file, finding.primary)],
    }
    if finding.secondary:
        result["relatedLocations"] = [
            {"id": number, **_location(label.span.source.name, label)}
            for number, label in enumerate(finding.secondary, start=1)
        ]
    # GitHub reads the first of these, and none but it.
    result["partialFingerprints"] = {
        "primaryLocationLineHash": fingerprint,
        "synllmSubject/v1": fingerprint,
    }
    result["suppressions"] = (
        []
        if finding.allowed is None
        else [{"kind": "inSource", "justification": make_visible(finding.allowed)}]
    )
    properties: dict[str, Any] = {}
    if finding.fix:
        properties["fix"] = finding.fix
    if finding.witness:
        properties["patient"] = [
            {"column": column, "cell": cell} for column, cell in finding.witness
        ]
    return result | ({"properties": properties} if properties else {})


def _message(finding: Diagnostic) -> str:
    lines = [finding.headline]
    lines += [f"{heading}: {text}" for heading, text in remarks_on(finding) if heading != "allowed"]
    return _plain("\n".join(lines))


def _plain(text: str) -> str:
    """Return a text in which nothing is a placeholder or a link (SARIF 2.1.0, §3.11.5 and 6)."""
    visible = "\n".join(map(make_visible, text.split("\n")))
    return visible.replace("{", "{{").replace("}", "}}").replace("](", "\\](")


def _location(file: str, label: Label | None) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(uri_of(file))}
    if label is None:
        return {"physicalLocation": physical}
    span = label.span
    physical["region"] = _region(span.source, span.start, span.end)
    message = {"message": {"text": _plain(label.text)}} if label.text else {}
    return {"physicalLocation": physical, **message}


def _region(source: Source, start: int, end: int) -> dict[str, int]:
    line, column = source.position(start)
    end_line, end_column = source.position(end)
    return {
        "startLine": line,
        "startColumn": column,
        "endLine": end_line,
        "endColumn": end_column,
    }


def _artifact(uri: str) -> dict[str, str]:
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": _ROOT}
