"""A library's rules speak of its types, and reach the columns that are declared with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from synllm.language import load_spec
from synllm.spec.expressions import columns_of

LIBRARY = """\
synspec 1
molar mass glucose 180.156
type pressure = integer in 20..300 'mm[Hg]' "A blood pressure"
type high = integer in 50..300 'mm[Hg]' "The higher one"
type sugar = decimal(1) in 20.0..600.0 'mg/dL' of glucose "Glucose"

rule alive "A pressure is at least 30" always pressure >= 30
rule order "The higher one is higher" always high > pressure
rule sweet "Sugar is at least 2 mmol/L" always sugar >= 2 'mmol/L'
"""


def _load(tmp_path: Path, columns: str) -> tuple[list[str], list[str]]:
    (tmp_path / "lib.synspec").write_text(LIBRARY)
    path = tmp_path / "table.synspec"
    path.write_text(f'synspec 1\nuse "lib.synspec"\ntable t "T" {{\n{columns}\n}}\n')
    spec, diagnostics = load_spec(path)
    assert spec is not None, diagnostics
    rules = [f"{rule.name}: {', '.join(columns_of(rule.then))}" for rule in spec.rules]
    return rules, [each.finding for each in diagnostics]


@pytest.mark.parametrize(
    ("columns", "rules", "findings"),
    [
        ("age : integer in 0..9", [], []),
        ("low : pressure", ["alive: low"], []),
        ("high : pressure", ["alive: high"], []),
        ("low : pressure in 40..90\ntop : high", ["alive: low", "order: top, low"], []),
        ("a : pressure\nb : pressure", ["alive_a: a", "alive_b: b"], []),
        (
            "a : pressure\nb : pressure\ntop : high",
            ["alive_a: a", "alive_b: b"],
            ["ambiguous-library-rule"],
        ),
        ('"blood sugar" : sugar', ["sweet: blood sugar"], []),
    ],
)
def test_rules_reach_the_columns_of_their_types(
    columns: str, rules: list[str], findings: list[str], tmp_path: Path
) -> None:
    assert _load(tmp_path, columns) == (rules, findings)


def test_a_library_is_checked_on_its_own(tmp_path: Path) -> None:
    path = tmp_path / "lib.synspec"
    path.write_text(LIBRARY.replace("always high > pressure", "always high > presure"))
    spec, diagnostics = load_spec(path)

    assert spec is None
    assert [each.finding for each in diagnostics] == ["unknown-column"]


def test_a_mistake_in_a_library_is_reported_where_it_stands(tmp_path: Path) -> None:
    (tmp_path / "lib.synspec").write_text("synspec 1\ntype age = integer in 9..0\n")
    path = tmp_path / "table.synspec"
    path.write_text('synspec 1\nuse "lib.synspec"\ntable t "T" {\n  age : age\n}\n')
    spec, diagnostics = load_spec(path)

    assert spec is None
    assert [each.finding for each in diagnostics] == ["empty-range"]
    assert diagnostics[0].primary is not None
    assert diagnostics[0].primary.span.source.name.endswith("lib.synspec")


def test_a_library_of_a_library_is_used_once(tmp_path: Path) -> None:
    (tmp_path / "base.synspec").write_text("synspec 1\ntype age = integer in 0..99\n")
    (tmp_path / "lib.synspec").write_text('synspec 1\nuse "base.synspec"\n')
    path = tmp_path / "table.synspec"
    path.write_text(
        'synspec 1\nuse "base.synspec"\nuse "lib.synspec"\ntable t "T" {\n  years : age\n}\n'
    )

    assert load_spec(path)[1] == []


def test_files_that_use_each_other_are_reported(tmp_path: Path) -> None:
    (tmp_path / "a.synspec").write_text('synspec 1\nuse "b.synspec"\n')
    (tmp_path / "b.synspec").write_text('synspec 1\nuse "a.synspec"\n')

    assert [each.finding for each in load_spec(tmp_path / "a.synspec")[1]] == ["import-cycle"]
