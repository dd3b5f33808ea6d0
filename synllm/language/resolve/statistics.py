"""Declared statistics: flattened to one figure each, with what can't be true reported."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from synllm.diagnostics.diagnostic import report
from synllm.language.resolve.conditions import resolve_condition
from synllm.language.resolve.context import Context
from synllm.language.resolve.contradictions import (
    report_quantile_order,
    report_repeated,
    report_sums,
)
from synllm.language.syntax import (
    ColumnLine,
    FigureNode,
    KeyedFigure,
    Node,
    PairLine,
    Quantity,
    StatisticsNode,
    Word,
)
from synllm.language.write import write_expression
from synllm.spec.expressions import And, Condition, Is
from synllm.spec.model import Column
from synllm.spec.statistics import (
    Measured,
    ShapeHint,
    Statistic,
    StatisticKind,
    StatisticsBlock,
)
from synllm.spec.types import CategoryType, NumberType

_SHAPES = ("normal", "lognormal", "gamma")


@dataclass(frozen=True, slots=True)
class _Subgroup:
    """The rows that a figure speaks of."""

    condition: Condition | None = None
    text: str = ""

    def also(self, column: Column, label: str) -> _Subgroup:
        """Return the part of the subgroup in which a category has a label."""
        value = label if label.isidentifier() else f'"{label}"'
        test = Is(column.name, frozenset((label,)), column.span)
        text = f"{column.name} is {value}"
        if self.condition is None:
            return _Subgroup(test, text)
        return _Subgroup(And((self.condition, test), column.span), f"{self.text} and {text}")


def resolve_statistics(node: StatisticsNode, context: Context) -> StatisticsBlock:
    """Return a block's figures; those with a mistake are reported and left out."""
    statistics: list[Statistic] = []
    shapes: list[ShapeHint] = []
    for line in node.lines:
        if isinstance(line, PairLine):
            statistics.extend(_pair(line, context))
        else:
            _column_line(line, statistics, shapes, context)
    report_repeated(statistics, context)
    report_sums(statistics, context)
    report_quantile_order(statistics, context)
    return StatisticsBlock(
        node.source.text if node.source else None,
        int(node.n.value) if node.n else None,
        tuple(statistics),
        tuple(shapes),
        node.span,
    )


def measured(number: Quantity, *, percent: bool = False) -> Measured:
    """Return a published figure with the half-width of its rounding."""
    decimals = len(number.text.partition(".")[2])
    half = Fraction(1, 2 * 10**decimals)
    if percent:
        return Measured(number.value / 100, half / 100, number.text + "%")
    return Measured(number.value, half, number.text)


def _subgroup(node: Node | None, context: Context) -> _Subgroup | None:
    if node is None:
        return _Subgroup()
    condition = resolve_condition(node, context)
    return None if condition is None else _Subgroup(condition, write_expression(node))


def _column_line(
    line: ColumnLine, statistics: list[Statistic], shapes: list[ShapeHint], context: Context
) -> None:
    column = context.usable_column(line.column)
    group = _subgroup(line.where, context)
    by = context.usable_column(line.by) if line.by else None
    if column is None or group is None or (line.by is not None and by is None):
        return
    if by is not None and not isinstance(by.type, CategoryType):
        context.found.append(
            report(
                "statistic-needs-category",
                f"`{by.name}` holds numbers, so it makes no groups",
                (line.by or line.column).span,
                also=[(by.type_span, "declared here")],
                fix="give figures `where` a condition holds, line by line",
            )
        )
        return
    for figure in line.figures:
        if figure.kind == "looks":
            shapes.extend(_shape(figure, column, context))
        else:
            statistics.extend(_figure(figure, column, by, group, context))


def _figure(
    figure: FigureNode, column: Column, by: Column | None, group: _Subgroup, context: Context
) -> list[Statistic]:
    if by is None:
        if figure.kind in ("quantiles", "shares"):
            assert isinstance(figure.value, tuple)
            return _keyed(figure, figure.value, column, group, context)
        if not isinstance(figure.value, Quantity):
            context.found.append(
                report(
                    "by-expected",
                    "figures by group need to say which column makes the groups",
                    figure.span,
                    fix=f"write `{column.name} by COLUMN {figure.kind} {{…}}`",
                )
            )
            return []
        return _single(figure, figure.value, column, group, context)
    if not isinstance(figure.value, tuple) or figure.kind in ("quantiles", "point"):
        context.found.append(
            report(
                "by-expected",
                f"a line `by {by.name}` gives one figure for each of its values",
                figure.span,
                fix=f"write `{figure.kind} {{A: …, B: …}}`, or leave out `by {by.name}`",
            )
        )
        return []
    found: list[Statistic] = []
    for entry in figure.value:
        assert isinstance(by.type, CategoryType)
        if entry.key.text not in by.type.labels:
            context.report_unknown_label(entry.key, by)
            continue
        part = group.also(by, entry.key.text)
        if isinstance(entry.value, tuple):
            found.extend(_keyed(figure, entry.value, column, part, context))
        elif figure.kind == "shares":
            context.found.append(
                report(
                    "by-expected",
                    f"shares by `{by.name}` need a list for each of its values",
                    entry.span,
                    fix=f"write `{entry.key.text}: {{A: 40%, B: 60%}}`",
                )
            )
        else:
            found.extend(_single(figure, entry.value, column, part, context))
    return found


