"""Random pairs of small specs, and the truth about them found by listing every row."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from hypothesis import strategies as st

from synllm.diff.model import Change
from synllm.spec.evaluate import cell_belongs, row_is_valid
from synllm.spec.expressions import Interval
from synllm.spec.model import Column, Derivation, Rule, Spec
from synllm.spec.types import CategoryType, Code, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, Value
from tests.proof.small_specs import MISSING_CODES, all_rows, conditions, small_specs, terms


@st.composite
def spec_pairs(draw: st.DrawFn) -> tuple[Spec, Spec]:
    """A small spec and what one or two changes make of it, in either order."""
    first = draw(small_specs(rules=2))
    second = first
    for _ in range(draw(st.integers(1, 2))):
        second = draw(st.sampled_from(MUTATIONS))(draw, second)
    return (first, second) if draw(st.booleans()) else (second, first)


@dataclass(frozen=True)
class Judged:
    """A row, whether each version can record its cells, and whether it accepts it."""

    row: dict[str, Value]
    recorded: tuple[bool, bool]
    accepted: tuple[bool, bool]


def judge_rows(old: Spec, new: Spec) -> list[Judged]:
    """Every common row, judged by both versions."""
    judged = []
    for row in common_rows(old, new):
        recorded = _can_record(old, row), _can_record(new, row)
        accepted = (
            recorded[0] and row_is_valid(row, old),
            recorded[1] and row_is_valid(row, new),
        )
        judged.append(Judged(row, recorded, accepted))
    return judged


def true_change(judged: list[Judged]) -> Change:
    """How the accepted rows changed."""
    found = {each.accepted for each in judged}
    return Change.of((True, False) in found, (False, True) in found)


def common_rows(old: Spec, new: Spec) -> Iterator[dict[str, Value]]:
    """Every row with cells that a version which writes the column can record."""
    cells: dict[str, dict[Value, None]] = {}
    for spec in (old, new):
        for column in spec.generated_columns:
            alone = Spec("alone", "", (column,))
            found = (row[column.name] for row in all_rows(alone))
            cells.setdefault(column.name, {}).update(dict.fromkeys(found))
    for row in product(*cells.values()):
        yield dict(zip(cells, row, strict=True))


def parse_cells(cells: tuple[tuple[str, str], ...], *specs: Spec) -> dict[str, Value]:
    """The values of a shown row's cells."""
    absent = {MISSING.value: MISSING, NOT_APPLICABLE.value: NOT_APPLICABLE}
    numbers = {
        column.name
        for spec in specs
        for column in spec.columns
        if isinstance(column.type, NumberType)
    }
    return {
        name: absent.get(text) or (Fraction(text) if name in numbers else text)
        for name, text in cells
    }


def _can_record(spec: Spec, row: Mapping[str, Value]) -> bool:
    return all(cell_belongs(each, row[each.name]) for each in spec.generated_columns)


def _names(spec: Spec) -> list[str]:
    return [column.name for column in spec.columns if isinstance(column.type, NumberType)]


def _change_rule(draw: st.DrawFn, spec: Spec) -> Spec:
    if not spec.rules:
        return _add_rule(draw, spec)
    index = draw(st.integers(0, len(spec.rules) - 1))
    rule = spec.rules[index]
    if rule.when is not None and draw(st.booleans()):
        rule = replace(rule, when=draw(conditions(_names(spec), 1)))
    else:
        rule = replace(rule, then=draw(conditions(_names(spec), 1)))
    return replace(spec, rules=(*spec.rules[:index], rule, *spec.rules[index + 1 :]))


def _add_rule(draw: st.DrawFn, spec: Spec) -> Spec:
    rule = Rule("added", "", None, draw(conditions(_names(spec), 1)))
    others = tuple(each for each in spec.rules if each.name != "added")
    return replace(spec, rules=(*others, rule))


def _drop_rule(draw: st.DrawFn, spec: Spec) -> Spec:
    return replace(spec, rules=spec.rules[1:])


