"""Whether steering meets the declared figures, and what it leaves of a model, on stand-in models.

A stand-in has a chance for every place of a field. What steering is told of it is what the decoder
knows: the chance of each first character, and behind it a mixture of what is declared and an even
share, chosen after a trial as in the decoder: not quite what follows.
"untrained" takes first characters evenly, "decent" has means off by 0.3 sd and shares off by a
third, "margins" has single columns as declared and no relation between columns. All have an
association of two columns about which the spec says nothing, of log-odds 1.5.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from time import perf_counter

import numpy as np

from synllm.columns.figures import Figure, measure_figures
from synllm.generate.steering.figures import list_statistics
from synllm.generate.steering.steering import Steering
from synllm.generate.steering.tilting import tilt_chances
from synllm.language import load_spec
from synllm.rowspace.place_table import make_table
from synllm.rowspace.prior import prior_weights
from synllm.rowspace.sample import Floats, Integers, Listing, list_cells
from synllm.rowspace.settle import settle_orders
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.rowspace.walk import SpaceWalk, SpanSets
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import NumberType

SPECS = Path(__file__).resolve().parent.parent / "specs"

UNSPOKEN = {
    "stroke": ("gender", "Residence_type"),
    "diabetes": ("gender", "smoking_history"),
    "cirrhosis": ("Drug", "Sex"),
}
"""Two columns whose relation the spec doesn't state; the first label of each goes together."""