def _single(
    figure: FigureNode, value: Quantity, column: Column, group: _Subgroup, context: Context
) -> list[Statistic]:
    kind = StatisticKind(figure.kind)
    at: Fraction | None = None
    if kind is StatisticKind.MISSING:
        if not column.may_be_missing and value.value != 0:
            context.found.append(
                report(
                    "statistic-never-missing",
                    f"`{column.name}` can't be missing in {value.text}% of rows",
                    figure.span,
                    also=[(column.span, "declared without `may be missing`")],
                    fix="add `may be missing` to the column",
                )
            )
            return []
    elif not _needs_number(figure, column, context):
        return []
    percent = kind in (StatisticKind.MISSING, StatisticKind.POINT)
    if percent and not _share_fits(value, context):
        return []
    if kind is StatisticKind.POINT:
        assert figure.at is not None
        at = figure.at.value
        if not _in_range(figure.at, column, context, exact=True):
            return []
    elif kind is StatisticKind.SD:
        if value.value < 0:
            context.found.append(
                report(
                    "statistic-out-of-range",
                    "a standard deviation can't be negative",
                    value.span,
                    fix="write a number of at least 0",
                )
            )
            return []
    elif not percent and not _in_range(value, column, context):
        return []
    return [
        Statistic(
            kind,
            (column.name,),
            measured(value, percent=percent),
            at,
            group.condition,
            group.text,
            tolerance=_tolerance(figure.tolerance, figure.tolerance_percent, kind, value),
            span=figure.span,
        )
    ]


def _keyed(
    figure: FigureNode,
    entries: tuple[KeyedFigure, ...],
    column: Column,
    group: _Subgroup,
    context: Context,
) -> list[Statistic]:
    quantiles = figure.kind == "quantiles"
    if quantiles and not _needs_number(figure, column, context):
        return []
    kind = StatisticKind.QUANTILE if quantiles else StatisticKind.SHARE
    found: list[Statistic] = []
    for entry in entries:
        if not isinstance(entry.value, Quantity):
            context.found.append(
                report(
                    "by-expected",
                    "shares of shares need to say which column makes the groups",
                    entry.span,
                    fix=f"write `{column.name} by COLUMN shares {{…}}`",
                )
            )
            continue
        at: Fraction | str | None
        if quantiles:
            assert isinstance(entry.key, Quantity)
            at = entry.key.value / 100
            fits = _share_fits(entry.key, context) and _in_range(entry.value, column, context)
        else:
            at = _share_label(entry.key, column, context)
            fits = at is not None and _share_fits(entry.value, context)
        if not fits:
            continue
        found.append(
            Statistic(
                kind,
                (column.name,),
                measured(entry.value, percent=not quantiles),
                at,
                group.condition,
                group.text,
                figure.of_all,
                _tolerance(figure.tolerance, figure.tolerance_percent, kind, entry.value),
                entry.span,
            )
        )
    return found


def _share_label(key: Word | Quantity, column: Column, context: Context) -> Fraction | str | None:
    if isinstance(column.type, CategoryType):
        if key.text in column.type.labels:
            return key.text
        context.report_unknown_label(key, column)
        return None
    if isinstance(key, Quantity):
        return key.value if _in_range(key, column, context, exact=True) else None
    context.found.append(
        report(
            "statistic-needs-category",
            f"`{column.name}` holds numbers, so it has no share of `{key.text}`",
            key.span,
            also=[(column.type_span, "declared here")],
            fix="give the shares of numbers, or `mean`, `sd` and `quantiles`",
        )
    )
    return None


