"""The statements that a finding names, taken out of a spec one by one."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.source import Span
from synllm.spec.expressions import Interval, Is
from synllm.spec.model import Column, Spec
from synllm.spec.types import CategoryType, Code, IdentifierType, NumberType

FREE = "decided elsewhere"
FAR = Fraction(10**9)


@dataclass(frozen=True)
class Named:
    """A statement of a spec; a range, a condition and a group go by their column or name."""

    kind: Literal["rule", "condition", "group", "range"]
    name: str


def named_statements(finding: Diagnostic, spec: Spec) -> list[Named]:
    """The statements that stand where a finding points, in the order of its places."""
    labels = [] if finding.primary is None else [finding.primary]
    found = [_statement_at(label.span, spec) for label in (*labels, *finding.secondary)]
    return list(dict.fromkeys(each for each in found if each is not None))


def _statement_at(span: Span, spec: Spec) -> Named | None:
    for column in spec.columns:
        if column.applies_when is not None and column.applies_when.span == span:
            return Named("condition", column.name)
        if column.type_span == span:
            return Named("range", column.name)
    for group in spec.groups:
        if group.span == span:
            return Named("group", group.name)
    for rule in spec.rules:
        within = rule.span.start <= span.start and span.end <= rule.span.end
        if rule.span.source is span.source and within:
            return Named("rule", rule.name)
    return None


def without(spec: Spec, statement: Named) -> Spec:
    """The spec with one statement taken out: the range of a column gets as wide as can be."""
    match statement.kind:
        case "rule":
            rules = tuple(rule for rule in spec.rules if rule.name != statement.name)
            return replace(spec, rules=rules)
        case "group":
            groups = tuple(each for each in spec.groups if each.name != statement.name)
            return replace(spec, groups=groups)
        case "range":
            return _with_column(spec, _widened(spec.by_name[statement.name]))
        case "condition":
            free = Column(FREE, CategoryType(("no", "yes"), yes_no=True), codes=_codes("no", "yes"))
            column = replace(
                spec.by_name[statement.name], applies_when=Is(FREE, frozenset({"yes"}))
            )
            if FREE in spec.by_name:
                return _with_column(spec, column)
            return _with_column(replace(spec, columns=(free, *spec.columns)), column)


def with_only(spec: Spec, statements: Collection[Named]) -> Spec:
    """The spec with just these rules, conditions and groups; ranges of written columns stay."""
    everything = [
        *(Named("rule", rule.name) for rule in spec.rules),
        *(Named("group", group.name) for group in spec.groups),
        *(Named("condition", each.name) for each in spec.columns if each.applies_when is not None),
        *(Named("range", each.name) for each in spec.columns if each.derivation is not None),
    ]
    kept = spec
    for statement in everything:
        if statement not in statements:
            kept = without(kept, statement)
    return kept


def _widened(column: Column) -> Column:
    match column.type:
        case NumberType() as kind if column.derivation is not None:
            return replace(column, type=replace(kind, interval=None))
        case NumberType() as kind:
            return replace(column, type=replace(kind, interval=Interval(-FAR, FAR), listed=()))
        case CategoryType() as kind:
            wider = replace(kind, labels=(*kind.labels, FREE))
            return replace(column, type=wider, codes=(*column.codes, *_codes(FREE)))
        case IdentifierType():
            return column


def _codes(*labels: str) -> tuple[tuple[str, Code], ...]:
    return tuple((label, Code(label)) for label in labels)


def _with_column(spec: Spec, column: Column) -> Spec:
    columns = tuple(column if each.name == column.name else each for each in spec.columns)
    return replace(spec, columns=columns)
