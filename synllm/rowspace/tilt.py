"""Diagrams tilted so that figures about single columns, also within classes of one, are met.

The classes are the cells of one category column, the one that most figures go by. Within a class a
row's weight is a product over its fields, so the fit is exact: no row is drawn for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synllm.rowspace.bins import Bins, bin_field
from synllm.rowspace.diagram import Diagram
from synllm.rowspace.dual import Evaluated, Matrix, solve_dual
from synllm.rowspace.prior import prior_weights
from synllm.rowspace.sample import Floats, Integers, Listing, Sampler, list_cells
from synllm.rowspace.targets import Moment
from synllm.spec.core import CoreSpec
from synllm.spec.expressions import Is
from synllm.spec.model import Spec
from synllm.spec.types import CategoryType, NumberType

MOST_CLASSES = 12

HESSIAN_ROWS = 4_000
"""Rows drawn to see how rules tie fields together while a fit is sought."""

SMALLEST_GROUP = 1e-3
"""Groups with a smaller share than this are taken to have it, where it matters how sharply."""


@dataclass(frozen=True, slots=True, eq=False)
class _Field:
    """A field's bins, and its moments on them: which, in which classes, with which values."""

    bins: Bins
    moments: Integers
    in_class: NDArray[np.float64]
    values: NDArray[np.float64]


