"""A column's portrait as text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from synllm.proof.claims import list_names, write_number
from synllm.proof.statistics.portrait import Between, Portrait, Possible
from synllm.spec.model import Spec
from synllm.spec.statistics import StatisticKind, StatisticsBlock
from synllm.spec.types import NumberType
from synllm.targets.wording import word_absences, word_unit, word_values


def portrait_text(portrait: Portrait, spec: Spec) -> str:
    """Return everything that a portrait tells, with a line end at the end."""
    lines = [*_heading(portrait, spec), "", *_reached(portrait), *_table(portrait)]
    lines += _listed(
        "statements that mention it", [f"{name}: {text}" for name, text in portrait.rules]
    )
    lines += _listed("figures that mention it", portrait.figures)
    return "\n".join(lines) + "\n"


def _heading(portrait: Portrait, spec: Spec) -> Iterator[str]:
    column = portrait.column
    yield f"{column.name}: {column.description}" if column.description else column.name
    kind = column.type
    unit = word_unit(kind.unit) if isinstance(kind, NumberType) and kind.unit else ""
    yield f"  {word_values(column, with_unit=False)}{f', in {unit}' if unit else ''}"
    if column.derivation is not None:
        yield f"  computed as {column.derivation.text} rounded {column.derivation.rounding}"
    for absence in word_absences(column):
        yield f"  {absence}"


def _reached(portrait: Portrait) -> Iterator[str]:
    if isinstance(portrait.column.type, NumberType):
        if portrait.reached is None:
            yield "no patient was found who has a value"
        else:
            low, high = map(write_number, portrait.reached)
            yield f"the rules let it reach {low} to {high}"
        for cut in portrait.cuts:
            names = list_names([claim.name for claim in cut.claims], "and")
            end = "lower" if cut.side == "low" else "upper"
            yield f"  the {end} end is cut by {names}"
        yield ""


def _table(portrait: Portrait) -> Iterator[str]:
    blocks = [
        (place, block)
        for place, block in enumerate(portrait.blocks)
        if place not in portrait.contradictory
    ]
    rows = [["possible", "by the rules", *(_source(block) for _, block in blocks), "declared"]]
    for each in portrait.possible:
        declared = [text for text in each.declared if text is not None]
        rows.append(
            [
                _name(each),
                _between(each.by_rules, each),
                *(_between(each.by_block[place], each) for place, _ in blocks),
                ", ".join(declared) or "-",
            ]
        )
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
    for place in portrait.contradictory:
        source = _source(portrait.blocks[place])
        yield f"the figures {source} exclude each other: see `synllm check`"


def _source(block: StatisticsBlock) -> str:
    return f"from “{block.source}”" if block.source else "with the other figures"


def _name(possible: Possible) -> str:
    match possible.statistic.kind:
        case StatisticKind.MISSING:
            return "share missing"
        case StatisticKind.SHARE:
            return f"share of {possible.statistic.at}"
        case _:
            return "mean"


def _between(between: Between | None, possible: Possible) -> str:
    if between is None:
        return "not worked out"
    percent = possible.statistic.kind is not StatisticKind.MEAN
    low, high = (_number(end, percent=percent) for end in between)
    return low if low == high else f"{low} to {high}"


def _number(value: Fraction, *, percent: bool) -> str:
    return f"{write_number(value * 100)}%" if percent else write_number(value)


def _listed(heading: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield ""
        yield f"{heading}:"
        yield from (f"  {item}" for item in items)
