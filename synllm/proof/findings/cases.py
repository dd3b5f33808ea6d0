"""gap-in-cases, overlap-in-cases, boundary-seam: rules that read as cases of one number column.

Cases are hard rules whose conditions differ in the tests of one number column only, and conclude
about the same columns (for a value left out at a seam: about any).

- gap-in-cases: unsatisfiable exactly when a case covers each value between two others of this file
  that are one step of the decimals apart that their ends are written with; or, of three or more
  cases, each value between two whose conclusions can't both hold.
- overlap-in-cases: unsatisfiable exactly when no value is covered by both of two cases, different
  ones, whose conclusions can't both hold.
- boundary-seam: either of them at a single value that is written as the end of both cases.

Values are those on the column's recording grid: with one decimal, 89.1 to 89.9 lie between cases
written as 60..89 and 90 or more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names, write_value
from synllm.proof.findings.families import Family, Piece, covered, find_families
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry, RuleCase
from synllm.spec.core import CoreColumn, Formula, Membership, ValueSet

_CLASSIFICATION = 3
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class _Gap:
    """Recordable values `low` to `high`, on the column's integer scale, between two cases."""

    left: Piece
    right: Piece
    low: int
    high: int
    column: CoreColumn

    @property
    def values(self) -> ValueSet:
        return ValueSet.between(self.low, self.high).intersect(self.column.values)

    @property
    def is_seam(self) -> bool:
        """Whether it is one value, up to which both cases are written."""
        one = self.low == self.high
        return one and self.low in self.left.written and self.low in self.right.written

    @property
    def is_rounding(self) -> bool:
        """Whether it is one step of the decimals that the two ends are written with."""
        unit = 10**self.column.decimals
        low, high = Fraction(self.low - 1, unit), Fraction(self.high + 1, unit)
        places = next(p for p in range(self.column.decimals + 1) if _has_places(p, low, high))
        return high - low == Fraction(1, 10**places)


