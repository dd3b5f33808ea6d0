"""Conditions given apart from their spec are read as in it, and mistakes point into them."""

from __future__ import annotations

import pytest

from synllm.language.given import read_condition
from synllm.language.load import parse_spec
from synllm.spec.model import Spec

TEXT = """\
synspec 1

molar mass glucose 180.156

table visits "Visits" {
  age     : integer in 0..110 'a'                    "Age"
  smoker  : yes/no                                   "Smokes"
  glucose : integer in 20..600 'mg/dL' of glucose    "Glucose"
}

rule given "Smokers are at least 10"
  when smoker is yes then age >= 10
"""


def spec() -> Spec:
    read, mistakes = parse_spec(TEXT)
    assert mistakes == []
    assert read is not None
    return read


def test_a_condition_means_what_it_means_in_a_rule() -> None:
    text = "age in 18..<65 and not smoker is yes or glucose > 20 'mmol/L'"
    in_rule, _ = parse_spec(f'{TEXT}\nrule other "R"\n  always {text}\n')
    assert in_rule is not None

    condition, mistakes = read_condition(text, "--given", spec())

    assert mistakes == []
    assert condition == in_rule.rules[-1].then


@pytest.mark.parametrize(
    ("text", "finding", "blamed"),
    [
        ("ages > 3", "unknown-column", "ages"),
        ("smoker is maybe", "unknown-label", "maybe"),
        ("age == 3", "double-equals", "=="),
        ("smoker", "condition-expected", "smoker"),
        ("age + 1", "condition-expected", "age + 1"),
        ("(age < 3", "unclosed-parenthesis", "("),
        ("age <", "not-understood", ""),
        ("", None, ""),
        ('age < 3 because "so"', "condition-expected", 'age < 3 because "so"'),
        ('age < 3 cites "so"', "condition-expected", 'age < 3 cites "so"'),
        (
            'age < 3 rule more "M" always age > 5',
            "condition-expected",
            'age < 3 rule more "M" always age > 5',
        ),
        ("age < 3 example ok { age: 4 }", "condition-expected", "age < 3 example ok { age: 4 }"),
    ],
)
def test_a_mistake_points_into_the_condition(text: str, finding: str | None, blamed: str) -> None:
    condition, mistakes = read_condition(text, "--given", spec())

    assert condition is None
    assert mistakes
    for each in mistakes:
        assert finding in (None, each.finding)
        assert each.primary is not None
        assert each.primary.span.source.name == "--given"
        assert each.primary.span.source.text == text
        assert each.primary.span.text == blamed
