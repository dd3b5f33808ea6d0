"""Small specs built in code: one like the stroke table, one like the cirrhosis table."""

from collections.abc import Iterable
from fractions import Fraction

from synllm.spec.expressions import (
    And,
    Arithmetic,
    ColumnValue,
    Compare,
    Condition,
    HasState,
    Interval,
    Is,
    Not,
    Number,
    Rank,
    Round,
)
from synllm.spec.model import Column, Derivation, MissingTogether, Rule, Spec
from synllm.spec.statistics import Measured, Statistic, StatisticKind, StatisticsBlock
from synllm.spec.types import (
    EMPTY_CELL,
    CategoryType,
    Code,
    IdentifierType,
    MissingCode,
    NumberType,
)
from synllm.spec.values import MISSING


def number(text: str) -> Number:
    """Return a literal."""
    return Number(Fraction(text), text)


def number_column(
    name: str,
    low: str,
    high: str,
    decimals: int = 0,
    *,
    unit: str | None = None,
    listed: Iterable[str] = (),
    description: str = "",
    missing: Iterable[Code] = (),
    applies_when: Condition | None = None,
    applies_text: str = "",
    not_applicable: Code = EMPTY_CELL,
) -> Column:
    """Return a numeric column in low..high."""
    kind = NumberType(
        decimals,
        Interval(Fraction(low), Fraction(high)),
        tuple(Fraction(each) for each in listed),
        unit,
    )
    return Column(
        name,
        kind,
        description,
        missing_codes=tuple(MissingCode(code) for code in missing),
        applies_when=applies_when,
        applies_text=applies_text,
        not_applicable_code=not_applicable,
    )


def category_column(
    name: str,
    *labels: str,
    codes: Iterable[Code] = (),
    description: str = "",
    ordered: bool = False,
    missing: Iterable[Code] = (),
    applies_when: Condition | None = None,
    applies_text: str = "",
    not_applicable: Code = EMPTY_CELL,
) -> Column:
    """Return a category column, its labels coded as themselves unless codes are given."""
    kind = CategoryType(labels, ordered, labels == ("yes", "no"))
    written = tuple(codes) or tuple(Code(label) for label in labels)
    return Column(
        name,
        kind,
        description,
        codes=tuple(zip(labels, written, strict=True)),
        missing_codes=tuple(MissingCode(code) for code in missing),
        applies_when=applies_when,
        applies_text=applies_text,
        not_applicable_code=not_applicable,
    )


ONE_ZERO = (Code("1", numeric=True), Code("0", numeric=True))


def stroke_like() -> Spec:
    """Return a spec with a key, decimals, codes, missing codes, statistics and rules."""
    age = ColumnValue("age")
    return Spec(
        name="stroke",
        title="Stroke risk in an outpatient cohort, one row per patient",
        target="stroke",
        columns=(
            Column("id", IdentifierType(), "Row number of the source"),
            category_column("gender", "Female", "Male", "Other", description="Recorded gender"),
            number_column(
                "age", "0.08", "82", 2, unit="a", description="Age at the visit; whole from 2 on"
            ),
            category_column("ever_married", "yes", "no", codes=(Code("Yes"), Code("No"))),
            category_column("work_type", "Private", "Self-employed", "children", "Never_worked"),
            number_column(
                "bmi",
                "10",
                "98",
                1,
                unit="kg/m2",
                description="Body-mass index",
                missing=(Code("N/A"),),
            ),
            category_column(
                "smoking_status", "smokes", "formerly smoked", missing=(Code("Unknown"),)
            ),
            category_column("stroke", "yes", "no", codes=ONE_ZERO, description="Had a stroke"),
        ),
        rules=(
            Rule(
                "whole_years",
                "From 2 on, age is recorded in whole years",
                Compare(">=", age, number("2")),
                Compare("=", age, Round(age)),
                text="when age >= 2 then age = round(age)",
            ),
            Rule(
                "child_status",
                "Children recorded as such are at most 16 and unmarried",
                Is("work_type", frozenset({"children"})),
                And((Compare("<=", age, number("16")), Is("ever_married", frozenset({"no"})))),
                text="when work_type is children then age <= 16 and ever_married is no",
            ),
            Rule(
                "smoker_age",
                "Smokers are usually 15 or older",
                Is("smoking_status", frozenset({"smokes"})),
                Compare(">=", age, number("15")),
                share=Fraction(97, 100),
                text="when smoking_status is smokes then age >= 15",
            ),
        ),
        statistics=(
            StatisticsBlock(
                "Table 1, training cohort",
                5110,
                (
                    statistic(StatisticKind.MEAN, "43.23", "age"),
                    statistic(StatisticKind.SD, "22.61", "age"),
                    statistic(StatisticKind.QUANTILE, "5", "age", at=Fraction(5, 100)),
                    statistic(StatisticKind.QUANTILE, "79", "age", at=Fraction(95, 100)),
                    share("58.6%", "gender", "Female"),
                    share("41.4%", "gender", "Male"),
                    statistic(StatisticKind.MEAN, "28.89", "bmi"),
                    share("3.9%", "bmi", None, StatisticKind.MISSING),
                    share("0.8%", "bmi", Fraction("28.7"), StatisticKind.POINT),
                    share("4.9%", "stroke", "yes"),
                    statistic(
                        StatisticKind.MEAN,
                        "67.7",
                        "age",
                        where=Is("stroke", frozenset({"yes"})),
                        where_text="stroke is yes",
                    ),
                    statistic(StatisticKind.PEARSON, "0.33", "age", "bmi"),
                    statistic(StatisticKind.ODDS_RATIO, "3.7", "ever_married", "stroke"),
                ),
            ),
        ),
    )


