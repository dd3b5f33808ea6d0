"""What the resolution of one file knows and collects."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from synllm.diagnostics.diagnostic import Diagnostic, report
from synllm.diagnostics.suggest import did_you_mean
from synllm.language.syntax import Quantity, TypeNode, Word
from synllm.spec.model import Column
from synllm.spec.types import CategoryType, IdentifierType


@dataclass(slots=True)
class Context:
    """The names in scope, and the findings so far (the one thing here that changes)."""

    columns: dict[str, Column] = field(default_factory=dict)
    types: dict[str, tuple[TypeNode, str]] = field(default_factory=dict)
    """Named types with their descriptions."""
    molar_masses: dict[str, Fraction] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    is_library: bool = False
    found: list[Diagnostic] = field(default_factory=list)

    def column(self, word: Word) -> Column | None:
        """Return the column that a word names, or report that there is none."""
        column = self.columns.get(word.text)
        if column is None:
            self.report_unknown_column(word)
        return column

    def usable_column(self, word: Word) -> Column | None:
        """Return a column that conditions and statistics may speak of: any but an identifier."""
        column = self.column(word)
        if column is not None and isinstance(column.type, IdentifierType):
            self.found.append(
                report(
                    "identifier-in-rule",
                    f"`{word.text}` is an identifier, which says nothing about a patient",
                    word.span,
                    "an identifier",
                    also=[(column.span, "declared here")],
                    fix="use a column that describes the patient, or give it a number type",
                )
            )
            return None
        return column

    def report_unknown_column(self, word: Word) -> None:
        """Report a name that no column has, unless its declaration could not be read."""
        if self.unread & {word.text, "*"}:
            return
        if word.text in ("missing", "null", "NULL", "NA"):
            fix: str | None = "test for a missing value with `COLUMN is missing`"
        else:
            fix = did_you_mean(word.text, [*self.columns, *sorted(self.unread)])
        if self.is_library and not self.columns:
            fix = "add the table, or for a library the types that its rules speak about"
        here = "this file has no table, so there is no column" if self.is_library else ""
        self.found.append(
            report(
                "unknown-column",
                f"{here or 'the table has no column'} `{word.text}`",
                word.span,
                "not a column",
                fix=fix,
            )
        )

    def report_unknown_label(self, node: Word | Quantity, column: Column) -> None:
        """Report a value that a category column can't hold."""
        assert isinstance(column.type, CategoryType)
        coded = next((label for label, code in column.codes if code.text == node.text), None)
        headline = f"`{column.name}` is never `{node.text}`"
        fix = did_you_mean(node.text, column.type.labels)
        if coded is not None:
            headline = f"`{node.text}` is how the file writes `{coded}`; a spec says `{coded}`"
            fix = f"write `{coded}`"
        elif node.text in self.columns and node.text != column.name:
            fix = f"`{node.text}` is a column; columns are compared with `=`"
        elif node.text.casefold() in ("null", "na", "none", "nan"):
            fix = f"test for a missing value with `{column.name} is missing`"
        self.found.append(
            report(
                "unknown-label",
                headline,
                node.span,
                f"not a value of `{column.name}`",
                also=[(column.type_span, "its values are declared here")],
                fix=fix,
            )
        )
