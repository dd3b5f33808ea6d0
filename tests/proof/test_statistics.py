"""What is said about figures is true: nothing against measured ones, and every claim recounted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from synllm.proof.check import DEFAULT_BUDGET
from synllm.proof.statistics.check import prove_statistics
from synllm.spec.evaluate import column_value, evaluate_condition, row_is_valid
from synllm.spec.expressions import Is, Not
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.statistics import Measured, Statistic, StatisticKind, StatisticsBlock
from synllm.spec.types import CategoryType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special, Truth, Value
from tests.proof.measured import measure
from tests.proof.small_specs import LABELS, all_rows, conditions, small_specs

ALLOWED = {"small-cell", "statistics-left-open"}
NUMBER_KINDS = [
    StatisticKind.MEAN,
    StatisticKind.SD,
    StatisticKind.MEDIAN,
    StatisticKind.QUANTILE,
    StatisticKind.MIN,
    StatisticKind.MAX,
    StatisticKind.POINT,
]
NO_VARIANT = Measured(Fraction(0), Fraction(0), "")
LINEAR_KINDS = [StatisticKind.MEAN, StatisticKind.QUANTILE, StatisticKind.MAX, StatisticKind.POINT]


@st.composite
def asked(draw: st.DrawFn, spec: Spec, kinds: Sequence[StatisticKind]) -> Statistic:
    """A statistic without its figure: what is measured, of whom, by which definition."""
    column = draw(st.sampled_from(spec.columns))
    numbers = [each.name for each in spec.columns if isinstance(each.type, NumberType)]
    absent_too = [StatisticKind.MISSING] if column.derivation is None else []
    match column.type:
        case CategoryType():
            kind = draw(st.sampled_from([StatisticKind.SHARE, *absent_too]))
            at: Fraction | str | None = draw(st.sampled_from(LABELS))
        case _:
            kind = draw(st.sampled_from([*kinds, *absent_too]))
            at = draw(st.sampled_from([Fraction(1, 20), Fraction(1, 4), Fraction(1, 2)]))
            if kind is StatisticKind.POINT:
                at = draw(st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 10)]))
    wheres = st.one_of(
        st.none(),
        st.sampled_from(LABELS).map(lambda label: Is("c", frozenset((label,)))),
        conditions(numbers, 1),
    )
    half = Fraction(draw(st.sampled_from([0, 1])))
    return Statistic(
        kind,
        (column.name,),
        Measured(Fraction(0), half, ""),
        at if kind not in (StatisticKind.MISSING, StatisticKind.MEAN) else None,
        draw(wheres),
        of_all=kind is StatisticKind.SHARE and draw(st.booleans()),
    )


def valid_rows(spec: Spec) -> list[dict[str, Value]]:
    return [row for row in all_rows(spec) if row_is_valid(row, spec)]


def findings(spec: Spec, statistics: Sequence[Statistic], n: int | None) -> list[str]:
    block = StatisticsBlock("Table 1", n, tuple(statistics))
    spec = replace(spec, statistics=(block,))
    return [each.finding for each in prove_statistics(spec, lower(spec), DEFAULT_BUDGET)]


def once_each(statistics: Sequence[Statistic | None]) -> list[Statistic]:
    """The figures, without those that the language refuses as repeated."""
    kept = {(s.kind, s.columns, s.at, s.where, s.of_all): s for s in statistics if s is not None}
    return list(kept.values())


def count_ingredients(
    seen: Counter[str],
    spec: Spec,
    rows: Sequence[Mapping[str, Value]],
    statistics: Sequence[Statistic],
) -> None:
    cells = [cell for row in rows for cell in row.values()]
    seen["missing"] += MISSING in cells
    seen["not applicable"] += NOT_APPLICABLE in cells
    seen["decimals"] += any(s.columns == ("b",) for s in statistics)
    seen["computed"] += any(s.columns == ("computed",) for s in statistics)
    seen["where"] += any(s.where is not None for s in statistics)
    for each in statistics:
        seen[str(each.kind)] += 1


def measured_figures_are_never_doubted(examples: int) -> Counter[str]:
    seen: Counter[str] = Counter()

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        spec = data.draw(small_specs(rules=2))
        possible = valid_rows(spec)
        assume(possible)
        places = st.integers(0, len(possible) - 1)
        rows = [possible[place] for place in data.draw(st.lists(places, min_size=1, max_size=25))]
        wanted = data.draw(st.lists(asked(spec, NUMBER_KINDS), min_size=4, max_size=9))
        decimals = data.draw(st.integers(0, 3))
        statistics = once_each([measure(each, rows, spec, decimals) for each in wanted])
        n = data.draw(st.sampled_from([None, len(rows)]))
        if n is None:
            # Without n, a quantile is the value at or below which the part lies, and no other.
            exact = [
                replace(each, value=NO_VARIANT) if each.kind is StatisticKind.QUANTILE else each
                for each in wanted
            ]
            statistics = once_each([measure(each, rows, spec, decimals) for each in exact])
        count_ingredients(seen, spec, rows, statistics)

        assert set(findings(spec, statistics, n)) <= ALLOWED

    check()
    return seen


INGREDIENTS = [
    "missing",
    "not applicable",
    "decimals",
    "computed",
    "where",
    *map(str, NUMBER_KINDS),
]


def test_figures_measured_on_valid_rows_are_never_doubted() -> None:
    seen = measured_figures_are_never_doubted(100)

    assert [each for each in INGREDIENTS if not seen[each]] == []


@pytest.mark.slow
def test_figures_measured_on_many_tables_are_never_doubted() -> None:
    seen = measured_figures_are_never_doubted(500)

    assert [each for each in INGREDIENTS if seen[each] < 20] == []


def recount(
    spec: Spec, rows: Sequence[Mapping[str, Value]], statistics: Sequence[Statistic], slack: float
) -> bool:
    """Whether shares of the valid rows meet all figures, each up to some slack, groups not empty."""
    lines: list[list[float]] = []
    groups: list[list[float]] = []
    for each in statistics:
        low = float(each.value.value - each.value.half_width) - slack
        high = float(each.value.value + each.value.half_width) + slack
        upper, lower, whole = [], [], []
        for row in rows:
            inside = each.where is None or evaluate_condition(each.where, row, spec) is Truth.TRUE
            cell = column_value(spec.by_name[each.columns[0]], row, spec)
            there = inside and not isinstance(cell, Special)
            counted = inside if each.of_all or each.kind is StatisticKind.MISSING else there
            match each.kind:
                case StatisticKind.MEAN:
                    amount = float(cell) if there else 0.0
                    ends = (amount - high * there, low * there - amount)
                case StatisticKind.MAX:
                    ends = (float(there and float(cell) > high), 0.0)
                case StatisticKind.QUANTILE:
                    below, upto = there and float(cell) < low, there and float(cell) <= high
                    at = float(each.at or 0)
                    ends = (below - (at + slack) * there, (at - slack) * there - upto)
                case StatisticKind.MISSING:
                    ends = (
                        (cell is MISSING) * inside - high * inside,
                        low * inside - (cell is MISSING) * inside,
                    )
                case _:
                    hit = there and cell == each.at
                    ends = (hit - high * counted, low * counted - hit)
            upper.append(float(ends[0]))
            lower.append(float(ends[1]))
            whole.append(float(counted))
        lines += [upper, lower]
        groups.append(whole)
    # Any table may be mixed with others that meet the figures, so groups are filled one by one.
    for whole in groups:
        answer = linprog(
            [0.0] * len(rows),
            A_ub=lines,
            b_ub=[1e-9] * len(lines),
            A_eq=[whole],
            b_eq=[1.0],
            bounds=(0, None),
        )
        if answer.status != 0:
            return False
    return True


MOVES = [Fraction(0), Fraction(-1, 2), Fraction(-1, 5), Fraction(1, 5), Fraction(1, 2), Fraction(1)]


def moved(statistic: Statistic, by: Fraction) -> Statistic:
    """The statistic with another figure, which may contradict others; shares stay shares."""
    value = statistic.value.value + by
    if statistic.kind in (StatisticKind.SHARE, StatisticKind.POINT, StatisticKind.MISSING):
        value = min(max(value, Fraction(0)), Fraction(1))
    elif statistic.columns == ("b",):
        value = statistic.value.value + by / 10
    return replace(statistic, value=replace(statistic.value, value=value))


@st.composite
def entwined(draw: st.DrawFn, spec: Spec) -> list[Statistic]:
    """Means and shares of all rows, of a group and of its counterpart, which bear on each other."""
    numbers = [each.name for each in spec.columns if isinstance(each.type, NumberType)]
    group = draw(
        st.one_of(
            st.sampled_from(LABELS).map(lambda label: Is("c", frozenset((label,)))),
            conditions(numbers, 0),
        )
    )
    name = draw(st.sampled_from(["c", *numbers]))
    kind = StatisticKind.SHARE if name == "c" else StatisticKind.MEAN
    at = draw(st.sampled_from(LABELS)) if name == "c" else None
    figures = [
        Statistic(kind, (name,), NO_VARIANT, at, where) for where in (None, group, Not(group))
    ]
    shares = [Statistic(StatisticKind.SHARE, ("c",), NO_VARIANT, label) for label in LABELS]
    return [*figures, *draw(st.lists(st.sampled_from(shares), max_size=2))]


def shares_over_100(statistics: Sequence[Statistic]) -> bool:
    """Whether shares of one column exceed the whole, which is refused as a spec is read."""
    totals: Counter[object] = Counter()
    for each in statistics:
        if each.kind is StatisticKind.SHARE:
            key = each.columns, each.where, each.of_all
            totals[key] += each.value.value - each.value.half_width
    return any(total > 1 for total in totals.values())


def claims_agree_with_a_recount(examples: int) -> Counter[str]:
    seen: Counter[str] = Counter()

    @settings(max_examples=examples, suppress_health_check=list(HealthCheck), deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        spec = data.draw(small_specs(rules=2))
        rows = valid_rows(spec)
        assume(rows)
        wanted = data.draw(entwined(spec)) + data.draw(
            st.lists(asked(spec, LINEAR_KINDS), max_size=3)
        )
        places = st.integers(0, len(rows) - 1)
        table = [rows[place] for place in data.draw(st.lists(places, min_size=4, max_size=12))]
        statistics = once_each([measure(each, table, spec, 1) for each in wanted])
        if statistics:
            place = data.draw(st.integers(0, len(statistics) - 1))
            statistics[place] = moved(statistics[place], data.draw(st.sampled_from(MOVES)))
        assume(not shares_over_100(statistics))
        found = findings(spec, statistics, None)
        refuted = bool(set(found) - ALLOWED - {"impossible-average"})
        count_ingredients(seen, spec, rows, statistics)
        seen["refuted"] += refuted
        seen["fitting"] += not refuted
        seen["together"] += "statistics-contradict" in found

        if refuted:
            assert not recount(spec, rows, statistics, slack=-1e-7)
        elif "statistics-left-open" not in found:
            assert recount(spec, rows, statistics, slack=1e-4)

    check()
    return seen


OUTCOMES = ["refuted", "fitting", "together", "missing", "not applicable", "decimals", "where"]


def test_every_claim_about_figures_agrees_with_a_recount_over_all_rows() -> None:
    seen = claims_agree_with_a_recount(100)

    assert [each for each in OUTCOMES if not seen[each]] == []


@pytest.mark.slow
def test_many_claims_about_figures_agree_with_a_recount_over_all_rows() -> None:
    seen = claims_agree_with_a_recount(600)

    assert [each for each in OUTCOMES if seen[each] < 20] == []
