"""Rows drawn from an open part, each field by its weights among the cells that can follow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synllm.rowspace.open_rows import OpenRows
from synllm.rowspace.places import cells_at
from synllm.rowspace.sample import Floats, Integers, list_cells
from synllm.rowspace.space import OpenPart
from synllm.spec.core import CoreSpec


def draw_open_part(
    part: OpenPart,
    core: CoreSpec,
    count: int,
    random: np.random.Generator,
    weights: Mapping[str, Floats] | None = None,
) -> dict[str, Integers]:
    """Return the places of `count` valid rows' cells by field, each row independent of the others.

    `weights` of a field are one number >= 0 for each place; fields without any get even ones. A
    field's cell comes in proportion to its weight among exactly those cells that lead to a valid
    row of positive weights after the cells before it. That is not the product of the weights over
    all valid rows: a beginning that few rows have is as likely as if many had it.

    Raises ValueError where no row has a positive weight, UndecidedError where it stays open.
    """
    listings = {name: list_cells(core.by_name[name]) for name in part.fields}
    given = weights or {}
    totals = []
    cells = dict(part.cells)
    for name in part.fields:
        own = given.get(name, np.ones(listings[name].size))
        totals.append(np.concatenate(([0.0], np.cumsum(own))))
        if not (own > 0).all():
            cells[name] = cells[name].intersect(cells_at(listings[name], np.flatnonzero(own > 0)))
            if not cells[name]:
                raise ValueError("no valid row has a positive weight")
    rows = OpenRows(part.fields, cells, part.constraints, core.by_name)
    return dict(zip(part.fields, rows.draw(count, random, totals), strict=True))
