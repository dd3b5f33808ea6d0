"""The linear programme over shares of row parts, solved by HiGHS through scipy.

Its answers are floating-point numbers, which only suggest what to ask: what is claimed has been
confirmed in exact fractions by `mixture.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from synllm.proof.statistics.amounts import ONE, Amount, Ledger, combine
from synllm.proof.statistics.structure import Part, Structure
from synllm.spec.values import Row


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a programme came to, and the weight of each amount sum in it, relative to `sizes`."""

    value: float
    weights: tuple[float, ...]
    sizes: tuple[float, ...]


class Programme:
    """Shares of the rows seen so far, apart in each group of parts, equal where groups overlap.

    `sums` are the amount sums whose averages are bounded; the structure was built for them.
    """

    def __init__(
        self, structure: Structure, sums: Sequence[Sequence[Amount]], ledger: Ledger
    ) -> None:
        self._structure = structure
        self._ledger = ledger
        self._rows_seen = 0
        self._width = 0
        self._atoms: list[Amount] = []
        self._factors: list[list[tuple[int, float]]] = []
        numbers: dict[Amount, int] = {}
        for each in sums:
            factors: list[tuple[int, float]] = []
            for amount in combine([(ONE, each)]):
                atom = amount.times(1 / amount.factor)
                if atom not in numbers:
                    numbers[atom] = len(self._atoms)
                    self._atoms.append(atom)
                factors.append((numbers[atom], float(amount.factor)))
            self._factors.append(factors)
        self._members: list[list[int]] = [[] for _ in structure.groups]
        self._of_group: list[list[int]] = [[] for _ in structure.groups]
        for number, parts in enumerate(structure.parts_of_bounds):
            home = next(
                (place for place, group in enumerate(structure.groups) if parts <= group.parts), 0
            )
            self._members[home].append(number)
            self._of_group[home].extend(place for place, _ in self._factors[number])
        self._of_group = [sorted(set(each)) for each in self._of_group]
        self._columns = [sorted({name for name, _ in group.parts}) for group in structure.groups]
        self._projections: list[set[tuple[object, ...]]] = [set() for _ in structure.groups]
        self._cells: list[set[tuple[object, ...]]] = [set() for _ in structure.groups]
        self._masses: list[dict[int, float]] = [{} for _ in structure.groups]
        self._entries: list[dict[int, float]] = [{} for _ in sums]
        self._links: dict[tuple[object, ...], dict[int, float]] = {}
        self._shared: list[list[tuple[int, tuple[Part, ...], float]]] = [
            [] for _ in structure.groups
        ]
        for place, group in enumerate(structure.groups):
            if group.parent is not None:
                shared = tuple(sorted(group.parts & structure.groups[group.parent].parts))
                self._shared[place].append((place, shared, 1.0))
                self._shared[group.parent].append((place, shared, -1.0))

    def see(self, rows: Sequence[Row]) -> None:
        """Take in the rows beyond those already seen; `rows` only ever grows."""
        for row in rows[self._rows_seen :]:
            for place, seen in enumerate(self._projections):
                projection = tuple(row[name] for name in self._columns[place])
                if projection not in seen:
                    seen.add(projection)
                    self._see_in_group(place, row)
        self._rows_seen = len(rows)

    def least_violation(self, used: Sequence[int], whole: int | None) -> Suggestion:
        """Return by how much some bound among those used must be exceeded, relative to its size.

        It is 0 where a mixture of the rows seen meets them all. The sizes are those of a mixture
        in which the sum `whole` averages 1; without it, one of all rows.
        """
        sizes, upper = self._upper(used)
        upper += [(line, self._width, -1.0) for line in range(len(used))]
        lines = self._one_mass()
        right = [0.0] * len(lines) + [1.0]
        lines.append(self._masses[0] if whole is None else self._entries[whole])
        answer = _solve([0.0] * self._width + [1.0], upper, len(used), lines, right)
        # Without a known row in the group, there is nothing to weigh.
        if answer.status != 0:
            return Suggestion(0.0, (0.0,) * len(used), sizes)
        return Suggestion(float(answer.fun), _weights(answer), sizes)

    def greatest_ratio(self, used: Sequence[int], part: int, sign: int) -> Suggestion | None:
        """Return the greatest average of a sum, times the sign, over that of the next one.

        None where no mixture of the rows seen meets the bounds with anything in the next sum.
        """
        sizes, upper = self._upper(used)
        lines = self._one_mass()
        goal = [0.0] * self._width
        for column, entry in self._entries[part].items():
            goal[column] = -sign * entry
        right = [0.0] * len(lines) + [1.0]
        lines.append(self._entries[part + 1])
        answer = _solve(goal, upper, len(used), lines, right)
        if answer.status != 0:
            return None
        return Suggestion(-float(answer.fun), _weights(answer), sizes)

    def _see_in_group(self, place: int, row: Row) -> None:
        values = {
            atom: float(self._ledger.contribution((self._atoms[atom],), row))
            for atom in self._of_group[place]
        }
        links: list[tuple[tuple[object, ...], float]] = []
        for edge, shared, sign in self._shared[place]:
            classes = tuple(self._structure.class_of(part, row) for part in shared)
            links.append(((edge, classes), sign))
            for name, side in shared:
                number = self._structure.blurred(name, row) if side == "value" else None
                if number is not None:
                    links.append(((edge, classes, name), sign * number))
        key = (*values.values(), *links)
        if key in self._cells[place]:
            return
        self._cells[place].add(key)
        column, self._width = self._width, self._width + 1
        self._masses[place][column] = 1.0
        for number in self._members[place]:
            total = sum(factor * values[atom] for atom, factor in self._factors[number])
            if total:
                self._entries[number][column] = total
        for link, entry in links:
            if entry:
                self._links.setdefault(link, {})[column] = entry

    def _one_mass(self) -> list[Mapping[int, float]]:
        """Return what is equal to 0: groups agree where they overlap, and have the same mass."""
        masses = [{**self._masses[0], **dict.fromkeys(each, -1.0)} for each in self._masses[1:]]
        return [*self._links.values(), *masses]

    def _upper(self, used: Sequence[int]) -> tuple[tuple[float, ...], list[tuple[int, int, float]]]:
        sizes = tuple(max(map(abs, self._entries[number].values()), default=1.0) for number in used)
        return sizes, [
            (line, column, entry / size)
            for line, (number, size) in enumerate(zip(used, sizes, strict=True))
            for column, entry in self._entries[number].items()
        ]


def _solve(
    goal: Sequence[float],
    upper: Sequence[tuple[int, int, float]],
    height: int,
    lines: Sequence[Mapping[int, float]],
    right: Sequence[float],
) -> Any:
    """Return what scipy says about the least `goal` with `upper` at most 0 and `lines` equal."""
    # scipy takes longer to load than most specs to check.
    from scipy.optimize import linprog
    from scipy.sparse import csr_array

    def matrix(triples: Sequence[tuple[int, int, float]], height: int) -> Any:
        entries = [entry for _, _, entry in triples]
        places = ([line for line, _, _ in triples], [column for _, column, _ in triples])
        return csr_array((entries, places), shape=(height, len(goal)))

    equal = [
        (line, column, entry) for line, each in enumerate(lines) for column, entry in each.items()
    ]
    return linprog(
        goal,
        A_ub=matrix(upper, height) if height else None,
        b_ub=[0.0] * height if height else None,
        A_eq=matrix(equal, len(lines)),
        b_eq=right,
        bounds=(0, None),
        method="highs",
    )


def _weights(answer: Any) -> tuple[float, ...]:
    return tuple(max(0.0, -float(each)) for each in answer.ineqlin.marginals)
