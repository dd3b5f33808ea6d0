"""What each prompt level says, word for word, and what it must never say."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import pytest

from synllm.spec.model import Spec
from synllm.spec.statistics import Measured, Statistic, StatisticKind
from synllm.targets.examples import read_examples
from synllm.targets.prompt.content import sections_of
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.prompt.matrix import disclosure_matrix
from synllm.targets.prompt.messages import write_prompt
from synllm.targets.wording import word_percent, word_statistic
from tests.specs_in_code import cirrhosis_like, stroke_like
from tests.targets.small_specs import grammar_of

EXPECTED = Path(__file__).parent / "prompts"

STROKE_EXAMPLES: list[Mapping[str, str]] = [
    {
        "id": "9046",
        "gender": "Male",
        "age": "67",
        "ever_married": "Yes",
        "work_type": "Private",
        "bmi": "36.6",
        "smoking_status": "formerly smoked",
        "stroke": "1",
    },
    {
        "gender": "Female",
        "age": "0.64",
        "ever_married": "No",
        "work_type": "children",
        "bmi": "N/A",
        "smoking_status": "Unknown",
        "stroke": "0.0",
    },
]


def prompt_text(spec: Spec, level: PromptLevel, examples: list[Mapping[str, str]]) -> str:
    rows, findings = read_examples(spec, examples)
    assert not findings
    prompt = write_prompt(level, spec, grammar_of(spec).row_format, rows)
    return "\n\n".join(f"[{each.role}]\n{each.content}" for each in prompt.messages) + "\n"


@pytest.mark.parametrize("level", PromptLevel)
@pytest.mark.parametrize(
    ("spec", "examples"),
    [(stroke_like(), STROKE_EXAMPLES), (cirrhosis_like(), [])],
    ids=["stroke", "cirrhosis"],
)
def test_the_prompt_reads_as_expected(
    spec: Spec, examples: list[Mapping[str, str]], level: PromptLevel
) -> None:
    expected = EXPECTED / f"{spec.name}.{level.value}.txt"

    assert prompt_text(spec, level, examples) == expected.read_text(encoding="utf-8")


def test_the_rule_prompt_never_shows_a_row() -> None:
    spec = stroke_like()

    with_rows = prompt_text(spec, PromptLevel.CLIN_RULE, STROKE_EXAMPLES)

    assert with_rows == prompt_text(spec, PromptLevel.CLIN_RULE, [])
    assert "examples" not in sections_of(PromptLevel.CLIN_RULE)


def test_each_level_says_more_than_the_one_before() -> None:
    contents = disclosure_matrix(stroke_like(), 2).levels

    assert [level.level for level in contents] == list(PromptLevel)
    assert [level.descriptions > 0 for level in contents] == [False, True, True, True]
    assert [level.statistics for level in contents] == [0, 0, 13, 13]
    assert [level.hard_rules + level.soft_rules for level in contents] == [0, 0, 0, 3]
    assert [level.example_cells for level in contents] == [14, 14, 14, 0]


def test_an_example_row_that_can_not_be_read_is_left_out_and_named() -> None:
    spec = stroke_like()
    wrong = {**STROKE_EXAMPLES[0], "age": "67.123"}
    rows, findings = read_examples(spec, [wrong, STROKE_EXAMPLES[1], {"age": "3"}])

    assert len(rows) == 1
    assert [finding.headline for finding in findings] == [
        'example row 1 is left out of the prompts: `age` holds "67.123", more decimals than declared',
        "example row 3 is left out of the prompts: `gender` is empty, but the column may not be missing",
    ]
    assert {finding.finding for finding in findings} == {"unreadable-example-row"}


@pytest.mark.parametrize(
    ("kind", "at", "said"),
    [
        (StatisticKind.MEAN, None, "mean 3.5"),
        (StatisticKind.MEDIAN, None, "median 3.5"),
        (StatisticKind.SD, None, "standard deviation 3.5"),
        (StatisticKind.MIN, None, "nothing below 3.5"),
        (StatisticKind.MAX, None, "nothing above 3.5"),
        (StatisticKind.QUANTILE, Fraction(1, 10), "10% of values at or below 3.5"),
        (StatisticKind.QUANTILE, Fraction(1, 2), "median 3.5"),
        (StatisticKind.SPEARMAN, None, 'Spearman correlation of "bmi": 3.5'),
        (StatisticKind.POINT, Fraction(287, 10), "exactly 28.7 in 3.5 of values"),
    ],
)
def test_every_kind_of_figure_has_words(
    kind: StatisticKind, at: Fraction | str | None, said: str
) -> None:
    figure = Statistic(kind, ("bmi",), Measured(Fraction(7, 2), Fraction(0), "3.5"), at)

    assert word_statistic(figure, stroke_like()) == said


def test_percentages_are_written_as_people_write_them() -> None:
    assert [word_percent(Fraction(n, 1000)) for n in (5, 50, 975, 1000)] == [
        "0.5%",
        "5%",
        "97.5%",
        "100%",
    ]
