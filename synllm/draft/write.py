"""A table's profile → the text of its first spec."""

from __future__ import annotations

from typing import assert_never

from synllm.draft.figures import write_figures
from synllm.draft.profile import (
    CategoryGuess,
    ColumnProfile,
    IdentifierGuess,
    LeftOut,
    NumberGuess,
    TableProfile,
    YesNoGuess,
    rows_of,
    shortest,
    written,
)
from synllm.draft.words import (
    code_word,
    comment,
    comment_out,
    table_word,
)
from synllm.language.words import name_word, quoted
from synllm.spec.types import EMPTY_CELL

INDENT = "  "
RARE = 10
_MANY = 100


def write_draft(profile: TableProfile, name: str) -> str:
    """Return the text of a first spec, not yet laid out: the profiled table's rows all obey it."""
    lines = [*_header(profile), "", "synspec 1", ""]
    lines.append(f'table {table_word(name)} "TODO: what is one row of this table?" {{')
    lines.append(f"{INDENT}source {quoted(profile.file)}")
    lines.extend(_target(profile))
    asked = True
    for column in profile.columns:
        statement = _column(column)
        # What is asked about a column is set off from its neighbours.
        if asked or len(statement) > 1:
            lines.append("")
        asked = len(statement) > 1 or isinstance(column.guess, LeftOut)
        lines.extend(statement)
    for group in profile.groups:
        lines.append("")
        lines.extend(_group(profile, group))
    lines.append("}")
    figures = [line for column in profile.columns for line in _figures(column)]
    if figures:
        lines.append("")
        source = quoted(f"measured on {profile.file}")
        lines.append(f"statistics from {source} n {profile.rows} {{")
        lines.extend(figures)
        lines.append("}")
    return "\n".join(lines) + "\n"


def _header(profile: TableProfile) -> list[str]:
    return [
        *comment(
            f"A first draft, made by `synllm new` from {profile.file}: {rows_of(profile.rows)}, "
            f"{len(profile.columns)} columns. Every row of that file obeys it."
        ),
        "#",
        *comment(
            "Next: fill in each TODO; answer each question in a comment (nothing that is asked was "
            "assumed); write a unit in single quotes after a range, as in: in 0..120 'mmol/L'."
        ),
        *comment(
            "Then add what you know about the patients as rules and see in how many rows they hold:"
        ),
        "#   synllm check SPEC",
        f"#   synllm validate SPEC {profile.file}",
        "#",
        *comment(
            "Before you share this file: ranges are the exact smallest and largest values observed "
            f"and codes seen in fewer than {RARE} rows are listed; both may disclose a patient. "
            "Widen the ranges to what can occur, and leave out or merge rare codes."
        ),
    ]


def _target(profile: TableProfile) -> list[str]:
    outcomes = [
        each.name
        for each in profile.columns
        if isinstance(each.guess, YesNoGuess) and not each.missing
    ]
    if not outcomes:
        return []
    return [
        *comment(
            "Is one of the columns the outcome to be predicted? For the last one, write:", INDENT
        ),
        *comment_out([f"target {name_word(outcomes[-1])}"]),
    ]


def _column(column: ColumnProfile) -> list[str]:
    """Return a column's statement after the comments that ask about it."""
    if isinstance(column.guess, LeftOut):
        name = quoted(column.name)
        return comment(f"{name} is left out: {column.guess.reason}.", INDENT)
    lines = [line for question in column.questions for line in comment(_sentence(question), INDENT)]
    lines.extend(_rare_codes(column))
    if column.doubt is not None:
        means = "it means" if len(column.doubt.missing) == len(column.missing) + 1 else "these mean"
        asked = f"{column.doubt_reason}. If {means} missing, write instead:"
        lines.extend(comment(asked, INDENT))
        lines.extend(comment_out(_statement(column.doubt)))
    unit = "  # TODO unit" if isinstance(column.guess, NumberGuess) else ""
    return [*lines, INDENT + "  ".join(_statement(column)) + unit]


def _statement(column: ColumnProfile) -> list[str]:
    """Return a column's name with its type, its description and, if need be, its missing codes."""
    parts = [f"{name_word(column.name)} : {_type(column)}", quoted(f"TODO: describe {column.name}")]
    return [*parts, _may_be_missing(column)] if column.missing else parts


def _type(column: ColumnProfile) -> str:
    match column.guess:
        case NumberGuess(decimals=decimals, values=values, listed=listed):
            kind = f"decimal({decimals})" if decimals else "integer"
            if listed:
                numbers = ", ".join(written(value, decimals) for value, _ in values)
                return f"{kind} in {{{numbers}}}"
            low, high = values[0][0], values[-1][0]
            return f"{kind} in {shortest(low, decimals)}..{shortest(high, decimals)}"
        case CategoryGuess(labels=labels):
            return "one of {" + ", ".join(name_word(label) for label, _ in labels) + "}"
        case YesNoGuess(yes=(yes, _), no=(no, _)):
            return f"yes/no coded {code_word(yes)}/{code_word(no)}"
        case IdentifierGuess():
            return "identifier"
        case LeftOut():
            raise AssertionError("a column that is left out has no type")
        case _:
            assert_never(column.guess)


def _may_be_missing(column: ColumnProfile) -> str:
    codes = [code for code, _ in column.missing]
    match codes:
        case [only] if only == EMPTY_CELL:
            return "may be missing"
        case [only]:
            return f"may be missing coded {code_word(only)}"
        case _:
            return "may be missing coded {" + ", ".join(map(code_word, codes)) + "}"


def _rare_codes(column: ColumnProfile) -> list[str]:
    if not isinstance(column.guess, CategoryGuess) or column.rows < _MANY:
        return []
    rare = [(label, rows) for label, rows in column.guess.labels if rows < RARE]
    if not rare:
        return []
    counted = ", ".join(f"{quoted(label)} in {rows_of(rows)}" for label, rows in rare)
    return comment(f"Rare, so it may disclose a patient: {counted}.", INDENT)


def _group(profile: TableProfile, group: tuple[str, ...]) -> list[str]:
    rows = next(each.missing_rows for each in profile.columns if each.name == group[0])
    names = ", ".join(map(name_word, group))
    return [
        *comment(
            f"In {rows_of(rows)} all of these are missing, in every other row none is.", INDENT
        ),
        f"{INDENT}{names} are missing together",
    ]


def _figures(column: ColumnProfile) -> list[str]:
    figures = write_figures(column)
    if not figures:
        return []
    line = f"{name_word(column.name)} {figures}"
    if column.doubt is None:
        return [INDENT + line]
    declared = {code for code, _ in column.missing}
    codes = [code_word(code) for code, _ in column.doubt.missing if code not in declared]
    means = "means" if len(codes) == 1 else "mean"
    return [
        *comment(f"If {', '.join(codes)} {means} missing, write instead:", INDENT),
        *comment_out([f"{name_word(column.name)} {write_figures(column.doubt)}"]),
        INDENT + line,
    ]


def _sentence(text: str) -> str:
    ended = text if text.endswith(("?", ".")) else text + "."
    return ended[0].upper() + ended[1:]
