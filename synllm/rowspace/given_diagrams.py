"""Fitted diagrams on the rows that meet a condition: the same weights on fewer rows, exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synllm.rowspace.bins import Bins, bin_field
from synllm.rowspace.diagram import Diagram
from synllm.rowspace.sample import Floats, Integers, Sampler
from synllm.rowspace.tilt import TiltedDiagrams, share_out


class GivenDiagrams:
    """Diagrams of some of the rows of fitted ones, over the same fields, ready to draw from.

    Within a class a fitted row's weight is a product over its fields, so the diagrams of the rows
    left and the same weights are the fitted distribution given that a row is left. A class's share
    follows from the total weight that is left of it.
    """

    def __init__(self, tilted: TiltedDiagrams, diagrams: Sequence[Diagram]) -> None:
        self._bins: dict[str, Bins] = {}
        for part in diagrams:
            for name in part.fields:
                whole = tilted.bins(name)
                self._bins[name] = bin_field(
                    name, part, whole.listing, whole.prior, whole.edges.tolist()
                )
        self._samplers: list[list[Sampler]] = []
        logs: list[float] = []
        for weights, factor in tilted.class_bins():
            finer = {name: self._cut(tilted.bins(name), name, weights[name]) for name in self._bins}
            try:
                samplers = [Sampler(part, self._bins, finer) for part in diagrams]
            except ValueError:
                continue
            self._samplers.append(samplers)
            logs.append(factor + sum(each.log_total for each in samplers))
        if not logs:
            raise ValueError("no valid row has a positive weight")
        share = np.exp(np.array(logs) - max(logs))
        self._class_share: Floats = share / share.sum()

    def draw(self, count: int, random: np.random.Generator) -> dict[str, Integers]:
        """Return the places of so many rows' cells by field, in random order.

        Each class has its exact share, up to one row.
        """
        found: dict[str, list[Integers]] = {name: [] for name in self._bins}
        for number, samplers in zip(
            share_out(count, self._class_share, random), self._samplers, strict=True
        ):
            for sampler in samplers:
                for name, bins in sampler.draw(int(number), random).items():
                    found[name].append(self._bins[name].choose(bins, random))
        order = random.permutation(count)
        return {name: np.concatenate(parts)[order] for name, parts in found.items()}

    def _cut(self, whole: Bins, name: str, weights: Floats) -> Floats:
        """Return the weights of a field's finer bins: of the whole one's by their prior shares."""
        finer = self._bins[name]
        of = np.searchsorted(whole.edges, finer.edges[:-1], side="right") - 1
        mass = whole.mass[of]
        share = np.divide(finer.mass, mass, out=np.zeros_like(mass), where=mass > 0)
        found: Floats = weights[of] * share
        return found