class TiltedDiagrams:
    """The product of some diagrams, ready to draw from once its tilt is fitted."""

    def __init__(
        self, spec: Spec, core: CoreSpec, diagrams: Sequence[Diagram], moments: Sequence[Moment]
    ) -> None:
        self.diagrams = tuple(diagrams)
        self.listings: dict[str, Listing] = {
            name: list_cells(core.by_name[name]) for part in diagrams for name in part.fields
        }
        self.prior = {
            name: prior_weights(spec, spec.by_name[name], listing)
            for name, listing in self.listings.items()
        }
        self._spec = spec
        self.by = choose_classes(spec, moments, self.listings)
        self.exact = tuple(each for each in moments if self._is_exact(each))
        self._fields: dict[str, _Field] = {}
        for part in diagrams:
            for name in part.fields:
                self._fields[name] = self._make_field(name, part)
        self._samplers: list[list[Sampler]] = []
        self._class_share = np.ones(1)
        self._places = self._open_classes()
        self.theta = np.zeros(len(self.exact))
        self._evaluate(self.theta)
        self._rescale()

    def fit(self) -> None:
        """Tilt so that the moments of single columns have the means that they should."""
        self.theta = solve_dual(
            self._evaluate, [each.side for each in self.exact], np.zeros(len(self.exact))
        )
        self._evaluate(self.theta)

    def means(self) -> Floats:
        """Return the exact means of the exact moments, in units of their tolerances."""
        return self._evaluate(self.theta)[1]

    def marginals(self) -> dict[str, Floats]:
        """Return the exact probability of every bin of every field."""
        found: dict[str, Floats] = {}
        for share, samplers in zip(self._class_share, self._samplers, strict=True):
            for sampler in samplers:
                for name, probability in sampler.marginals().items():
                    found[name] = found.get(name, 0.0) + share * probability
        return found

    def class_bins(self) -> Iterator[tuple[dict[str, Floats], float]]:
        """Yield for each possible class the weights of its bins by field.

        With them comes the logarithm of a factor that all rows of the class have besides.
        """
        for place in self._places:
            yield self._weights(place, self.theta)

    def bins(self, name: str) -> Bins:
        """Return the bins of a field."""
        return self._fields[name].bins

    def log_tilts(self, places: Mapping[str, Integers]) -> Floats:
        """Return the logarithm of what rows weigh beyond their priors, up to one constant.

        The rows need not be of the diagrams.
        """
        fields = [(name, field) for name, field in self._fields.items() if field.moments.size]
        by = None if self.by is None else places[self.by]
        found = np.zeros(next(iter(places.values())).size)
        for place in range(self._class_count()):
            rows = np.arange(found.size) if by is None else np.flatnonzero(by == place)
            for name, field in fields:
                tilt = field.values @ (self.theta[field.moments] * field.in_class[place])
                bins = np.searchsorted(field.bins.edges, places[name][rows], side="right") - 1
                found[rows] += tilt[bins]
        return found

    def draw(self, count: int, random: np.random.Generator) -> dict[str, Integers]:
        """Return the places of so many rows' cells by field, in random order.

        Each class has its exact share, up to one row.
        """
        counts = share_out(count, self._class_share, random)
        found: dict[str, list[Integers]] = {name: [] for name in self.listings}
        for number, samplers in zip(counts, self._samplers, strict=True):
            for sampler in samplers:
                for name, bins in sampler.draw(int(number), random).items():
                    found[name].append(self._fields[name].bins.choose(bins, random))
        order = random.permutation(count)
        return {name: np.concatenate(parts)[order] for name, parts in found.items()}

    def _rescale(self) -> None:
        """Put the moments into units of their tolerances in the groups they are about."""
        share = np.zeros(self._class_count())
        share[self._places] = self._class_share
        for field in self._fields.values():
            tolerances = np.array([self.exact[place].tolerance for place in field.moments])
            group = np.maximum(share @ field.in_class, SMALLEST_GROUP)
            field.values[:] = field.values / (tolerances * group)

    def _is_exact(self, moment: Moment) -> bool:
        if moment.column not in self.listings:
            return False
        match moment.where:
            case None:
                return True
            case Is(column=name):
                return name == self.by
            case _:
                return False

    def _make_field(self, name: str, part: Diagram) -> _Field:
        listing = self.listings[name]
        own = [place for place, each in enumerate(self.exact) if each.column == name]
        column = self._spec.by_name[name]
        numbers, missing = numbers_of(column.type, listing, part, name, self._spec)
        cuts: set[int] = set()
        for place in own:
            for cut in self.exact[place].cuts:
                at = int(np.searchsorted(numbers[: listing.values.size], cut - 1e-9))
                cuts |= {at, at + 1}
        bins = bin_field(name, part, listing, self.prior[name], cuts)
        values = np.zeros((bins.mass.size, len(own)))
        in_class = np.ones((self._class_count(), len(own)))
        for index, place in enumerate(own):
            moment = self.exact[place]
            values[:, index] = bins.average(moment.of(numbers, missing))
            if isinstance(moment.where, Is):
                in_class[:, index] = self._classes_of(moment.where)
        return _Field(bins, np.array(own, dtype=np.int64), in_class, values)

    def _class_count(self) -> int:
        return 1 if self.by is None else self.listings[self.by].size

    def _classes_of(self, where: Is) -> Floats:
        kind = self._spec.by_name[where.column].type
        assert isinstance(kind, CategoryType)
        found = np.zeros(self._class_count())
        found[[kind.labels.index(label) for label in where.labels]] = 1.0
        return found

    def _open_classes(self) -> list[int]:
        """Set up a sampler for each part and class in which some row is valid; return these."""
        opened: list[int] = []
        for place in range(self._class_count()):
            weights, _ = self._weights(place, np.zeros(len(self.exact)))
            try:
                samplers = [
                    Sampler(part, {name: self._fields[name].bins for name in part.fields}, weights)
                    for part in self.diagrams
                ]
            except ValueError:
                continue
            self._samplers.append(samplers)
            opened.append(place)
        assert opened, "a diagram has rows"
        self._class_share = np.full(len(opened), 1 / len(opened))
        return opened

    def _weights(self, place: int, theta: Floats) -> tuple[dict[str, Floats], float]:
        """Return the weights of a class's bins, and the logarithm of a factor left out of them."""
        found: dict[str, Floats] = {}
        factor = 0.0
        for name, field in self._fields.items():
            tilt: Floats = field.values @ (theta[field.moments] * field.in_class[place])
            top = float(tilt.max(initial=-np.inf))
            factor += top
            found[name] = field.bins.mass * np.exp(np.maximum(tilt - top, -600))
            if name == self.by:
                found[name][np.arange(found[name].size) != place] = 0.0
        return found, factor

    def _evaluate(self, theta: Floats) -> Evaluated:
        """Return log E[exp(theta f)] under the prior, up to a constant, with its gradient."""
        logs = np.zeros(len(self._places))
        inside = np.zeros((len(self._places), theta.size))
        seen: list[dict[str, Floats]] = []
        for index, place in enumerate(self._places):
            weights, logs[index] = self._weights(place, theta)
            seen.append({})
            for sampler in self._samplers[index]:
                found = _try_weights(sampler, weights)
                if found is None:
                    return np.inf, np.zeros(theta.size), lambda: np.eye(theta.size)
                logs[index] += sampler.log_total
                seen[index] |= found
            for name, probability in seen[index].items():
                field = self._fields[name]
                mean = (probability @ field.values) * field.in_class[place]
                inside[index, field.moments] = mean
        top = logs.max()
        share = np.exp(logs - top)
        total = share.sum()
        self._class_share = share = share / total

        def curvature() -> Matrix:
            return self._curvature(share, inside, seen)

        return float(top + np.log(total)), share @ inside, curvature

    def _curvature(
        self, share: Floats, inside: Matrix, seen: Sequence[Mapping[str, Floats]]
    ) -> Matrix:
        """Return what comes close to the Hessian: the moments' covariance.

        Fields count as independent within a class, which is exact where no rule ties them; where
        one does, rows drawn for the purpose tell how. What is left out costs steps, not accuracy.
        """
        mean = share @ inside
        apart = (inside.T * share) @ inside - np.outer(mean, mean)
        for index, place in enumerate(self._places):
            for name, probability in seen[index].items():
                field = self._fields[name]
                here = field.values * field.in_class[place]
                middle = inside[index, field.moments]
                block = (here.T * probability) @ here - np.outer(middle, middle)
                apart[np.ix_(field.moments, field.moments)] += share[index] * block
        if all(len(level) == 1 for part in self.diagrams for level in part.levels):
            return apart
        drawn = self._draw_moments(share)
        return np.cov(drawn, rowvar=False).reshape(apart.shape) + apart / 10

    def _draw_moments(self, share: Floats) -> Matrix:
        """Return the moments of some rows of the present tilt."""
        random = np.random.default_rng(0)
        drawn = []
        for index, number in enumerate(share_out(HESSIAN_ROWS, share, random)):
            rows = np.zeros((int(number), len(self.exact)))
            for sampler in self._samplers[index]:
                for name, bins in sampler.draw(int(number), random).items():
                    field = self._fields[name]
                    here = field.in_class[self._places[index]]
                    rows[:, field.moments] = field.values[bins] * here
            drawn.append(rows)
        return np.concatenate(drawn)


