"""Open parts get an order in which their rows can be written, or are refused by name."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from synllm.language.load import parse_spec
from synllm.proof.witness import decode_row
from synllm.rowspace.continuation import UndecidedError
from synllm.rowspace.open_rows import OpenRows
from synllm.rowspace.settle import settle_orders
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.core import CoreSpec
from synllm.spec.evaluate import broken_statements
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from tests.rowspace.test_stress import draw_all, load_stress, open_space

CUBES = """synspec 1

table cubes "No two cubes add up to a third" {
  a : integer in 1..1200 "A"
  b : integer in 1..1200 "B"
  c : integer in 1..1200 "C"
}

rule fermat "Cubes add up"
  always a * a * a + b * b * b = c * c * c
rule small "A is the smallest"
  always a < b
"""


def cubes() -> tuple[Spec, CoreSpec]:
    spec, diagnostics = parse_spec(CUBES, "cubes.synspec")
    assert spec is not None, diagnostics
    return spec, lower(spec)


def open_cubes() -> RowSpace:
    spec, core = cubes()
    space = build_row_space(spec, core, nodes=1)
    assert space is not None
    return space


def test_an_order_that_works_is_kept() -> None:
    space = open_space("chained_sums")

    settled, refusals = settle_orders(space)

    assert settled == space
    assert not refusals


def test_an_order_in_which_rows_stay_open_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    space = open_space("filtration")
    (part,) = space.open_parts
    draw = OpenRows.draw

    def refuse_first_order(rows: OpenRows, *arguments: Any) -> Any:
        if rows.fields == part.fields:
            raise UndecidedError((), rows.fields[0])
        return draw(rows, *arguments)

    monkeypatch.setattr(OpenRows, "draw", refuse_first_order)
    settled, refusals = settle_orders(space)

    assert not refusals
    assert settled.fields != space.fields
    assert set(settled.fields) == set(space.fields)
    assert len(draw_all(settled, 20, seed=1)) == 20


def test_results_before_their_operands_can_be_written_too() -> None:
    spec, core = load_stress("filtration")
    space = open_space("filtration")
    (part,) = space.open_parts
    first = ("stage", "sex", "clearance", "weight", "creatinine", "age")

    rows = draw_all(replace(space, parts=(replace(part, fields=first),)), 20, seed=1)

    assert not any(any(broken_statements(decode_row(cells, core), spec)) for cells in rows)


def test_what_stays_open_in_every_order_is_refused_with_its_rules_and_a_way_out() -> None:
    space = open_cubes()

    settled, (refusal,) = settle_orders(space)

    assert settled == space
    assert refusal.statements == ("fermat", "small")
    assert set(refusal.fields) == {"a", "b", "c"}
    assert "`fermat` and `small`" in refusal.what
    assert "`derived`" in refusal.fix


def test_what_stays_open_is_never_guessed() -> None:
    _, core = cubes()
    (part,) = open_cubes().open_parts
    rows = OpenRows(part.fields, part.cells, part.constraints, core.by_name)

    with pytest.raises(UndecidedError) as error:
        rows.draw(1, np.random.default_rng(1), rows.even)

    assert error.value.next_field == part.fields[0]
