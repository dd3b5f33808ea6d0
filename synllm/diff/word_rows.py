"""Patient rows and the parts of a spec in words, for both versions' readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from synllm.diff.model import PatientRow
from synllm.language.words import write_example_word
from synllm.proof.comparison.common_columns import CommonColumn, Side
from synllm.proof.comparison.replay import read_row
from synllm.spec.cells import write_cell
from synllm.spec.core import StatementKind
from synllm.spec.evaluate import cell_belongs, column_value, evaluate_rule
from synllm.spec.model import Column, Spec
from synllm.spec.types import IdentifierType, NumberType
from synllm.spec.values import MISSING, NOT_APPLICABLE, UNDEFINED, Special, Value, Verdict

if TYPE_CHECKING:
    from synllm.proof.comparison.compare import Difference
    from synllm.proof.comparison.versions import Part

_MOST_DECIMALS = 12


def word_row(
    difference: Difference, specs: Mapping[Side, Spec], columns: Sequence[CommonColumn]
) -> PatientRow:
    """Return a difference as it is shown, its cells in the accepting version's words."""
    accepting, refusing = difference.accepting, difference.accepting.other
    accepted = read_row(difference.cells, columns, accepting)
    refused = read_row(difference.cells, columns, refusing)
    shown = {**{name: refused[name] for name in refused if name not in accepted}, **accepted}
    names = [column.name for column in columns if column.shared.name in difference.cells]
    whole = read_row(difference.completed, columns, accepting)
    return PatientRow(
        accepted_by=accepting,
        cells=tuple((name, _word_value(shown[name])) for name in dict.fromkeys(names)),
        text=_write_text({name: shown[name] for name in names}),
        refused_by=tuple(_why(part, refused, specs[refusing]) for part in difference.refused_by),
        example_ok=_write_ok(accepted, specs[accepting]),
        example_breaks=_write_breaks(difference.refused_by, refused, specs[refusing]),
        patient=_write_patient(whole, specs[accepting]),
    )


def word_part(part: Part, spec: Spec) -> str:
    """Return how a sentence calls a part of a spec."""
    kind, name = part
    match kind:
        case StatementKind.RULE:
            return f"rule `{name}`"
        case StatementKind.APPLICABILITY:
            return f"the condition of `{name}`"
        case StatementKind.MISSING_TOGETHER:
            return f"“{name}”"
        case _:
            number = isinstance(spec.by_name[name].type, NumberType)
            return f"the {'range' if number else 'values'} of `{name}`"


def write_number(value: Fraction) -> str:
    """Return an exact number with no more decimals than it needs."""
    for places in range(_MOST_DECIMALS + 1):
        if (value * 10**places).denominator == 1:
            return NumberType(places, None).written(value)
    return str(value)


def _word_value(value: Value) -> str:
    if isinstance(value, Special):
        return value.value
    return value if isinstance(value, str) else write_number(value)


def _why(part: Part, row: Mapping[str, Value], spec: Spec) -> str:
    """Return what refuses a row: a part, or that a cell may not be absent."""
    kind, name = part
    if kind == "cells" and row.get(name) is MISSING:
        return f"`{name}` may not be missing"
    if kind == "cells" and row.get(name) is NOT_APPLICABLE:
        return f"`{name}` applies to every patient"
    return word_part(part, spec)


def _write_text(row: Mapping[str, Value]) -> str:
    """Return the cells as they stand in an example, numbers without needless decimals."""
    if not row:
        return "any patient"
    cells = [
        f"{write_example_word(name)}: "
        + (write_example_word(value) if isinstance(value, str) else _word_value(value))
        for name, value in row.items()
    ]
    return f"{{ {', '.join(cells)} }}"


def _write_ok(row: Mapping[str, Value], spec: Spec) -> str | None:
    return f"example ok {_write_cells(row, spec)}" if row else None


def _write_breaks(refused_by: Sequence[Part], row: Mapping[str, Value], spec: Spec) -> str | None:
    """Return the cells as an example of the one rule that they break, if they can be one.

    The language's examples can hold only cells that their columns can, and what they leave out is
    read as missing.
    """
    if len(refused_by) != 1 or refused_by[0][0] is not StatementKind.RULE or not row:
        return None
    name = refused_by[0][1]
    if not all(cell_belongs(spec.by_name[column], value) for column, value in row.items()):
        return None
    rule = next(rule for rule in spec.rules if rule.name == name)
    known: dict[str, Value] = {column.name: MISSING for column in spec.columns}
    if evaluate_rule(rule, {**known, **row}, spec) is not Verdict.VIOLATED:
        return None
    return f"example breaks {name} {_write_cells(row, spec)}"


def _write_cells(row: Mapping[str, Value], spec: Spec) -> str:
    cells = [
        f"{write_example_word(name)}: {_write_value(spec.by_name[name], value)}"
        for name, value in row.items()
    ]
    return f"{{ {', '.join(cells)} }}"


def _write_value(column: Column, value: Value) -> str:
    if isinstance(value, Special):
        return value.value
    if isinstance(value, str):
        return write_example_word(value)
    assert isinstance(column.type, NumberType)
    return column.type.written(value)


def _write_patient(row: Mapping[str, Value], spec: Spec) -> tuple[tuple[str, str], ...]:
    """Return the row in the file's codes, derived columns computed."""
    shown: list[tuple[str, str]] = []
    for column in spec.columns:
        if not isinstance(column.type, IdentifierType):
            value = column_value(column, row, spec)
            shown.append((column.name, "" if value is UNDEFINED else write_cell(column, value)))
    return tuple(shown)
