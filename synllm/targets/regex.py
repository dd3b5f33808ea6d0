"""The regex of a row: types, ranges, grids, codes, and what ties the columns of a block."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.domains import Domains, StatementKey, column_domains, key_of
from synllm.rowspace.field_order import FieldOrder, follow_row_space, order_fields
from synllm.rowspace.space import RowSpace
from synllm.spec.cells import read_cell
from synllm.spec.core import CoreSpec, StatementKind, ValueSet
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType, Code, NumberType
from synllm.spec.values import NOT_APPLICABLE
from synllm.targets.blocks import UNSURE_READING, BlockCases, Case, block_cases, diagram_cases
from synllm.targets.number_regex import group, number_alternatives
from synllm.targets.row_format import RowFormat, json_code, json_text


@dataclass(frozen=True)
class RowGrammar:
    """What a generated row may look like, field by field.

    Every row that obeys all hard statements matches; a row that matches obeys the `enforced` ones,
    and has only cells that its columns' types allow. `weaker` gives the reason for each hard
    statement about single columns or blocks that is left to checking after.
    """

    spec: Spec
    order: FieldOrder
    domains: Domains
    blocks: tuple[BlockCases, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The generated columns in the order of generation."""
        return self.order.fields

    @property
    def row_format(self) -> RowFormat:
        """The format to write rows with and to parse them back."""
        return RowFormat(self.spec, self.fields)

    @property
    def enforced(self) -> frozenset[StatementKey]:
        """The statements that every matching row obeys."""
        return self.domains.enforced.union(*(block.enforced for block in self.blocks))

    @property
    def weaker(self) -> Mapping[StatementKey, str]:
        """Why a statement that might have been enforced is not."""
        reasons = dict(self.domains.weaker)
        for block in self.blocks:
            reasons |= block.weaker
        return reasons

    @cached_property
    def pattern(self) -> str:
        """The regex that matches exactly the allowed rows, in full, as compact JSON objects."""
        blocks = [
            group([self._case_regex(block, case) for case in block.cases]) for block in self.blocks
        ]
        return r"\{" + ",".join(blocks) + r"\}"

    @cached_property
    def longest_row(self) -> int:
        """The most characters that a matching row has."""
        names = sum(len(json_text(name)) + len(":,") for name in self.fields)
        cells = sum(
            max(
                sum(
                    longest_cell(self.spec.by_name[name], cells)
                    for name, cells in zip(block.columns, case, strict=True)
                )
                for case in block.cases
            )
            for block in self.blocks
        )
        return names + cells + len("{}") - len(",")

    def _case_regex(self, block: BlockCases, case: Case) -> str:
        return ",".join(
            f"{escape(json_text(name))}:{cell_regex(self.spec.by_name[name], cells)}"
            for name, cells in zip(block.columns, case, strict=True)
        )


def build_row_grammar(spec: Spec, core: CoreSpec, space: RowSpace | None = None) -> RowGrammar:
    """Return the grammar of a spec's rows, for at least one generated column.

    Its fields are in the order of the row space, if there is one.
    """
    order = order_fields(spec) if space is None else follow_row_space(spec, space)
    domains = column_domains(spec, core)
    shared = frozenset(
        column.name for column in spec.generated_columns if _shares_not_applicable_code(column)
    )
    blocks = tuple(_list_blocks(order, core, domains, shared, space))
    enforced = frozenset[StatementKey]().union(*(block.enforced for block in blocks))
    unsure = {name for name in shared if (StatementKind.APPLICABILITY, name) not in enforced}
    return RowGrammar(spec, order, _without(domains, unsure, core), blocks)


def _list_blocks(
    order: FieldOrder,
    core: CoreSpec,
    domains: Domains,
    shared: frozenset[str],
    space: RowSpace | None,
) -> Iterator[BlockCases]:
    """Yield the blocks in order: whole diagrams where they are few cases, else the order's own."""
    whole: dict[str, BlockCases] = {}
    for part in () if space is None else space.diagrams:
        cases = diagram_cases(part, core, domains) if shared.isdisjoint(part.fields) else None
        if cases is not None:
            whole |= dict.fromkeys(part.fields, cases)
    for columns in order.blocks:
        cases = whole.get(columns[0])
        if cases is None:
            yield block_cases(columns, core, domains, shared)
        elif cases.columns[0] == columns[0]:
            yield cases


def _without(domains: Domains, unsure: set[str], core: CoreSpec) -> Domains:
    """Return the domains, claiming nothing for statements about cells with an unsure reading."""
    lost = {
        key_of(statement)
        for statement in core.statements
        if key_of(statement) in domains.enforced and not unsure.isdisjoint(statement.columns)
    }
    reasons = dict.fromkeys(lost, UNSURE_READING)
    return Domains(domains.cells, domains.enforced - lost, {**domains.weaker, **reasons})


def cell_regex(column: Column, cells: CellSet) -> str:
    """Return the regex of a column's cells in a row, not empty."""
    alternatives = [escape(json_code(code)) for code in cell_codes(column, cells)]
    if isinstance(column.type, NumberType) and cells.values:
        alternatives[:0] = number_alternatives(cells.values, column.type.decimals)
    return group(alternatives)


def longest_cell(column: Column, cells: CellSet) -> int:
    """Return the most characters that one of the cells has in a row."""
    lengths = [len(json_code(code)) for code in cell_codes(column, cells)]
    if isinstance(column.type, NumberType) and cells.values:
        lengths.extend(len(text) for text in _extremes(column.type, cells.values))
    return max(lengths)


def cell_codes(column: Column, cells: CellSet) -> list[Code]:
    """Return every code among the cells, none twice: labels, missing codes, not applicable."""
    codes: list[Code] = []
    if isinstance(column.type, CategoryType):
        codes.extend(column.code_of(column.type.labels[index]) for index in cells.values)
    if cells.missing:
        codes.extend(missing.code for missing in column.missing_codes)
    if cells.not_applicable:
        codes.append(column.not_applicable_code)
    return list({json_code(code): code for code in codes}.values())


def escape(text: str) -> str:
    """Return a regex for the very text, with no escapes but those that every engine knows."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


def _extremes(kind: NumberType, values: ValueSet) -> tuple[str, str]:
    low, high = values.intervals[0][0], values.intervals[-1][1]
    assert low is not None and high is not None
    scale = 10**kind.decimals
    return kind.written(Fraction(low, scale)), kind.written(Fraction(high, scale))


def _shares_not_applicable_code(column: Column) -> bool:
    """Return whether the not-applicable code can also be read as missing or as a value."""
    if column.applies_when is None:
        return False
    return read_cell(column, column.not_applicable_code.text).value is not NOT_APPLICABLE
