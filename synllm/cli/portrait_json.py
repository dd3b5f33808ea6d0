"""A column's portrait as JSON for programs. Shares are fractions of 1."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from synllm.proof.statistics.portrait import Between, Portrait, Possible
from synllm.spec.statistics import StatisticKind
from synllm.spec.types import CategoryType, NumberType


class Range(BaseModel):
    """The least and the greatest possible."""

    model_config = ConfigDict(frozen=True)

    low: float
    high: float


class CutEnd(BaseModel):
    """An end of the declared range that no patient reaches, and the statements that cut it."""

    model_config = ConfigDict(frozen=True)

    end: str
    statements: tuple[str, ...]


class BlockFigure(BaseModel):
    """What one statistics block leaves for a figure, and what it declares."""

    model_config = ConfigDict(frozen=True)

    source: str | None
    contradictory: bool
    possible: Range | None
    declared: str | None


class PossibleFigure(BaseModel):
    """A mean or a share, by the rules alone and beside the other figures of each block."""

    model_config = ConfigDict(frozen=True)

    figure: str
    label: str | None
    by_rules: Range | None
    by_statistics: tuple[BlockFigure, ...]


class Mention(BaseModel):
    """A statement that mentions the column."""

    model_config = ConfigDict(frozen=True)

    name: str
    text: str


class ColumnReport(BaseModel):
    """Everything that is known about a column."""

    model_config = ConfigDict(frozen=True)

    column: str
    description: str
    unit: str | None
    codes: dict[str, str]
    missing_codes: tuple[str, ...]
    reached: Range | None
    cuts: tuple[CutEnd, ...]
    possible: tuple[PossibleFigure, ...]
    statements: tuple[Mention, ...]
    figures: tuple[str, ...]


def portrait_json(portrait: Portrait) -> str:
    """Return the portrait as indented JSON with a line end."""
    column = portrait.column
    kind = column.type
    report = ColumnReport(
        column=column.name,
        description=column.description,
        unit=kind.unit if isinstance(kind, NumberType) else None,
        codes={label: code.text for label, code in column.codes}
        if isinstance(kind, CategoryType)
        else {},
        missing_codes=tuple(each.code.text for each in column.missing_codes),
        reached=_range(portrait.reached),
        cuts=tuple(
            CutEnd(end=cut.side, statements=tuple(claim.name for claim in cut.claims))
            for cut in portrait.cuts
        ),
        possible=tuple(_possible(each, portrait) for each in portrait.possible),
        statements=tuple(Mention(name=name, text=text) for name, text in portrait.rules),
        figures=portrait.figures,
    )
    return report.model_dump_json(indent=2) + "\n"


def _possible(possible: Possible, portrait: Portrait) -> PossibleFigure:
    statistic = possible.statistic
    return PossibleFigure(
        figure=str(statistic.kind),
        label=str(statistic.at) if statistic.kind is StatisticKind.SHARE else None,
        by_rules=_range(possible.by_rules),
        by_statistics=tuple(
            BlockFigure(
                source=block.source,
                contradictory=place in portrait.contradictory,
                possible=_range(between),
                declared=declared,
            )
            for place, (block, between, declared) in enumerate(
                zip(portrait.blocks, possible.by_block, possible.declared, strict=True)
            )
        ),
    )


def _range(between: Between | None) -> Range | None:
    return None if between is None else Range(low=float(between[0]), high=float(between[1]))
