"""The guidelines in specs/guidelines/: what is found in them as printed, and nothing once mended."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import synllm
from synllm.diagnostics.diagnostic import Diagnostic
from synllm.resources import specs_folder

FOLDER = specs_folder() / "guidelines"
RECORDED = sorted(FOLDER.glob("*_recorded.synspec"))
PRINTED = sorted(set(FOLDER.glob("*.synspec")) - set(RECORDED))
FOUND = {
    "blood_pressure": [("conflict-region", "rule `stage_1` and rule `stage_2` refuse every")],
    "body_mass_index": [
        ("gap-in-cases", "`bmi` in 24.91..24.99, 29.91..29.99, 34.91..34.99 and 39.91..39.99")
    ],
    "diabetes": [("gap-in-cases", "`two_hour_glucose` = 11.1")],
    "early_warning": [("gap-in-cases", "`temperature` in 95.1, 96.9, 100.5 and 102.3")],
    "kidney_disease": [
        ("gap-in-cases", "`egfr` in 29.1..29.9, 44.1..44.9, 59.1..59.9 and 89.1..89.9")
    ],
}


def findings_in(path: Path) -> list[Diagnostic]:
    return [each for each in synllm.load(path).check() if each.severity != "note"]


@pytest.mark.parametrize("path", PRINTED, ids=[path.stem for path in PRINTED])
def test_the_gaps_and_seams_of_a_guideline_as_printed_are_found(path: Path) -> None:
    findings = findings_in(path)

    assert [each.finding for each in findings] == [name for name, _ in FOUND[path.stem]]
    for finding, (_, words) in zip(findings, FOUND[path.stem], strict=True):
        assert words in finding.headline
        assert finding.witness


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
def test_a_guideline_rewritten_for_recorded_values_has_none(path: Path) -> None:
    assert findings_in(path) == []


@pytest.mark.parametrize("path", PRINTED, ids=[path.stem for path in PRINTED])
def test_both_forms_of_a_guideline_describe_the_same_columns(path: Path) -> None:
    printed = synllm.load(path).spec
    recorded = synllm.load(FOLDER / f"{path.stem}_recorded.synspec").spec

    assert [(each.name, each.type) for each in printed.columns] == [
        (each.name, each.type) for each in recorded.columns
    ]


@pytest.mark.parametrize("path", [*PRINTED, *RECORDED], ids=lambda path: path.stem)
def test_every_rule_of_a_guideline_cites_a_document_and_a_place_in_it(path: Path) -> None:
    for rule in synllm.load(path).spec.rules:
        assert re.search(r"\b(?:19|20)\d\d\b.*, (?:table|chart)", " ".join(rule.cites))
