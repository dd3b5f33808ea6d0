"""What is said of one change at a time, and which patient shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from synllm.compiler import check_spec
from synllm.diff.compare_specs import compare_specs
from synllm.diff.model import Change, PartChange, Presence, SpecChange
from synllm.language.load import parse_spec
from synllm.spec.model import Spec

HEAD = "synspec 1\n\n"


def _spec(text: str) -> Spec:
    spec, diagnostics = parse_spec(HEAD + text)
    assert spec is not None, [each.headline for each in diagnostics]
    return spec


def _table(columns: str, rest: str = "") -> str:
    return f'table t "A table" {{\n{columns}\n}}\n{rest}\n'


def _diff(old: str, new: str, **options: int) -> SpecChange:
    return compare_specs(_spec(old), _spec(new), "t", **options)


def _rule(change: SpecChange, name: str) -> PartChange:
    return next(each for each in change.rules if each.name == name)


def _column(change: SpecChange, name: str) -> PartChange:
    return next(each for each in change.columns if each.name == name)


NUMBERS = 'x : integer in 0..99 "X"\n y : integer in 0..99 "Y"'


def test_two_readings_of_one_text_are_unchanged() -> None:
    text = _table(NUMBERS, 'rule r "R" always x > y')

    assert _diff(text, text).is_unchanged


@pytest.mark.parametrize(
    ("before", "after", "change", "refused", "admitted"),
    [
        ("always x >= 16", "always x >= 18", Change.NARROWER, "{ x: 17 }", None),
        ("always x >= 18", "always x >= 16", Change.WIDER, None, "{ x: 17 }"),
        ("always x in 10..20", "always x in 15..25", Change.DIFFERENT, "{ x: 14 }", "{ x: 21 }"),
        ("never x < 16", "always x >= 16", Change.SAME, None, None),
        (
            "when x < 5 then y < 50",
            "when x < 9 then y < 50",
            Change.NARROWER,
            "{ x: 8, y: 50 }",
            None,
        ),
    ],
)
def test_a_changed_rule_shows_the_patient_at_its_new_edge(
    before: str, after: str, change: Change, refused: str | None, admitted: str | None
) -> None:
    found = _diff(_table(NUMBERS, f'rule r "R" {before}'), _table(NUMBERS, f'rule r "R" {after}'))
    rows = [row and row.text for row in (found.refused, found.admitted)]

    assert (found.change, _rule(found, "r").change) == (change, change)
    assert rows == [refused, admitted]


def test_a_changed_formula_changes_the_rules_that_use_it() -> None:
    def spec(formula: str) -> str:
        computed = f'derived d : integer "D" = {formula} rounded half up'
        return _table(NUMBERS, f'{computed}\nrule r "R" always d <= 100')

    found = _diff(spec("x + y"), spec("x + y + 10"))

    assert found.change is Change.NARROWER
    assert _rule(found, "r").change is Change.NARROWER
    assert [each.what for each in _column(found, "d").details] == ["formula"]


def test_a_unit_is_converted_where_the_grids_fit() -> None:
    old = _table("h : integer in 50..250 'cm' \"Height\"", 'rule r "R" always h > 60')
    same = _table("h : decimal(2) in 0.5..2.5 'm' \"Height\"", 'rule r "R" always h > 0.6')
    narrower = _table("h : decimal(2) in 0.5..2.5 'm' \"Height\"", 'rule r "R" always h > 0.7')

    assert _diff(old, same).change is Change.SAME
    found = _diff(old, narrower)
    assert found.change is Change.NARROWER
    assert found.refused is not None
    assert found.refused.example_ok == "example ok { h: 70 }"
    assert found.refused.example_breaks == "example breaks r { h: 0.70 }"


def test_temperatures_are_converted_as_points_on_their_scales() -> None:
    old = _table("t : decimal(1) in 30..45 'Cel' \"Temperature\"", 'rule r "R" always t > 35')
    new = _table(
        "t : decimal(2) in 303.15..318.15 'K' \"Temperature\"", 'rule r "R" always t > 308.25'
    )
    found = _diff(old, new)

    assert _rule(found, "r").change is Change.NARROWER
    assert found.refused is not None
    assert found.refused.text == "{ t: 35.1 }"


@pytest.mark.parametrize(
    ("old_type", "new_type"),
    [
        ("integer in 40..600 'mg/dL' of glucose", "decimal(1) in 2..33 'mmol/L' of glucose"),
        ("integer in 40..600 'kg'", "integer in 40..600 'cm'"),
        ("integer in 40..600", "one of {low, high}"),
    ],
)
def test_values_that_cannot_be_compared_are_different_and_so_are_the_rules_on_them(
    old_type: str, new_type: str
) -> None:
    limit = "g is low" if "one of" in new_type else "g < 30"
    found = _diff(
        _table(f'g : {old_type} "G"', 'rule r "R" always g < 500'),
        _table(f'g : {new_type} "G"', f'rule r "R" always {limit}'),
    )

    assert found.change is Change.DIFFERENT
    assert (found.refused, found.admitted) == (None, None)
    assert _column(found, "g").note is not None
    assert _rule(found, "r").change is Change.DIFFERENT


def test_what_depends_on_values_that_cannot_be_compared_is_different_too() -> None:
    def spec(kind: str, limit: int) -> str:
        return _table(
            f'g : {kind} "G"\n d : integer in 0..9 "D" applies when g > {limit}',
            'derived half : decimal(1) in 0..400 "H" = g / 2 rounded down',
        )

    found = _diff(spec("integer in 40..600 'mg/dL'", 90), spec("decimal(1) in 2..33 'mmol/L'", 5))

    assert [(each.name, each.change) for each in found.columns] == [
        ("g", Change.DIFFERENT),
        ("d", Change.DIFFERENT),
        ("half", Change.DIFFERENT),
    ]
    assert _column(found, "d").note == "the values of `g` can't be compared"


def test_one_more_decimal_accepts_more_values() -> None:
    found = _diff(_table('x : integer in 0..9 "X"'), _table('x : decimal(1) in 0..9 "X"'))

    assert found.change is Change.WIDER
    assert found.admitted is not None
    assert found.admitted.text == "{ x: 0.1 }"


def test_a_value_put_between_others_keeps_what_rules_say_of_those() -> None:
    rule = 'rule r "R" always stage >= G3 or x < 50'
    old = _table('x : integer in 0..99 "X"\n stage : ordered {G1 < G3 < G5} "S"', rule)
    new = _table('x : integer in 0..99 "X"\n stage : ordered {G1 < G2 < G3 < G5} "S"', rule)
    found = _diff(old, new)

    assert found.change is Change.WIDER
    assert found.rules == ()
    assert found.admitted is not None
    assert found.admitted.text == "{ stage: G2 }"


def test_what_may_be_absent_is_compared() -> None:
    old = _table('x : integer in 0..9 "X" may be missing coded "NA"')
    new = _table('x : integer in 0..9 "X"')
    found = _diff(old, new)

    assert found.refused is not None
    assert found.refused.text == "{ x: missing }"
    assert found.refused.refused_by == ("`x` may not be missing",)


def test_a_condition_of_applying_is_compared_both_ways() -> None:
    def spec(limit: int) -> str:
        return _table(
            'age : integer in 0..99 "Age"\n'
            f'births : integer in 0..20 "Births" applies when age >= {limit}'
        )

    found = _diff(spec(12), spec(15))

    assert found.change is Change.DIFFERENT
    assert found.refused is not None
    assert found.refused.text == "{ age: 14, births: 10 }"
    assert found.admitted is not None
    assert found.admitted.text == "{ age: 12, births: not applicable }"


def test_columns_missing_together_are_compared_as_sets() -> None:
    columns = "\n".join(f'{name} : integer in 0..9 "C" may be missing' for name in "abc")
    old = _table(columns + "\n a, b are missing together")
    turned = _table(columns + "\n b, a are missing together")
    more = _table(columns + "\n a, b, c are missing together")

    assert _diff(old, turned).change is Change.SAME
    found = _diff(old, more)
    assert found.change is Change.NARROWER
    assert [(each.presence, each.change) for each in found.rules] == [
        (Presence.REMOVED, Change.SAME),
        (Presence.ADDED, Change.NARROWER),
    ]


def test_a_rule_is_compared_where_both_versions_can_record_the_row() -> None:
    old = _table('x : integer in 0..99 "X"', 'rule r "R" always x <= 80')
    new = _table('x : integer in 0..50 "X"', 'rule r "R" always x <= 60')
    found = _diff(old, new)

    assert (found.change, _column(found, "x").change) == (Change.NARROWER, Change.NARROWER)
    assert (_rule(found, "r").change, _rule(found, "r").reworded) == (Change.SAME, True)


def test_a_column_that_one_version_lacks_may_hold_anything_there() -> None:
    new = _table(NUMBERS + '\n z : yes/no "Z"')

    assert _diff(_table(NUMBERS), new).change is Change.SAME
    ruled = _diff(_table(NUMBERS), new + 'rule r "R" when z is yes then x < 50')
    assert ruled.change is Change.NARROWER
    assert ruled.refused is not None
    assert ruled.refused.text == "{ x: 50, z: yes }"
    assert ruled.refused.example_ok == "example ok { x: 50 }"
    assert ruled.refused.example_breaks == "example breaks r { x: 50, z: yes }"


def test_dividing_by_zero_refuses_a_row() -> None:
    old = _table(NUMBERS, 'rule r "R" always x <= 2 * y')
    new = _table(NUMBERS, 'rule r "R" always x / y <= 2')
    found = _diff(old, new)

    assert found.change is Change.NARROWER
    assert found.refused is not None
    assert found.refused.text == "{ y: 0 }"
    assert found.refused.example_breaks is None


def test_a_renamed_rule_is_the_one_with_its_meaning_and_the_closest_text() -> None:
    old = _table(
        NUMBERS,
        'rule first "Sum of both" always x + y <= 150\nrule second "Twice" always x <= 40',
    )
    new = _table(
        NUMBERS,
        'rule b "Twice the same" never x > 40\nrule c "Twice" always x <= 40\n'
        'rule a "Sum of both" always x <= 150 - y',
    )
    found = _diff(old, new)
    renamed = {each.name: each.old_name for each in found.rules if each.old_name}

    assert renamed == {"a": "first", "c": "second"}
    assert _rule(found, "a").reworded
    assert not _rule(found, "c").reworded
    assert _rule(found, "b").presence is Presence.ADDED
    assert _rule(found, "b").note is not None
    assert found.change is Change.SAME


def test_a_change_that_other_rules_make_idle_is_told() -> None:
    always = 'rule adults "A" always x >= 18\n'
    old = _table(NUMBERS, always + 'rule r "R" when x < 10 then y = 0')
    new = _table(NUMBERS, always + 'rule r "R" when x < 14 then y = 0')
    found = _diff(old, new)

    assert found.change is Change.SAME
    assert _rule(found, "r").change is Change.NARROWER
    assert _rule(found, "r").is_redundant


def test_a_hard_rule_made_soft_refuses_nobody_any_more() -> None:
    old = _table(NUMBERS, 'rule r "R" always x >= 18')
    new = _table(NUMBERS, 'usually r "R" in at least 90% of cases always x >= 18')
    found = _diff(old, new)

    assert found.change is Change.WIDER
    assert found.admitted is not None
    assert found.admitted.text == "{ x: 17 }"


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        ("90% of cases always x >= 18", "95% of cases always x >= 18", Change.NARROWER),
        ("90% of cases always x >= 18", "90% of cases always x >= 16", Change.WIDER),
        ("90% of cases always x >= 18", "95% of cases always x >= 16", Change.DIFFERENT),
        ("90% of cases always x >= 18", "90% of cases never x < 18", Change.SAME),
        (
            "90% of cases when y > 5 then x >= 18",
            "90% of cases always y <= 5 or x >= 18",
            Change.DIFFERENT,
        ),
    ],
)
def test_a_soft_rule_changes_who_counts_and_how_many_but_refuses_nobody(
    before: str, after: str, change: Change
) -> None:
    old = _table(NUMBERS, f'usually r "R" in at least {before}')
    found = _diff(old, _table(NUMBERS, f'usually r "R" in at least {after}'))

    assert found.change is Change.SAME
    assert _rule(found, "r").change is change


def test_a_question_that_is_too_hard_is_open_and_never_called_the_same() -> None:
    columns = "\n".join(f'{name} : integer in 1..9999 "C"' for name in "abc")
    old = _table(columns)
    new = _table(columns, 'rule r "R" never a * a * a + b * b * b = c * c * c')
    found = _diff(old, new, budget=1000)

    assert found.change is Change.UNDECIDED
    assert _rule(found, "r").change is Change.UNDECIDED
    assert found.open_questions == (
        "whether rule `r` of the new version refuses a patient that the old version accepts",
    )


def test_who_counts_against_a_soft_rule_may_stay_open_too() -> None:
    columns = "\n".join(f'{name} : integer in 1..9999 "C"' for name in "abc")
    soft = 'usually r "R" in at least 50% of cases'
    old = _table(columns, f"{soft} never a * a * a + b * b * b = c * c * c")
    new = _table(columns, f"{soft} never a * a * a + b * b * b = c * c * c + 7 * a * b")
    found = _diff(old, new, budget=1000)

    assert found.change is Change.SAME
    assert _rule(found, "r").change is Change.UNDECIDED
    assert found.open_questions == ("which patients count against soft rule `r`",)


def test_figures_are_compared_by_what_they_measure() -> None:
    def spec(figures: str) -> str:
        return _table(NUMBERS, f'statistics from "S" n 100 {{ {figures} }}')

    found = _diff(
        spec("x mean 50.0, sd 9 within 0.5 y median 20 pearson(x, y) 0.3"),
        spec("x mean 50, sd 9 y median 20, quantiles {5%: 3} pearson(x, y) 0.3"),
    )

    assert [(each.figure, each.old, each.new) for each in found.statistics] == [
        ("x mean", "50.0", "50"),
        ("x sd", "9 within 0.5", "9"),
        ("y quantile 5 %", None, "3"),
    ]
    assert [each.level for each in found.prompts] == ["stat-guide", "clin-rule"]


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_shown_rows_can_be_pasted_as_examples(direction: str, tmp_path: Path) -> None:
    columns = (
        'age : integer in 0..110 "Age"\n "on drug" : yes/no "D"\n'
        ' kind : one of {"not seen", "where", plain} "K"\n w : decimal(2) in 0..9.99 "W"'
    )
    texts = [
        _table(
            columns,
            'rule a_b "R" when "on drug" is yes then age >= 18\n'
            'rule k "K" when kind is "where" then w > 2.5',
        ),
        _table(
            columns,
            'rule a_b "R" when "on drug" is yes then age >= 21\n'
            'rule k "K" when kind is not plain then w > 3.25',
        ),
    ]
    texts = texts if direction == "forward" else texts[::-1]
    found = _diff(*texts)
    rows = [each for part in found.rules for each in (part.refused.row, part.admitted.row) if each]
    files = {side: tmp_path / f"{side}.synspec" for side in ("old", "new")}
    for row in rows:
        old_text, new_text = (HEAD + text for text in texts)
        added = {"old": old_text, "new": new_text}
        added[row.accepted_by] += f"{row.example_ok}\n"
        added[row.accepted_by.other] += f"{row.example_breaks}\n"
        for side, file in files.items():
            file.write_text(added[side], encoding="utf-8")
            _, diagnostics = check_spec(file)

            assert "example-disagrees" not in {each.finding for each in diagnostics}
            assert not [each for each in diagnostics if each.severity == "error"], added[side]

    assert len(rows) == 2
