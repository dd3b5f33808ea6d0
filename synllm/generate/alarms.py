"""Signs that a writer of rows has got stuck: values at a bound, one value for all, rows repeated,
rows copied from the prompt.

Each is a test of what the delivered table shows against the most that declared figures and rules
could explain, not against what they say exactly: a table is to be *far* off. For rows independent
of each other, and shares no larger than the most explained, any alarm comes up in at most one of a
thousand tables. Shares are tested by their binomial tail, rows alike by the Poisson tail of the
birthday problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import stats

from synllm.generate.column_cells import place_value
from synllm.generate.read_back import read_places
from synllm.generate.run_manifest import AlarmRecord
from synllm.proof.witness import encode_value
from synllm.rowspace.expectation import Expectation, expect
from synllm.rowspace.places import place_of
from synllm.rowspace.sample import Floats, Integers, Listing, find_unlistable, list_cells
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.cells import write_cell
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.types import NumberType
from synllm.spec.values import Row

FALSE_ALARMS = 0.001
"""How often a table raises any alarm whose shares are no larger than the most explained."""

TIMES, BEYOND = 3.0, 0.03
"""At an end of a column, the most explained is so many times what is expected, or so much more."""

UNTOLD = 0.99
"""The share that a value may have in a column of which no figure tells the shape."""

TIMES_ALIKE = 10.0
"""How many times more rows than expected may be alike: associations that the spec doesn't state."""

FEWEST_VALUES = 20
"""Columns with fewer possible values have no ends to speak of."""

COMPARED = 200_000
"""So many rows are looked through for repeated ones."""