def _pair(line: PairLine, context: Context) -> list[Statistic]:
    left, right = context.usable_column(line.left), context.usable_column(line.right)
    group = _subgroup(line.where, context)
    if left is None or right is None or group is None:
        return []
    kind = StatisticKind(line.kind)
    for word, column in ((line.left, left), (line.right, right)):
        if kind is StatisticKind.ODDS_RATIO:
            fits = isinstance(column.type, CategoryType) and column.type.yes_no
            wants = "an odds ratio compares two yes/no columns"
        else:
            fits = isinstance(column.type, NumberType) or (
                isinstance(column.type, CategoryType)
                and (column.type.yes_no or column.type.ordered)
            )
            wants = "a correlation needs numbers, yes/no or ordered values"
        if not fits:
            context.found.append(
                report(
                    "pair-not-comparable",
                    f"{wants}, and `{column.name}` holds none"
                    if kind is not StatisticKind.ODDS_RATIO
                    else f"{wants}, and `{column.name}` is none",
                    word.span,
                    also=[(column.type_span, "declared here")],
                    fix="give shares `by` group instead",
                )
            )
            return []
    fits_range = (
        line.value.value > 0 if kind is StatisticKind.ODDS_RATIO else abs(line.value.value) <= 1
    )
    if not fits_range:
        what = (
            "an odds ratio is above 0"
            if kind is StatisticKind.ODDS_RATIO
            else "a correlation lies between -1 and 1"
        )
        context.found.append(
            report(
                "statistic-out-of-range",
                f"{what}, and {line.value.text} is not",
                line.value.span,
                fix="check the figure in its source",
            )
        )
        return []
    return [
        Statistic(
            kind,
            (left.name, right.name),
            measured(line.value),
            None,
            group.condition,
            group.text,
            tolerance=_tolerance(line.tolerance, line.tolerance_percent, kind, line.value),
            span=line.span,
        )
    ]


def _shape(figure: FigureNode, column: Column, context: Context) -> list[ShapeHint]:
    assert figure.word is not None
    if not _needs_number(figure, column, context):
        return []
    if figure.word.text not in _SHAPES:
        context.found.append(
            report(
                "unknown-shape",
                f"`{figure.word.text}` is no shape that can be asked for",
                figure.word.span,
                fix="known here: " + ", ".join(f"`{shape}`" for shape in _SHAPES),
            )
        )
        return []
    return [ShapeHint(column.name, figure.word.text, figure.span)]


_IN_POINTS = (
    StatisticKind.SHARE,
    StatisticKind.MISSING,
    StatisticKind.POINT,
    StatisticKind.QUANTILE,
)


def _tolerance(
    number: Quantity | None, percent: bool, kind: StatisticKind, figure: Quantity
) -> Fraction | None:
    """Return a tolerance: percentage points for shares and quantiles, with or without the sign."""
    if number is None:
        return None
    if kind in _IN_POINTS:
        return number.value / 100
    if percent:
        # An odds ratio's tolerance is one of its logarithm, of which a percent is a hundredth.
        scale = 1 if kind is StatisticKind.ODDS_RATIO else abs(figure.value)
        return number.value / 100 * scale
    return number.value


def _needs_number(figure: FigureNode, column: Column, context: Context) -> bool:
    if isinstance(column.type, NumberType):
        return True
    context.found.append(
        report(
            "statistic-needs-number",
            f"`{column.name}` holds words, so it has no {figure.kind}",
            figure.span,
            also=[(column.type_span, "declared here")],
            fix=f"give shares: `{column.name} shares {{…}}`",
        )
    )
    return False


def _share_fits(number: Quantity, context: Context) -> bool:
    if 0 <= number.value <= 100:
        return True
    context.found.append(
        report(
            "share-out-of-range",
            f"{number.text}% is not a share of anything",
            number.span,
            fix="write a share from 0% to 100%",
        )
    )
    return False


def _in_range(number: Quantity, column: Column, context: Context, *, exact: bool = False) -> bool:
    """Return whether a figure lies in the column's range, as far as its rounding tells."""
    kind = column.type
    assert isinstance(kind, NumberType)
    half = Fraction(0) if exact else measured(number).half_width
    if exact:
        fits = kind.contains(number.value)
    elif kind.interval is None or kind.interval.low is None or kind.interval.high is None:
        fits = True
    else:
        fits = kind.interval.low - half <= number.value <= kind.interval.high + half
    if not fits:
        context.found.append(
            report(
                "statistic-out-of-range",
                f"{number.text} can't occur in `{column.name}`"
                if exact
                else f"{number.text} lies outside the range of `{column.name}`",
                number.span,
                also=[(column.type_span, "the range declared here")],
                fix="check the figure in its source, or widen the range",
            )
        )
    return fits