def statistic(
    kind: StatisticKind,
    value: str,
    *columns: str,
    at: Fraction | str | None = None,
    where: Condition | None = None,
    where_text: str = "",
) -> Statistic:
    """Return a declared figure with the half-width that its digits imply."""
    decimals = len(value.partition(".")[2])
    measured = Measured(Fraction(value), Fraction(1, 2 * 10**decimals), value)
    return Statistic(kind, columns, measured, at, where, where_text)


def share(
    percent: str,
    column: str,
    at: Fraction | str | None,
    kind: StatisticKind = StatisticKind.SHARE,
) -> Statistic:
    """Return a declared share written in percent."""
    digits = percent.rstrip("%")
    width = Fraction(1, 200 * 10 ** len(digits.partition(".")[2]))
    return Statistic(kind, (column,), Measured(Fraction(digits) / 100, width, percent), at)


def cirrhosis_like() -> Spec:
    """Return a spec with groups, applicability (one code shared with missing), a derived range."""
    missing = (Code("NA"),)
    female_of_age = And(
        (Is("Sex", frozenset({"F"})), Compare(">=", ColumnValue("Age"), number("12")))
    )
    return Spec(
        name="cirrhosis",
        title="A liver trial, one row per patient",
        target="Stage",
        columns=(
            number_column("Age", "5", "80", unit="a"),
            category_column("Drug", "placebo", "D-penicillamine", missing=missing),
            category_column("Sex", "F", "M", missing=(Code(""),)),
            category_column("Ascites", "yes", "no", codes=(Code("Y"), Code("N")), missing=missing),
            number_column("Cholesterol", "120", "1775", missing=missing),
            number_column("Bilirubin", "0.3", "28", 1, unit="mg/dL"),
            number_column(
                "Pregnancies",
                "0",
                "12",
                missing=(Code("-9", numeric=True),),
                applies_when=female_of_age,
                applies_text="Sex is F and Age >= 12",
                not_applicable=Code("0", numeric=True),
            ),
            category_column(
                "Delivery",
                "vaginal",
                "caesarean",
                missing=missing,
                applies_when=Compare(">", ColumnValue("Pregnancies"), number("0")),
                applies_text="Pregnancies > 0",
                not_applicable=Code("NA"),
            ),
            category_column(
                "Stage",
                "1",
                "2",
                "3",
                "4",
                codes=[Code(digit, numeric=True) for digit in "1234"],
                ordered=True,
            ),
            Column(
                "Bilirubin_umol",
                NumberType(0, Interval(Fraction(10), Fraction(400))),
                "Bilirubin in micromoles per litre",
                derivation=Derivation(
                    # The factor of bilirubin, 17.1, as a product of written numbers.
                    formula=_times("Bilirubin", "17.1"),
                    rounding="half up",
                    text="Bilirubin * 17.1",
                ),
            ),
        ),
        groups=(MissingTogether(("Drug", "Ascites", "Cholesterol")),),
        rules=(
            Rule(
                "ascites_stage",
                "Ascites is not seen in stage 1",
                Is("Ascites", frozenset({"yes"})),
                Compare(">=", Rank("Stage"), number("1")),
                text="when Ascites is yes then Stage >= 2",
            ),
            Rule(
                "sex_known_in_trial",
                "The trial recorded the sex of each of its patients",
                Not(HasState("Drug", MISSING)),
                HasState("Sex", None),
                text="when Drug is present then Sex is present",
            ),
        ),
    )


def _times(column: str, factor: str) -> Arithmetic:
    return Arithmetic("*", ColumnValue(column), number(factor))