def _rename_rule(draw: st.DrawFn, spec: Spec) -> Spec:
    return replace(
        spec, rules=tuple(replace(rule, name=f"{rule.name}_again") for rule in spec.rules)
    )


def _soften(draw: st.DrawFn, spec: Spec) -> Spec:
    share = draw(st.sampled_from([None, Fraction(1, 2)]))
    return replace(
        spec, rules=(*(replace(rule, share=share) for rule in spec.rules[:1]), *spec.rules[1:])
    )


def _change_range(draw: st.DrawFn, spec: Spec) -> Spec:
    def change(column: Column) -> Column:
        kind = column.type
        assert isinstance(kind, NumberType)
        if column.derivation is not None or kind.interval is None:
            high = draw(st.sampled_from([Fraction(1), Fraction(5)]))
            return replace(column, type=replace(kind, interval=Interval(Fraction(0), high)))
        if kind.listed:
            kept = draw(st.sampled_from([kind.listed[1:], kind.listed[:-1], kind.listed]))
            return replace(column, type=replace(kind, listed=kept or kind.listed))
        low = draw(st.sampled_from([kind.interval.low, Fraction(0)]))
        high = draw(st.sampled_from([Fraction(1, 10), Fraction(1)]))
        decimals = draw(st.sampled_from([kind.decimals, 0, 1]))
        assert low is not None
        return replace(column, type=NumberType(decimals, Interval(min(low, high), high)))

    return _change_column(draw, spec, _names(spec), change)


def _change_labels(draw: st.DrawFn, spec: Spec) -> Spec:
    labels = draw(
        st.sampled_from(
            [
                ("low", "middle"),
                ("low", "middle", "high", "top"),
                ("none", "low", "middle", "high"),
                ("high", "middle", "low"),
            ]
        )
    )

    def change(column: Column) -> Column:
        codes = tuple((label, Code(label)) for label in labels)
        return replace(column, type=CategoryType(labels, ordered=True), codes=codes)

    return _change_column(draw, spec, ["c"], change)


def _change_missing(draw: st.DrawFn, spec: Spec) -> Spec:
    def change(column: Column) -> Column:
        return replace(column, missing_codes=() if column.may_be_missing else MISSING_CODES)

    names = [column.name for column in spec.generated_columns]
    return replace(_change_column(draw, spec, names, change), groups=())


def _change_applicability(draw: st.DrawFn, spec: Spec) -> Spec:
    names = [column.name for column in spec.generated_columns]

    def change(column: Column) -> Column:
        if column.applies_when is not None:
            return replace(column, applies_when=None)
        return replace(column, applies_when=draw(conditions(["a"], 0)))

    return _change_column(draw, spec, [name for name in names if name not in ("a", "c")], change)


def _change_formula(draw: st.DrawFn, spec: Spec) -> Spec:
    written = [column.name for column in spec.generated_columns if column.name != "c"]

    def change(column: Column) -> Column:
        return replace(column, derivation=Derivation(draw(terms(written, 1)), "half up"))

    computed = [column.name for column in spec.columns if column.derivation is not None]
    return _change_column(draw, spec, computed, change) if computed else _add_rule(draw, spec)


def _add_column(draw: st.DrawFn, spec: Spec) -> Spec:
    kind = NumberType(0, Interval(Fraction(0), Fraction(1)))
    if "extra" in spec.by_name:
        return spec
    wider = replace(spec, columns=(*spec.columns, Column("extra", kind)))
    return _add_rule(draw, wider) if draw(st.booleans()) else wider


def _change_column(draw, spec, names, change) -> Spec:  # type: ignore[no-untyped-def]
    name = draw(st.sampled_from(names))
    return replace(
        spec,
        columns=tuple(change(each) if each.name == name else each for each in spec.columns),
    )


MUTATIONS = [
    _change_rule,
    _change_rule,
    _add_rule,
    _drop_rule,
    _rename_rule,
    _soften,
    _change_range,
    _change_labels,
    _change_missing,
    _change_applicability,
    _change_formula,
    _add_column,
]