def _try_weights(sampler: Sampler, weights: Mapping[str, Floats]) -> dict[str, Floats] | None:
    """Return the marginals under new weights; None where valid rows are lost beside others.

    That happens where weights differ by more than float64 can tell: a step went too far.
    """
    try:
        sampler.weigh(weights)
    except ValueError:
        return None
    with np.errstate(all="ignore"):
        found = sampler.marginals()
    sound = all(abs(float(each.sum()) - 1) < 1e-6 for each in found.values())
    return found if sound else None


def choose_classes(
    spec: Spec, moments: Sequence[Moment], listings: Mapping[str, Listing]
) -> str | None:
    """Return the category column that most figures go by, if it has few enough values."""
    uses = Counter(each.where.column for each in moments if isinstance(each.where, Is))
    fit = [name for name in uses if name in listings and listings[name].size <= MOST_CLASSES + 2]
    order = {column.name: place for place, column in enumerate(spec.columns)}
    return min(fit, key=lambda name: (-uses[name], order[name]), default=None)


def numbers_of(
    kind: object, listing: Listing, part: Diagram, name: str, spec: Spec
) -> tuple[Floats, NDArray[np.bool_]]:
    """Return a listing's places as a table's numbers, and which place is missing."""
    missing = np.zeros(listing.size, dtype=np.bool_)
    missing[listing.values.size] = True
    raw = listing.values.astype(np.float64)
    match kind:
        case CategoryType(yes_no=True, labels=labels):
            raw = (raw == labels.index("yes")).astype(np.float64)
        case CategoryType():
            pass
        case NumberType(decimals=decimals):
            raw = raw / 10**decimals
    return np.concatenate((raw, [np.nan, np.nan])), missing


def share_out(count: int, shares: Floats, random: np.random.Generator) -> Integers:
    """Return whole numbers that add up to `count`, each within 1 of its share of it.

    Systematic sampling: on average every number is its share exactly.
    """
    borders = np.concatenate(([0.0], np.cumsum(shares / shares.sum()))) * count
    borders[-1] = count
    found: Integers = np.diff(np.floor(borders + random.random())).astype(np.int64)
    return found
