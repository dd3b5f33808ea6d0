"""Column types: ranges on their recording grid, labels and codes without clashes, known units."""

from __future__ import annotations

from dataclasses import dataclass, replace

from synllm.diagnostics.diagnostic import report
from synllm.diagnostics.suggest import did_you_mean
from synllm.language.resolve.context import Context
from synllm.language.syntax import (
    AppliesModifier,
    CodeNode,
    Domain,
    MissingModifier,
    Quantity,
    TypeNode,
    Word,
)
from synllm.language.units import parse_unit, suggest_unit
from synllm.spec.cells import code_matches, parse_number
from synllm.spec.expressions import Interval
from synllm.spec.types import (
    EMPTY_CELL,
    CategoryType,
    Code,
    ColumnType,
    IdentifierType,
    MissingCode,
    NumberType,
)

MOST_DECIMALS = 12
_RESERVED_TYPES = ("date", "text")
_TYPE_WORDS = ("integer", "decimal", "yes/no", "one of", "ordered", "identifier")


@dataclass(frozen=True, slots=True)
class ResolvedType:
    """A column type with its labels' codes, and the name and description of a named type."""

    type: ColumnType
    codes: tuple[tuple[str, Code], ...] = ()
    name: str | None = None
    description: str = ""


def resolve_type(node: TypeNode, context: Context, *, derived: bool = False) -> ResolvedType | None:
    """Return the type that a column declares, or None where a mistake was reported."""
    match node.kind:
        case "identifier":
            return ResolvedType(IdentifierType())
        case "integer" | "decimal":
            return _number(node, context, derived)
        case "yes/no":
            codes = [Code("yes"), Code("no")]
            if node.codes:
                codes = [code_of(code) for code in node.codes]
            pairs = tuple(zip(("yes", "no"), codes, strict=True))
            if not _codes_differ(pairs, node, context):
                return None
            return ResolvedType(CategoryType(("yes", "no"), yes_no=True), pairs)
        case "category" | "ordered":
            return _category(node, context)
        case _:
            return _named(node, context, derived)


def code_of(node: CodeNode) -> Code:
    """Return a code as written: numbers match numerically, words and texts literally."""
    return Code(node.text, numeric=isinstance(node, Quantity))


def resolve_missing(
    modifier: MissingModifier,
    kind: ColumnType,
    codes: tuple[tuple[str, Code], ...],
    context: Context,
) -> tuple[MissingCode, ...]:
    """Return the codes of a missing cell, after checking that none is also a value's."""
    missing = tuple(
        MissingCode(code_of(code), reason.text if reason else None)
        for code, reason in modifier.codes
    )
    for (node, _), each in zip(modifier.codes, missing, strict=True):
        label = next((name for name, code in codes if _same(code, each.code)), None)
        value = parse_number(node.text)
        if label is not None or (
            isinstance(kind, NumberType) and value is not None and kind.contains(value)
        ):
            context.found.append(
                report(
                    "code-clash",
                    f"a cell `{node.text}` would be both missing and a value",
                    node.span,
                    f"also the code of `{label}`" if label else "also inside the range",
                    fix="give missing cells a code that no value has",
                )
            )
    empty = next((name for name, code in codes if code.text == ""), None)
    if empty is not None and not any(each.code.text == "" for each in missing):
        # Typed tables and JSON hold null for both.
        context.found.append(
            report(
                "code-clash",
                f"an empty cell would be both missing and `{empty}`",
                modifier.span,
                f"`{empty}` is coded as the empty cell",
                fix=f"give `{empty}` a code that is not empty",
            )
        )
    return missing or (MissingCode(EMPTY_CELL),)


def resolve_absent_code(modifier: AppliesModifier) -> Code:
    """Return the code of a cell to which the column does not apply."""
    return EMPTY_CELL if modifier.code is None else code_of(modifier.code)


def _number(node: TypeNode, context: Context, derived: bool) -> ResolvedType | None:
    decimals = _decimals(node, context)
    if decimals is None:
        return None
    if node.unit is not None and parse_unit(node.unit.text) is None:
        context.found.append(
            report(
                "unknown-unit",
                f"'{node.unit.text}' is not a unit that can be read",
                node.unit.span,
                "not a UCUM unit",
                fix=suggest_unit(node.unit.text),
            )
        )
        return None
    if node.domain is None and not derived:
        context.found.append(
            report(
                "range-required",
                "a number column needs a range or a list of values",
                node.span,
                "no range",
                fix="add the lowest and highest value that can be recorded: `in 18..90`",
            )
        )
        return None
    kind = NumberType(
        decimals,
        None,
        (),
        node.unit.text if node.unit else None,
        node.substance.text if node.substance else None,
    )
    if node.domain is not None:
        narrowed = _with_domain(kind, node.domain, context)
        if narrowed is None:
            return None
        kind = narrowed
    return ResolvedType(kind)


def _decimals(node: TypeNode, context: Context) -> int | None:
    if node.decimals is None:
        return 0
    value = node.decimals.value
    if value.denominator == 1 and 1 <= value <= MOST_DECIMALS:
        return int(value)
    context.found.append(
        report(
            "decimals-out-of-range",
            f"a number can't be recorded with {node.decimals.text} decimals",
            node.decimals.span,
            fix=f"write a whole number from 1 to {MOST_DECIMALS}; for 0 decimals write `integer`",
        )
    )
    return None


