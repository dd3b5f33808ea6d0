"""Who sees to it that generated rows obey each part of the spec: the guarantee table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from synllm.rowspace.domains import StatementKey
from synllm.rowspace.ready_space import NoSpace
from synllm.rowspace.space import RowSpace
from synllm.spec.core import CoreSpec, StatementKind
from synllm.spec.model import Column, Rule, Spec
from synllm.spec.types import CategoryType, IdentifierType, NumberType
from synllm.targets.markdown import markdown_table
from synllm.targets.regex import RowGrammar
from synllm.targets.wording import (
    word_absences,
    word_block,
    word_group,
    word_percent,
    word_range,
    word_shape,
    word_statistic,
    word_type,
    word_values,
)


class Enforcement(StrEnum):
    """How a part of the spec is seen to, strongest first."""

    COMPUTED = "computed"
    GRAMMAR = "enforced by the grammar"
    DECODING = "held while decoding"
    CHECKED = "checked after generation"
    PROMPT = "only asked in the prompt"


class Guarantee(BaseModel):
    """One part of the spec, how it is seen to, and why not by the grammar where it is not."""

    model_config = ConfigDict(frozen=True)

    subject: str
    part: str
    statement: str
    enforcement: Enforcement
    reason: str | None = None


class GuaranteeTable(BaseModel):
    """A guarantee for every type, range, code, statement and statistic of a spec."""

    model_config = ConfigDict(frozen=True)

    spec: str
    guarantees: tuple[Guarantee, ...]

    def count(self) -> dict[str, int]:
        """Return how many parts are seen to in each way."""
        found = Counter(guarantee.enforcement for guarantee in self.guarantees)
        return {way.value: found[way] for way in Enforcement}

    def render_markdown(self) -> str:
        """Return the table as Markdown, with the counts above it."""
        counts = [f"- {number} {way}" for way, number in self.count().items()]
        rows = [
            [each.subject, each.part, each.statement, each.enforcement.value, each.reason or ""]
            for each in self.guarantees
        ]
        header = ["column or rule", "part", "says", "is", "because"]
        lines = [
            f"# What is guaranteed of rows generated from `{self.spec}`",
            "",
            "What the grammar can't hold, the decoder holds while a row is written: it knows",
            "which cells still lead to a valid row. A row that breaks a checked statement is",
            "written anew, and with `--engine outlines` one that breaks what is held while",
            "decoding, too. So every delivered row obeys all parts but those only asked for.",
            "",
            *counts,
            "",
            *markdown_table(header, rows),
            "",
        ]
        return "\n".join(lines)


_APART = "it ties columns together that the grammar writes independently of each other"
_ONE_ROW = "it is about the whole table, and the grammar sees one row at a time"
_SOFT = "single rows may break it; validation reports its support"


def list_guarantees(
    spec: Spec, core: CoreSpec, grammar: RowGrammar, space: RowSpace | NoSpace
) -> GuaranteeTable:
    """Return the guarantee table of a spec whose rows are generated within the row space."""
    said = {(statement.kind, statement.name) for statement in core.statements}
    found = [
        guarantee for column in spec.columns for guarantee in _of_column(column, grammar, said)
    ]
    for group in spec.groups:
        key = StatementKind.MISSING_TOGETHER, group.name
        found.append(_stated(key, ", ".join(group.columns), word_group(group), grammar))
    found.extend(_of_rule(rule, grammar) for rule in spec.rules)
    found = [_with_decoder(each, space) for each in found]
    found.extend(_of_statistics(spec))
    return GuaranteeTable(spec=spec.name, guarantees=tuple(found))


def _with_decoder(guarantee: Guarantee, space: RowSpace | NoSpace) -> Guarantee:
    """Return a guarantee given the row space: what the grammar leaves out, the decoder holds.

    Without a row space it stays to be checked, and says why.
    """
    if guarantee.enforcement is not Enforcement.CHECKED:
        return guarantee
    if isinstance(space, RowSpace):
        return guarantee.model_copy(update={"enforcement": Enforcement.DECODING})
    reason = f"{guarantee.reason}, and the decoder can't hold it: {space.what}"
    return guarantee.model_copy(update={"reason": reason})


def _of_column(column: Column, grammar: RowGrammar, said: set[StatementKey]) -> Iterator[Guarantee]:
    def by_grammar(part: str, statement: str) -> Guarantee:
        return Guarantee(
            subject=column.name,
            part=part,
            statement=statement,
            enforcement=Enforcement.GRAMMAR,
        )

    def computed(part: str, statement: str) -> Guarantee:
        return Guarantee(
            subject=column.name,
            part=part,
            statement=statement,
            enforcement=Enforcement.COMPUTED,
        )

    if column.derivation is not None:
        assert isinstance(column.type, NumberType)
        formula = f"{column.derivation.text} rounded {column.derivation.rounding}"
        yield computed("derived value", formula)
        key = StatementKind.DERIVED_RANGE, column.name
        if key in said:
            in_range = word_range(column.type) or "can be computed on every row"
            yield _stated(key, column.name, in_range, grammar)
        return
    match column.type:
        case IdentifierType():
            yield computed("key", "1, 2, 3, … in the order of the rows")
            return
        case NumberType() as kind:
            yield by_grammar("type", word_type(kind))
            yield by_grammar("listed values" if kind.listed else "range", word_range(kind))
        case CategoryType():
            yield by_grammar("codes", word_values(column))
    if column.missing_codes:
        missing = [phrase for phrase in word_absences(column) if " where missing" in phrase]
        yield by_grammar("missing codes", "; ".join(missing))
    else:
        yield by_grammar("never missing", "the cell holds a value")
    if column.applies_when is not None:
        key = StatementKind.APPLICABILITY, column.name
        yield _stated(key, column.name, word_absences(column)[-1], grammar)


def _of_rule(rule: Rule, grammar: RowGrammar) -> Guarantee:
    text = rule.sentence or rule.text
    if rule.share is None:
        return _stated((StatementKind.RULE, rule.name), rule.name, text, grammar)
    return Guarantee(
        subject=rule.name,
        part="usually",
        statement=f"{text} (in at least {word_percent(rule.share)} of cases)",
        enforcement=Enforcement.PROMPT,
        reason=_SOFT,
    )


def _of_statistics(spec: Spec) -> Iterator[Guarantee]:
    for block in spec.statistics:
        phrases = [
            (
                ", ".join(each.columns),
                word_statistic(each, spec) + (f" where {each.where_text}" if each.where else ""),
            )
            for each in block.statistics
        ]
        phrases += [(hint.column, word_shape(hint)) for hint in block.shapes]
        for subject, phrase in phrases:
            yield Guarantee(
                subject=subject,
                part="statistic",
                statement=f"{phrase} ({word_block(block)})",
                enforcement=Enforcement.PROMPT,
                reason=_ONE_ROW,
            )


def _stated(key: StatementKey, subject: str, statement: str, grammar: RowGrammar) -> Guarantee:
    """Return the guarantee of a hard statement: by the grammar where it fits, else by checking."""
    enforced = key in grammar.enforced
    return Guarantee(
        subject=subject,
        part=key[0].value,
        statement=statement,
        enforcement=Enforcement.GRAMMAR if enforced else Enforcement.CHECKED,
        reason=None if enforced else grammar.weaker.get(key, _APART),
    )