def find_case_mistakes(inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield the gaps, overlaps and seams of every family of cases in this file."""
    same, whatever = find_families(inquiry)
    for family in whatever:
        yield from _find_open_seams(family, inquiry, told)
    for family in same:
        yield from _find_overlaps(family, inquiry, told)
        yield from _find_gaps(family, inquiry, told)


def _find_open_seams(family: Family, inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a seam for each value that two cases are written up to, and none includes."""
    column = inquiry.core.by_name[family.column]
    for gap in _find_between(family.pieces, column):
        left, right = gap.left, gap.right
        if not gap.is_seam or not _is_own(left, right):
            continue
        told.pairs.add(frozenset((left.case.index, right.case.index)))
        value = write_value(column, gap.low)
        yield _report(
            "boundary-seam",
            f"patients with `{column.name}` = {value} are left out: rule `{left.case.rule.name}` "
            f"ends below it, and rule `{right.case.rule.name}` begins above it",
            f"include {value} in one of the two",
            [left, right],
            _patient(family.rest, column.name, gap.values, inquiry),
        )


def _find_overlaps(family: Family, inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    column = inquiry.core.by_name[family.column]
    for left, right in combinations(family.pieces, 2):
        shared = left.values.intersect(right.values)
        pair = frozenset((left.case.index, right.case.index))
        if not shared or left.values == right.values or not _is_own(left, right):
            continue
        both = inquiry.all_of(left.case.then.true, right.case.then.true)
        names = _names([left, right])
        question = f"the conclusions of {names} can both hold"
        if inquiry.possible(both, question, ()) is not False:
            continue
        told.pairs.add(pair)
        where = _write_set(shared, column)
        at_end = _is_shared_end(shared, left, right)
        finding = _report(
            "boundary-seam" if at_end else "overlap-in-cases",
            f"{names} both apply to patients with `{column.name}` {_at(shared)}{where}, for whom "
            "their conclusions can't both hold",
            f"let only one of the two {'include' if at_end else 'cover'} {where}",
            [left, right],
            _patient(family.rest, column.name, shared, inquiry, left.case, right.case),
        )
        yield told.tell(finding, pair)


def _find_gaps(family: Family, inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for the gaps between the cases of a family, all together.

    Between two cases only a gap narrower than the numbers are written is a mistake for sure; three
    or more cases whose conclusions exclude each other are a classification, which has none.
    """
    column = inquiry.core.by_name[family.column]
    if not all(piece.case.own for piece in family.pieces):
        return
    gaps = [
        gap
        for gap in _find_between(family.pieces, column)
        if not (
            gap.is_seam and frozenset((gap.left.case.index, gap.right.case.index)) in told.pairs
        )
        and (gap.is_rounding or _is_classification(family, gap, inquiry))
    ]
    if not gaps:
        return
    missed = ValueSet.union_of([piece for gap in gaps for piece in gap.values.intervals])
    beside = {each.case.index: each for gap in gaps for each in (gap.left, gap.right)}
    pieces = [beside[index] for index in sorted(beside)]
    written = (
        "; the ends are written with fewer decimals than recorded"
        if all(gap.is_rounding for gap in gaps)
        else ""
    )
    yield _report(
        "gap-in-cases",
        f"patients with `{column.name}` {_at(missed)}{_write_set(missed, column)} fall under no "
        f"case: {_names(pieces)} leave them out{written}",
        f"let each case begin where the one below it ends{_suggest(gaps[0])}",
        pieces,
        _patient(family.rest, column.name, gaps[0].values, inquiry),
    )


def _is_classification(family: Family, gap: _Gap, inquiry: Inquiry) -> bool:
    if len(family.pieces) < _CLASSIFICATION:
        return False
    left, right = gap.left.case, gap.right.case
    question = f"the conclusions of {_names([gap.left, gap.right])} can both hold"
    both = inquiry.all_of(left.then.true, right.then.true)
    return inquiry.possible(both, question, ()) is False


def _report(
    finding: str,
    headline: str,
    fix: str,
    pieces: Sequence[Piece],
    witness: Sequence[tuple[str, str]],
) -> Diagnostic:
    spans = [piece.case.rule.when.span for piece in pieces if piece.case.rule.when is not None]
    words = [f"rule `{piece.case.rule.name}`" for piece in pieces]
    return report(
        finding,
        headline,
        spans[0],
        words[0],
        also=list(zip(spans[1:], words[1:], strict=True)),
        fix=fix,
        witness=witness,
    )


def _find_between(pieces: Sequence[Piece], column: CoreColumn) -> Iterator[_Gap]:
    """Yield the recordable values that no case covers, with a case that ends on either side."""
    everything = covered(pieces).intersect(column.values)
    uncovered = column.values.minus(everything)
    for low, high in uncovered.intervals:
        assert low is not None
        assert high is not None
        below = everything.intersect(ValueSet.between(None, low - 1))
        above = everything.intersect(ValueSet.between(high + 1, None))
        if not below or not above:
            continue
        end, start = below.intervals[-1][1], above.intervals[0][0]
        assert end is not None
        assert start is not None
        left = next(each for each in pieces if end in each.values)
        right = next(each for each in pieces if start in each.values)
        if left is not right:
            yield _Gap(left, right, low, high, column)


def _top(piece: Piece) -> int | None:
    return piece.values.intervals[-1][1] if piece.values else None


def _bottom(piece: Piece) -> int:
    low = piece.values.intervals[0][0] if piece.values else None
    assert low is not None, "a column's values have a least one"
    return low


def _is_shared_end(shared: ValueSet, left: Piece, right: Piece) -> bool:
    """Return whether cases share one value only, which both were written to end with."""
    if len(shared) != 1:
        return False
    (point,) = shared
    ends = {_top(left), _bottom(right)}, {_top(right), _bottom(left)}
    return {point} in ends and point in left.written and point in right.written


def _has_places(places: int, *numbers: Fraction) -> bool:
    return all((number * 10**places).denominator == 1 for number in numbers)


def _suggest(gap: _Gap) -> str:
    """Return the two ways to close a gap; none where the ends are written in another unit."""
    if not {gap.low - 1, gap.high + 1} <= gap.left.written | gap.right.written:
        return ""
    name = gap.column.name
    above, below = (write_value(gap.column, end) for end in (gap.high + 1, gap.low - 1))
    upper, lower = f"`{name} < {above}` and `{name} >= {above}`", f"`{name} <= {below}`"
    return f": {upper}, or {lower} and `{name} > {below}`"


def _is_own(*pieces: Piece) -> bool:
    return any(piece.case.own for piece in pieces)


def _names(pieces: Sequence[Piece]) -> str:
    return list_names([f"rule `{piece.case.rule.name}`" for piece in pieces], "and")


def _at(values: ValueSet) -> str:
    return "= " if len(values) == 1 else "in "


def _write_set(values: ValueSet, column: CoreColumn) -> str:
    words: list[str] = []
    for low, high in values.intervals:
        assert low is not None
        assert high is not None
        ends = [write_value(column, end) for end in dict.fromkeys((low, high))]
        words.append("..".join(ends))
    if len(words) > _SHOWN:
        words = [*words[: _SHOWN - 1], f"{len(words) - _SHOWN + 1} more ranges"]
    return list_names(words, "and")


def _patient(
    rest: Formula,
    name: str,
    values: ValueSet,
    inquiry: Inquiry,
    *between: RuleCase,
) -> Sequence[tuple[str, str]]:
    """Return a patient at one of the values whom every other statement allows.

    Of the rules that they fall between, they obey the first if they can.
    """
    there = inquiry.all_of(rest, Membership(name, values))
    others = inquiry.hard - {case.index for case in between}
    obeying = [inquiry.all_of(there, case.then.true) for case in between[:1]]
    for wish in (*obeying, there):
        cells = inquiry.example(wish, others)
        if cells is not None:
            return inquiry.patient(cells)
    return ()