def _with_domain(kind: NumberType, domain: Domain, context: Context) -> NumberType | None:
    bounds = domain.listed or tuple(each for each in (domain.low, domain.high) if each is not None)
    fine = True
    for bound in bounds:
        if (bound.value * 10**kind.decimals).denominator != 1:
            fine = False
            context.found.append(
                report(
                    "off-grid",
                    f"{bound.text} can't be recorded with {_decimals_text(kind.decimals)}",
                    bound.span,
                    "finer than the column records",
                    fix="round it, or declare more decimals: `decimal(N)`",
                )
            )
    if not fine:
        return None
    if domain.listed:
        values = [each.value for each in domain.listed]
        for index, each in enumerate(domain.listed):
            if each.value in values[:index]:
                context.found.append(
                    report(
                        "duplicate-label",
                        f"{each.text} is listed twice",
                        each.span,
                        fix="remove one",
                    )
                )
                return None
        listed = tuple(sorted(values))
        return replace(kind, interval=Interval(listed[0], listed[-1]), listed=listed)
    assert domain.low is not None and domain.high is not None
    if domain.low.value > domain.high.value:
        context.found.append(
            report(
                "empty-range",
                f"no number lies between {domain.low.text} and {domain.high.text}",
                domain.span,
                "the lower end comes first",
                fix=f"write `in {domain.high.text}..{domain.low.text}`",
            )
        )
        return None
    return replace(kind, interval=Interval(domain.low.value, domain.high.value), listed=())


def _decimals_text(decimals: int) -> str:
    if decimals == 0:
        return "no decimals"
    return "1 decimal" if decimals == 1 else f"{decimals} decimals"


def _category(node: TypeNode, context: Context) -> ResolvedType | None:
    labels: list[str] = []
    codes: list[tuple[str, Code]] = []
    for each in node.labels:
        if each.label.text in labels:
            context.found.append(
                report(
                    "duplicate-label",
                    f"`{each.label.text}` is listed twice",
                    each.label.span,
                    fix="remove one of the two",
                )
            )
            return None
        labels.append(each.label.text)
        codes.append((each.label.text, code_of(each.code or each.label)))
    if not _codes_differ(tuple(codes), node, context):
        return None
    return ResolvedType(CategoryType(tuple(labels), ordered=node.kind == "ordered"), tuple(codes))


def _codes_differ(codes: tuple[tuple[str, Code], ...], node: TypeNode, context: Context) -> bool:
    for index, (label, code) in enumerate(codes):
        for other, earlier in codes[:index]:
            if _same(code, earlier):
                context.found.append(
                    report(
                        "code-clash",
                        f"a cell `{code.text}` would be both `{other}` and `{label}`",
                        node.span,
                        "two values with one code",
                        fix="give each value a code of its own",
                    )
                )
                return False
    return True


def _same(left: Code, right: Code) -> bool:
    return code_matches(left, right.text) or code_matches(right, left.text)


def _named(node: TypeNode, context: Context, derived: bool) -> ResolvedType | None:
    assert node.name is not None
    name: Word = node.name
    if name.text not in context.types:
        if name.text in _RESERVED_TYPES:
            context.found.append(
                report(
                    "reserved-feature",
                    f"{name.text} columns are reserved for a later version of the language",
                    name.span,
                    fix="leave the column out: columns of a file that the spec doesn't name are "
                    "ignored",
                )
            )
        elif not context.unread & {name.text, "*"}:
            context.found.append(
                report(
                    "unknown-type",
                    f"there is no type `{name.text}`",
                    name.span,
                    "not a type",
                    fix=did_you_mean(name.text, [*context.types, *_TYPE_WORDS]),
                )
            )
        return None
    definition, description = context.types[name.text]
    if definition.kind == "named":
        context.found.append(
            report(
                "type-of-type",
                f"`{name.text}` is itself declared by another named type",
                name.span,
                also=[(definition.span, "declared here")],
                fix="declare it with integer, decimal, yes/no, one of or ordered",
            )
        )
        return None
    # A mistake inside the definition is reported once, where it stands.
    before = len(context.found)
    resolved = resolve_type(definition, context, derived=derived)
    del context.found[before:]
    if resolved is None:
        return None
    kind: ColumnType = resolved.type
    if node.domain is not None:
        if not isinstance(kind, NumberType):
            context.found.append(
                report(
                    "range-on-category",
                    f"`{name.text}` is no number, so a range can't narrow it",
                    node.domain.span,
                    fix="remove the range, or declare the column's own list: `one of {…}`",
                )
            )
            return None
        narrowed = _with_domain(kind, node.domain, context)
        if narrowed is None or not _is_narrower(narrowed, kind, node.domain, definition, context):
            return None
        kind = narrowed
    return ResolvedType(kind, resolved.codes, name.text, description)


def _is_narrower(
    narrowed: NumberType, kind: NumberType, domain: Domain, definition: TypeNode, context: Context
) -> bool:
    """Return whether every end or listed value of a column's domain belongs to its named type."""
    bounds = domain.listed or tuple(each for each in (domain.low, domain.high) if each is not None)
    listed = set(narrowed.listed) <= set(kind.listed) if kind.listed else True
    if listed and all(kind.contains(bound.value) for bound in bounds):
        return True
    context.found.append(
        report(
            "wider-than-type",
            f"{domain.span.text.removeprefix('in ')} reaches beyond the type's own values",
            domain.span,
            "wider than the type",
            also=[(definition.span, "the type is declared here")],
            fix="stay inside the type's range, or widen the type itself",
        )
    )
    return False
