"""gap-in-cases, overlap-in-cases, boundary-seam: rules that read as cases of one number column.

- gap-in-cases: unsatisfiable exactly when a case covers a value between the cases on either side.
- overlap-in-cases: unsatisfiable exactly when two cases whose conclusions can't both hold never
  meet: a value that both cover.
- boundary-seam: either of them at the single value that is written as the end of both cases.

Values are those on the column's recording grid: with one decimal, 89.1 to 89.9 lie between cases
written as 60..89 and 90 or more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.proof.claims import list_names, write_value
from synllm.proof.families import Family, Piece, covered, find_families
from synllm.proof.findings.told import Told
from synllm.proof.inquiry import Inquiry
from synllm.spec.core import CoreColumn, Membership, ValueSet

_CLASSIFICATION = 3
_SHOWN = 4


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
    everything = covered(family.pieces)
    for left, right in _neighbours(family.pieces):
        point = _single_gap(left, right, column)
        if point is None or point in everything or not _is_own(left, right):
            continue
        if point not in left.written or point not in right.written:
            continue
        told.pairs.add(frozenset((left.case.index, right.case.index)))
        value = write_value(column, point)
        yield _report(
            "boundary-seam",
            f"{_names([left, right])} leave out `{column.name}` = {value}: one ends below it, the "
            "other begins above",
            f"include {value} in one of the two",
            [left, right],
            _patient(family, ValueSet.between(point, point), inquiry),
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
        told.tell(pair)
        where = _write_set(shared, column)
        at_end = _is_shared_end(shared, left, right)
        yield _report(
            "boundary-seam" if at_end else "overlap-in-cases",
            f"{names} both apply at `{column.name}` {_at(shared)}{where}, where their conclusions "
            "can't both hold",
            f"let only one of the two {'include' if at_end else 'cover'} {where}",
            [left, right],
            _patient(family, shared, inquiry, pair),
        )


def _find_gaps(family: Family, inquiry: Inquiry, told: Told) -> Iterator[Diagnostic]:
    """Yield a finding for the gaps between the cases of a family, all together.

    Between two cases only a gap narrower than the numbers are written is a mistake for sure; three
    or more cases are read as a classification, which has none.
    """
    column = inquiry.core.by_name[family.column]
    if not all(piece.case.own for piece in family.pieces):
        return
    everything = covered(family.pieces)
    gaps: list[tuple[Piece, Piece, ValueSet]] = []
    for left, right in _neighbours(family.pieces):
        gap = _between(left, right, column).minus(everything)
        if not gap:
            continue
        point = _single_gap(left, right, column)
        if point is not None and frozenset((left.case.index, right.case.index)) in told.pairs:
            continue
        if len(family.pieces) >= _CLASSIFICATION or _is_rounding(left, right, column):
            gaps.append((left, right, gap))
    if not gaps:
        return
    missed = ValueSet.union_of([piece for _, _, gap in gaps for piece in gap.intervals])
    pieces = list(dict.fromkeys(each for left, right, _ in gaps for each in (left, right)))
    written = (
        "; their ends are written with fewer decimals than recorded"
        if all(_is_rounding(left, right, column) for left, right, _ in gaps)
        else ""
    )
    yield _report(
        "gap-in-cases",
        f"no case covers `{column.name}` {_at(missed)}{_write_set(missed, column)}: "
        f"{_names(pieces)} leave that out{written}",
        "let each case begin where the one below it ends, such as "
        + _suggest(*gaps[0][:2], column),
        pieces,
        _patient(family, gaps[0][2], inquiry),
    )


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


def _neighbours(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """Yield each case with the next one above it, by their least and greatest values."""
    for left in pieces:
        top = _top(left)
        above = [(_bottom(each), place) for place, each in enumerate(pieces) if each is not left]
        following = [(low, place) for low, place in above if top is not None and low > top]
        if following:
            yield left, pieces[min(following)[1]]


def _between(left: Piece, right: Piece, column: CoreColumn) -> ValueSet:
    """Return the recordable values between the top of one case and the bottom of another."""
    top = _top(left)
    assert top is not None
    return ValueSet.between(top + 1, _bottom(right) - 1).intersect(column.values)


def _top(piece: Piece) -> int | None:
    return piece.values.intervals[-1][1] if piece.values else None


def _bottom(piece: Piece) -> int:
    low = piece.values.intervals[0][0] if piece.values else None
    assert low is not None, "a column's values have a least one"
    return low


def _single_gap(left: Piece, right: Piece, column: CoreColumn) -> int | None:
    """Return the one recordable value between two cases, or None."""
    between = _between(left, right, column)
    return next(iter(between)) if len(between) == 1 else None


def _is_shared_end(shared: ValueSet, left: Piece, right: Piece) -> bool:
    """Return whether cases share one value only, which both were written to end with."""
    if len(shared) != 1:
        return False
    (point,) = shared
    ends = {_top(left), _bottom(right)}, {_top(right), _bottom(left)}
    return {point} in ends and point in left.written and point in right.written


def _is_rounding(left: Piece, right: Piece, column: CoreColumn) -> bool:
    """Return whether a gap is one step of the decimals that the two ends are written with."""
    unit = 10**column.decimals
    low, high = Fraction(_top(left) or 0, unit), Fraction(_bottom(right), unit)
    places = next(p for p in range(column.decimals + 1) if _has_places(p, low, high))
    return high - low == Fraction(1, 10**places)


def _has_places(places: int, *numbers: Fraction) -> bool:
    return all((number * 10**places).denominator == 1 for number in numbers)


def _suggest(left: Piece, right: Piece, column: CoreColumn) -> str:
    edge = write_value(column, _bottom(right))
    return f"`{column.name} < {edge}` and `{column.name} >= {edge}`"


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
    family: Family, values: ValueSet, inquiry: Inquiry, without: frozenset[int] = frozenset()
) -> Sequence[tuple[str, str]]:
    """Return a patient at one of the values whom everything but the given rules allows."""
    there = inquiry.all_of(family.rest, Membership(family.column, values))
    cells = inquiry.example(there, inquiry.hard - without)
    return () if cells is None else inquiry.patient(cells)