LOG_ODDS = 1.5
KINDS = ("untrained", "decent", "margins")
SURPLUS = 0.04
TRIED = 100
"""Rows of the model alone, from which it is learned whether it goes on as declared or evenly."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A spec ready to be written, by one kind of stand-in."""

    spec: Spec
    core: CoreSpec
    space: RowSpace
    listings: dict[str, Listing]
    weights: dict[str, Floats]
    expected: dict[str, Floats]
    pair: tuple[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a table of one stand-in shows: nats are of the rows written, seconds of steering."""

    figures: list[Figure]
    log_odds: float
    nats: float
    seconds: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--batches", type=int, nargs="*", default=[64, 128])
    parser.add_argument("--specs", nargs="*", default=list(UNSPOKEN))
    options = parser.parse_args()
    print("spec       model      batch  pure met  met      worst  kept  nats/row  seconds")
    for name in options.specs:
        for kind in KINDS:
            case = make_case(name, kind)
            pure = write_table(case, options.rows, 128, 0.0)
            for batch in options.batches:
                found = write_table(case, options.rows, batch, 1.0)
                worst = max(each.distance / max(each.allowed, 1e-9) for each in found.figures)
                print(
                    f"{name:10} {kind:10} {batch:5} {show_met(pure):>9} {show_met(found):>8}"
                    f" {worst:6.2f} {found.log_odds / pure.log_odds:5.2f} {found.nats:9.2f}"
                    f" {found.seconds:8.2f}",
                    flush=True,
                )


def show_met(outcome: Outcome) -> str:
    return f"{sum(each.met for each in outcome.figures)}/{len(outcome.figures)}"


def make_case(name: str, kind: str) -> Case:
    spec, _ = load_spec(SPECS / f"{name}.synspec")
    assert spec is not None
    core = lower(spec)
    built = build_row_space(spec, core)
    assert built is not None
    space, _ = settle_orders(built)
    listings = {field: list_cells(core.by_name[field]) for field in space.fields}
    random = np.random.default_rng(1)
    weights, expected = {}, {}
    for field, listing in listings.items():
        prior = prior_weights(spec, spec.by_name[field], listing)
        weights[field] = stand_in(spec, field, listing, prior / prior.sum(), kind, random)
        even = np.full(listing.size, 1 / listing.size)
        groups = first_characters(listing)
        # The groups' own chances are known; what lies behind them is learned from a trial.
        mass = np.bincount(groups, weights=weights[field])
        tried = random.choice(listing.size, TRIED, p=weights[field] / weights[field].sum())
        best = -np.inf
        for mix in np.linspace(0, 1, 11):
            believed = np.maximum(mix * prior / prior.sum() + (1 - mix) * even, 1e-12)
            share = believed / np.bincount(groups, weights=believed)[groups]
            fits = float(np.log(share[tried]).sum())
            if fits > best:
                best, expected[field] = fits, mass[groups] * share
    return Case(spec, core, space, listings, weights, expected, UNSPOKEN[name])


def stand_in(
    spec: Spec,
    field: str,
    listing: Listing,
    prior: Floats,
    kind: str,
    random: np.random.Generator,
) -> Floats:
    present = listing.size - 2
    if kind == "margins":
        floor: Floats = np.maximum(prior, 1e-9)
        return floor
    if kind == "untrained":
        groups = first_characters(listing)
        inner = np.exp(random.normal(0, 0.5, listing.size))
        even: Floats = inner / np.bincount(groups, weights=inner)[groups] / (groups.max() + 1)
        return even
    if not isinstance(spec.by_name[field].type, NumberType) or present < 5:
        found = prior * np.where(random.random(listing.size) < 0.5, 4 / 3, 2 / 3)
    else:
        values = listing.values.astype(np.float64)
        own = prior[:present] / prior[:present].sum()
        mean = own @ values
        sd = np.sqrt(own @ (values - mean) ** 2)
        found = prior.copy()
        sign = random.choice([-0.3, 0.3])
        found[:present] *= np.exp(np.clip(sign * (values - mean) / sd, -3, 3))
        found[:present] *= prior[:present].sum() / found[:present].sum()
    kept = np.maximum(found, 1e-9)
    whole: Floats = kept / kept.sum()
    return whole


def first_characters(listing: Listing) -> Integers:
    """Return for each place the number of its first character; the last two are their own."""
    firsts = [str(value)[0] for value in listing.values.tolist()] + ["missing", "not applicable"]
    if listing.size <= 20:
        return np.arange(listing.size)
    numbers: Integers = np.unique(np.array(firsts), return_inverse=True)[1]
    return numbers


def write_table(case: Case, rows: int, batch: int, strength: float) -> Outcome:
    steering = Steering(
        case.spec, case.core, case.space.fields, case.listings, rows, 1, strength=strength
    )
    walk = SpaceWalk(case.space, case.listings)
    random = np.random.default_rng(5)
    parts: list[dict[str, Integers]] = []
    nats, seconds, written = 0.0, 0.0, 0
    for start in range(0, rows, batch):
        deliver = min(batch, rows - start)
        count = ceil(deliver * (1 + SURPLUS)) if strength else deliver
        places: dict[str, Integers] = {}
        begun = walk.begin(count, start)
        for field in case.space.fields:
            begun.open_field(field)
            allowed = allowed_places(begun.allowed(), case.listings[field].size)
            factor = associate(case, field, places, count)
            own = allowed * case.weights[field] * factor
            own /= own.sum(axis=1, keepdims=True)
            seen = allowed * case.expected[field] * factor
            edges = steering.bins[field]
            chances = np.add.reduceat(seen, edges[:-1], axis=1)
            chances /= chances.sum(axis=1, keepdims=True)
            clock = perf_counter()
            if strength:
                tilt = steering.tilt(field, places, chances)
                mark = steering.uniforms(field, places, tilt_chances(chances, tilt))
            else:
                tilt, mark = np.zeros(chances.shape), random.random(count)
            seconds += perf_counter() - clock
            spread = np.repeat(tilt, np.diff(edges), axis=1)
            steered = tilt_chances(own, spread)
            known = steered > 0
            nats += float((steered[known] * np.log(steered[known] / own[known])).sum())
            totals = np.cumsum(steered, axis=1)
            place = (totals < (mark * totals[:, -1])[:, None]).sum(axis=1)
            place = np.minimum(place, case.listings[field].size - 1)
            places[field] = place
            assert begun.take(np.arange(count), place).all()
        written += count
        clock = perf_counter()
        chosen = steering.absorb(places, deliver) if strength else np.arange(deliver)
        seconds += perf_counter() - clock
        parts.append({name: each[chosen] for name, each in places.items()})
    every = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    table = make_table(case.spec, case.core, case.listings, every)
    figures = measure_figures(list_statistics(case.spec), table)
    return Outcome(figures, log_odds(case, every), nats / written, seconds)


def allowed_places(sets: SpanSets, size: int) -> Floats:
    """Return 1 where a row may have a place, 0 elsewhere, shape (rows, places)."""
    steps = np.zeros((sets.first.size - 1, size + 1))
    owner = np.repeat(np.arange(sets.first.size - 1), np.diff(sets.first))
    np.add.at(steps, (owner, sets.start), 1.0)
    np.add.at(steps, (owner, sets.stop), -1.0)
    found: Floats = np.cumsum(steps, axis=1)[:, :-1][sets.of_row]
    return found


def associate(case: Case, field: str, places: dict[str, Integers], count: int) -> Floats:
    """Return the factors of a field's places that go with the other column of the pair."""
    factor = np.ones((count, case.listings[field].size))
    first, second = case.pair
    other = {first: second, second: first}.get(field)
    if other is not None and other in places:
        factor[:, 0] = np.exp(LOG_ODDS * ((places[other] == 0) - 0.5))
    return factor


def log_odds(case: Case, places: dict[str, Integers]) -> float:
    left, right = (places[name] for name in case.pair)
    known = (left < case.listings[case.pair[0]].size - 2) & (
        right < case.listings[case.pair[1]].size - 2
    )
    a, b = left[known] == 0, right[known] == 0
    cells = [float((x & y).sum()) + 0.5 for x in (a, ~a) for y in (b, ~b)]
    return float(np.log(cells[0] * cells[3] / (cells[1] * cells[2])))


if __name__ == "__main__":
    main()