class AlarmTally:
    """Counts what alarms need of a table's rows, block by block, in bounded memory.

    `space` holds the rows that are possible, `examples` the places of the prompt's example rows by
    field. With a condition given, figures about all patients tell no column's shape.
    """

    def __init__(
        self,
        spec: Spec,
        space: RowSpace,
        listings: Mapping[str, Listing],
        examples: Sequence[Mapping[str, int]] = (),
        *,
        is_given: bool = False,
    ) -> None:
        self._spec, self._space, self._listings = spec, space, listings
        self._is_given = is_given
        self._counts = {
            name: np.zeros(listings[name].size, dtype=np.int64) for name in space.fields
        }
        random = np.random.default_rng(0)
        self._factors = {
            name: random.integers(2**63, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
            for name in space.fields
        }
        self._examples = tuple(examples)
        columns = {
            name: np.array([each[name] for each in self._examples], dtype=np.int64)
            for name in space.fields
        }
        self._example_prints = self._fingerprint(columns)
        # Shares among different rows are those of a writer that doesn't repeat itself.
        self._once = {name: np.zeros_like(counts) for name, counts in self._counts.items()}
        self._seen = np.empty(0, dtype=np.uint64)
        self._compared = self._copies = self._rows = 0

    def add(self, places: Mapping[str, Integers]) -> None:
        """Take the next rows."""
        for name, counts in self._counts.items():
            counts += np.bincount(places[name], minlength=counts.size)
        prints = self._fingerprint(places)
        self._rows += prints.size
        if self._examples:
            self._copies += int(np.isin(prints, self._example_prints).sum())
        compared = prints[: max(COMPARED - self._compared, 0)]
        self._compared += compared.size
        distinct, first = np.unique(compared, return_index=True)
        new = np.isin(distinct, self._seen, assume_unique=True, invert=True)
        self._seen = np.concatenate((self._seen, distinct[new]))
        for name, counts in self._once.items():
            counts += np.bincount(places[name][first[new]], minlength=counts.size)

    def alarms(self) -> tuple[AlarmRecord, ...]:
        """Return what the rows so far give alarm for: columns in their order, then rows."""
        if not self._rows:
            return ()
        expected = expect(self._spec, self._space, self._listings)
        columns = [each for each in self._spec.generated_columns if each.name in self._counts]
        numbers = [each for each in columns if isinstance(each.type, NumberType)]
        level = FALSE_ALARMS / (len(columns) + 2 * len(numbers) + 2)
        found: list[AlarmRecord] = []
        for column in columns:
            found.extend(self._at_bounds(column.name, expected, level))
            found.extend(self._one_value(column.name, expected, level))
        return (*found, *self._alike(expected, level), *self._copied(expected, level))

    def _fingerprint(self, places: Mapping[str, Integers]) -> np.ndarray:
        """Return a 64-bit number for each row; different rows hardly ever share one."""
        found = np.zeros(next(iter(places.values())).size, dtype=np.uint64)
        for name, factor in self._factors.items():
            found ^= (places[name].astype(np.uint64) + np.uint64(1)) * factor
            found *= np.uint64(0x9E3779B97F4A7C15)
            found ^= found >> np.uint64(29)
        return found

    def _at_bounds(self, name: str, expected: Expectation, level: float) -> Iterator[AlarmRecord]:
        """Yield an alarm for each end of a numeric column that too many values are at."""
        values = int(self._listings[name].values.size)
        counts = self._counts[name][:values]
        total = int(counts.sum())
        shares = _of_values(expected.shares[name], values)
        if not (isinstance(self._spec.by_name[name].type, NumberType) and total and shares):
            return
        possible = np.flatnonzero(shares[0] > 0)
        if possible.size < FEWEST_VALUES:
            return
        for which, ends in (("lowest", possible[:2]), ("highest", possible[-2:])):
            share = max(float(each[ends].sum()) for each in shares)
            seen = int(counts[ends].sum())
            most = max(TIMES * share, share + BEYOND, self._untold(name, expected))
            if _is_more(seen, total, most, level):
                end = self._write(name, int(ends[0] if which == "lowest" else ends[-1]))
                text = (
                    f"{seen:,} of {total:,} values of `{name}` are its {which} possible value, "
                    f"{end}, or the next one; {_about(share * total)} to be expected"
                )
                yield _record("bound", name, seen, total, share * total, text)

    def _one_value(self, name: str, expected: Expectation, level: float) -> Iterator[AlarmRecord]:
        """Yield an alarm where most of a column is one value, and nothing explains it."""
        values = int(self._listings[name].values.size)
        counts = self._counts[name][:values]
        total = int(counts.sum())
        shares = _of_values(expected.shares[name], values)
        if not (total and shares):
            return
        place = int(counts.argmax())
        share = max(float(each[place]) for each in shares)
        seen = int(counts[place])
        most = max((1 + share) / 2, self._untold(name, expected))
        if _is_more(seen, total, most, level):
            text = (
                f"{seen:,} of {total:,} values of `{name}` are {self._write(name, place)}; "
                f"{_about(share * total)} to be expected"
            )
            yield _record("value", name, seen, total, share * total, text)

    def _alike(self, expected: Expectation, level: float) -> Iterator[AlarmRecord]:
        """Yield an alarm where more rows repeat others than the columns' own shares explain."""
        rows, distinct = self._compared, self._seen.size
        repeats = rows - distinct
        pairs = max(distinct * (distinct - 1), 1)
        alike = {
            name: max(
                [float((counts * (counts - 1.0)).sum()) / pairs]
                + [float((each**2).sum()) for each in expected.shares[name]]
            )
            for name, counts in self._once.items()
        }
        mean = rows * (rows - 1) / 2 * _together(alike, expected)
        if repeats and stats.poisson.sf(repeats - 1, TIMES_ALIKE * mean) < level:
            text = (
                f"{repeats:,} of {rows:,} rows repeat an earlier row; {_about(mean)} to be expected"
            )
            yield _record("repeats", None, repeats, rows, mean, text)

    def _copied(self, expected: Expectation, level: float) -> Iterator[AlarmRecord]:
        """Yield an alarm where more rows copy an example than the columns' own shares explain."""
        if not self._copies:
            return
        mean = 0.0
        for example in {tuple(each.items()) for each in self._examples}:
            alike = {name: self._once[name][place] / self._seen.size for name, place in example}
            mean += self._rows * _together(alike, expected)
        if stats.poisson.sf(self._copies - 1, TIMES_ALIKE * mean) < level:
            text = (
                f"{self._copies:,} of {self._rows:,} rows copy one of the prompt's example rows; "
                f"{_about(mean)} to be expected"
            )
            yield _record("examples", None, self._copies, self._rows, mean, text)

    def _untold(self, name: str, expected: Expectation) -> float:
        return 0.0 if name in expected.informed and not self._is_given else UNTOLD

    def _write(self, name: str, place: int) -> str:
        column = self._spec.by_name[name]
        return write_cell(column, place_value(column, self._listings[name], place))


def _of_values(shares: Sequence[Floats], values: int) -> list[Floats]:
    """Return what is expected of a column's values, absences apart."""
    return [each[:values] / each[:values].sum() for each in shares if each[:values].sum() > 0]


def _together(alike: Mapping[str, float], expected: Expectation) -> float:
    """Return how likely rows are alike in all columns, from how likely they are in each."""
    found = expected.tied
    for part in expected.open_parts:
        found *= min(alike[name] for name in part)
    apart = set(alike).difference(*expected.open_parts)
    for name in sorted(apart):
        found *= alike[name]
    return min(found, 1.0)


def _is_more(seen: int, total: int, share: float, level: float) -> bool:
    """Return whether a share is larger than another, by the binomial tail."""
    return bool(seen > share * total and stats.binom.sf(seen - 1, total, min(share, 1.0)) < level)


def _about(number: float) -> str:
    if number < 1:
        return "fewer than 1 was"
    return "about 1 was" if number < 1.5 else f"about {number:,.0f} were"


def _record(
    kind: str, column: str | None, rows: int, of: int, expected: float, text: str
) -> AlarmRecord:
    return AlarmRecord(
        kind=kind, column=column, rows=rows, of=of, expected=round(expected, 6), text=text
    )


def find_alarms(
    table: Path, spec: Spec, core: CoreSpec, examples: Sequence[Row] = ()
) -> tuple[AlarmRecord, ...]:
    """Return what a delivered table gives alarm for; nothing where its columns can't be listed.

    `examples` are the rows that the prompt showed.
    """
    space = None if find_unlistable(core.columns) else build_row_space(spec, core)
    if space is None:
        return ()
    listings = {column.name: list_cells(column) for column in core.columns}
    shown: list[dict[str, int]] = []
    for row in examples:
        places = {
            name: place_of(listing, encode_value(core.by_name[name], row[name]))
            for name, listing in listings.items()
        }
        shown.append({name: place for name, place in places.items() if place is not None})
    tally = AlarmTally(
        spec, space, listings, [each for each in shown if len(each) == len(listings)]
    )
    for block in read_places(table, spec, core, listings):
        tally.add(block)
    return tally.alarms()
