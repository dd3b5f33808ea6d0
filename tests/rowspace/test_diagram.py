"""A decision diagram holds exactly the valid rows."""

from collections.abc import Iterator

import pytest
from hypothesis import event, given, settings

from synllm.proof.witness import encode_value
from synllm.rowspace.cell_set import CellSet
from synllm.rowspace.constraint_order import order_by_open_constraints
from synllm.rowspace.constraints import list_constraints
from synllm.rowspace.diagram import Diagram, TooLargeError, build_diagram
from synllm.rowspace.domains import column_domains
from synllm.spec.core import CoreSpec
from synllm.spec.evaluate import row_is_valid
from synllm.spec.expressions import Arithmetic, ColumnValue, Compare
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code
from synllm.spec.values import MISSING, NOT_APPLICABLE, Special
from tests.proof.small_specs import all_rows, small_specs
from tests.specs_in_code import number_column

Row = tuple[int | Special, ...]


def diagram_of(
    core: CoreSpec, spec: Spec, *, declared: bool, nodes: int = 20_000
) -> Diagram | None:
    domains = column_domains(spec, core)
    constraints = list_constraints(spec, core, domains)
    names = (
        tuple(column.name for column in core.columns)
        if declared
        else order_by_open_constraints(core.columns, constraints)
    )
    return build_diagram(names, domains.cells, constraints, core.by_name, nodes=nodes)


def cells_in(cells: CellSet) -> Iterator[int | Special]:
    yield from cells.values
    if cells.missing:
        yield MISSING
    if cells.not_applicable:
        yield NOT_APPLICABLE


def rows_in(diagram: Diagram, node: int = 0, level: int = 0) -> Iterator[Row]:
    if level == len(diagram.levels):
        yield ()
        return
    for arc in diagram.levels[level][node]:
        for rest in rows_in(diagram, arc.target, level + 1):
            for cell in cells_in(arc.cells):
                yield (cell, *rest)


def valid_rows(spec: Spec, core: CoreSpec, fields: tuple[str, ...]) -> list[Row]:
    return [
        tuple(encode_value(core.by_name[name], row[name]) for name in fields)
        for row in all_rows(spec)
        if row_is_valid(row, spec)
    ]


@settings(max_examples=60)
@given(small_specs())
def test_its_rows_are_the_valid_ones_each_once(spec: Spec) -> None:
    core = lower(spec)
    for declared in (True, False):
        diagram = diagram_of(core, spec, declared=declared)
        fields = (
            tuple(column.name for column in core.columns) if diagram is None else diagram.fields
        )
        expected = valid_rows(spec, core, fields)

        found = [] if diagram is None else list(rows_in(diagram))

        event(f"rows: {min(len(expected), 3)}")
        assert len(found) == len(set(found)) == len(expected)
        assert set(found) == set(expected)
        assert (0 if diagram is None else diagram.count) == len(expected)


@settings(max_examples=30)
@given(small_specs())
def test_what_it_allows_after_a_prefix_is_what_some_valid_row_has(spec: Spec) -> None:
    core = lower(spec)
    diagram = diagram_of(core, spec, declared=False)
    if diagram is None:
        return
    rows = valid_rows(spec, core, diagram.fields)
    for length in range(len(diagram.fields)):
        for prefix in {row[:length] for row in rows}:
            expected = {row[length] for row in rows if row[:length] == prefix}

            assert set(cells_in(diagram.allowed(prefix))) == expected


@settings(max_examples=25)
@given(small_specs())
def test_no_two_nodes_of_a_level_say_the_same(spec: Spec) -> None:
    diagram = diagram_of(lower(spec), spec, declared=False)
    for level in () if diagram is None else diagram.levels:
        assert len(set(level)) == len(level)


def test_a_budget_of_nodes_is_kept() -> None:
    from tests.specs_in_code import cirrhosis_like

    spec = cirrhosis_like()

    with pytest.raises(TooLargeError):
        diagram_of(lower(spec), spec, declared=True, nodes=2)


def test_a_prefix_of_no_valid_row_is_refused() -> None:
    from tests.specs_in_code import stroke_like

    spec = stroke_like()
    diagram = diagram_of(lower(spec), spec, declared=True)

    assert diagram is not None
    with pytest.raises(ValueError, match="no valid row"):
        diagram.allowed((-1,))


def test_a_product_with_zeros_on_either_side_is_held_exactly() -> None:
    columns = (
        number_column("doses", "0", "2"),
        number_column("days", "0", "2", missing=(Code("NA"),)),
        number_column("points", "0", "4"),
    )
    product = Arithmetic("*", ColumnValue("doses"), ColumnValue("days"))
    rule = Rule("points", "", None, Compare("=", ColumnValue("points"), product))
    spec = Spec("t", "", columns, rules=(rule,))
    core = lower(spec)
    diagram = diagram_of(core, spec, declared=True)

    assert diagram is not None
    known = {(doses, days, doses * days) for doses in range(3) for days in range(3)}
    unknown = {(doses, MISSING, points) for doses in range(3) for points in range(5)}
    assert set(rows_in(diagram)) == known | unknown
