"""The card of a spec: its figures in few tokens."""

from __future__ import annotations

from pathlib import Path

import pytest

from synllm.compiler import compile_spec, load_spec, parse_spec
from synllm.targets.prompt.card import NumberFigures, find_typical
from synllm.targets.prompt.card_figures import describe_fields, write_card

PROJECT = Path(__file__).resolve().parents[2]
CARDS = Path(__file__).parent / "cards"


@pytest.mark.parametrize("name", ["cirrhosis", "diabetes", "stroke"])
def test_the_card_of_each_spec_is_as_recorded(name: str) -> None:
    spec, _ = load_spec(PROJECT / "specs" / f"{name}.synspec")
    assert spec is not None

    card = write_card(spec, compile_spec(spec).field_order)

    assert card + "\n" == (CARDS / f"{name}.txt").read_text(encoding="utf-8")


SPEC = """synspec 1

table t "T" {
  sick   : yes/no coded 1/0              "Sick"
  old    : yes/no coded "y"/"n"          "Old"
  weight : decimal(1) in 1..350 'kg'     "Weight"  may be missing
  grade  : ordered {low < middle < high} "Grade"  may be missing coded "NA"
  parity : integer in 0..12              "Births"  applies when old is yes coded "none"
}

statistics from "a registry" {
  sick    shares {yes: 20%}
  old     shares {yes: 50%}
  weight  mean 70, sd 10, point 70.5 at 12%, missing 5%
  grade   shares {low: 20%, high: 40%}, missing 10%
  parity  quantiles {25%: 1, 50%: 2}
  weight by sick  mean {yes: 78, no: 68}
  sick by grade   shares {low: {yes: 10%}, high: {yes: 30%}}
  odds ratio(sick, old) 4
  pearson(weight, old) 0.30
}
"""


@pytest.fixture(scope="module")
def lines() -> dict[str, str]:
    spec, mistakes = parse_spec(SPEC)
    assert spec is not None, mistakes
    names = ["sick", "old", "weight", "grade", "parity"]
    return dict(zip(names, write_card(spec, names).splitlines(), strict=True))


def test_a_field_has_its_codes_after_their_shares_in_percent(lines: dict[str, str]) -> None:
    assert lines["sick"] == '20"sick":1,80"sick":0'


def test_an_odds_ratio_is_told_as_the_correlation_that_it_makes(lines: dict[str, str]) -> None:
    # Of 100, 20 are sick and 50 old, 15.1 both: 15.1 * 45.1 is 4 * 4.9 * 34.9.
    assert lines["old"] == '50"old":"y",50"old":"n"~26"sick"~"old":>'


def test_a_number_has_typical_values_points_absence_and_ties(lines: dict[str, str]) -> None:
    # Normal, as no quantiles are declared; the means by group are 10 apart, which makes
    # r = 10 * sqrt(0.2 * 0.8) / 10, against the order of the codes.
    typical = '17"weight":57,17"weight":65,17"weight":70,17"weight":75,17"weight":83'
    rest = '12"weight":70.5,05"weight":null~40"sick"~"weight":<~30"old"~"weight":<'
    assert lines["weight"] == f"{typical},{rest}"


def test_shares_are_of_all_rows_and_a_label_without_one_gets_what_is_left(
    lines: dict[str, str],
) -> None:
    assert lines["grade"].startswith(
        '18"grade":"low",36"grade":"middle",36"grade":"high",10"grade":"NA"~2'
    )


def test_without_figures_a_range_is_even_and_a_code_may_have_no_share(
    lines: dict[str, str],
) -> None:
    typical = [1, 4, 6, 8, 11]
    assert lines["parity"] == ",".join(f'20"parity":{n}' for n in typical) + ',"parity":"none"'


@pytest.mark.parametrize(
    ("quantiles", "typical"),
    [
        # Those of a normal distribution of mean 50 and deviation 10.
        ((33.55, 43.26, 50, 56.74, 66.45), [37.18, 44.76, 50, 55.24, 62.82]),
        ((0, 0, 0, 10, 80), [0, 0, 0, 7.77, 53.8]),
    ],
)
def test_typical_numbers_lie_between_declared_quantiles(
    quantiles: tuple[float, ...], typical: list[float]
) -> None:
    numbers = NumberFigures(0, 0, 100, quantiles=quantiles)

    assert find_typical(numbers) == pytest.approx(typical, abs=0.1)


def test_typical_numbers_stay_in_the_range() -> None:
    assert find_typical(NumberFigures(0, 0, 50, mean=5, sd=10)) == pytest.approx(
        [0, 0, 5, 10.24, 17.82]
    )


def test_a_card_tells_of_ties_with_earlier_fields_alone() -> None:
    spec, _ = parse_spec(SPEC)
    assert spec is not None

    fields = describe_fields(spec, ["weight", "old", "sick"])

    assert [[name for name, _ in field.ties] for field in fields] == [
        [],
        ["weight"],
        ["weight", "old"],
    ]
