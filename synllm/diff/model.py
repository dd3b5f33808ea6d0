"""What changed between two versions of a spec, as values that every output form shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from synllm.proof.comparison.common_columns import Side


class Change(StrEnum):
    """How the patients that a spec, rule or column accepts have changed."""

    SAME = "same"
    NARROWER = "narrower"
    WIDER = "wider"
    DIFFERENT = "different"
    UNDECIDED = "undecided"

    @staticmethod
    def of(narrower: bool | None, wider: bool | None) -> Change:
        """Return the change from its two directions; None is a direction that stayed open."""
        if narrower and wider:
            return Change.DIFFERENT
        if narrower is None or wider is None:
            return Change.UNDECIDED
        if narrower:
            return Change.NARROWER
        return Change.WIDER if wider else Change.SAME


class Presence(StrEnum):
    """Which of the versions has a thing."""

    ADDED = "added"
    REMOVED = "removed"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class PatientRow:
    """A few cells of a patient that one version accepts and the other one refuses.

    `cells` are (column, value) pairs in the words of the accepting version, `text` is all of them
    as an example holds them. `refused_by` says what refuses them, whatever the rest of the row
    holds: each of them a part of the other version. `example_ok` and `example_breaks`
    are the cells as statements of the accepting and of the refusing version, where they have one;
    `patient` is one whole row with these cells, in the accepting version's file codes.
    """

    accepted_by: Side
    cells: tuple[tuple[str, str], ...]
    text: str
    refused_by: tuple[str, ...]
    example_ok: str | None
    example_breaks: str | None
    patient: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Direction:
    """The rows that one version accepts and the other refuses: are there any, and which?

    `found` is None where the question stayed open. `affects_patients` is whether the row is one
    that the whole of the accepting version accepts; otherwise other rules refuse it in both.
    """

    found: bool | None
    row: PatientRow | None = None
    affects_patients: bool | None = True


NOTHING = Direction(False, affects_patients=False)


@dataclass(frozen=True, slots=True)
class Detail:
    """One thing said differently: what it is, and how each version says it.

    None where that version lacks the rule, column or example that the thing is said of.
    """

    what: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class PartChange:
    """A rule, a column or another statement that changed, came or went.

    `refused` are rows that the new version refuses and the old one accepts, `admitted` the other
    way round. `reworded` is a text that changed without changing its meaning. `note` says what
    needs saying in a sentence.
    """

    kind: str
    name: str
    old_name: str | None
    presence: Presence
    change: Change
    refused: Direction = NOTHING
    admitted: Direction = NOTHING
    details: tuple[Detail, ...] = ()
    reworded: bool = False
    soft: bool = False
    note: str | None = None

    @property
    def is_redundant(self) -> bool:
        """Whether it changed its meaning, but no patient is accepted or refused because of it."""
        directions = [each for each in (self.refused, self.admitted) if each.found]
        return bool(directions) and all(each.affects_patients is False for each in directions)


@dataclass(frozen=True, slots=True)
class StatisticChange:
    """A declared figure that was added, removed or changed."""

    figure: str
    presence: Presence
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class PromptChange:
    """A prompt level whose text changed, as a unified diff."""

    level: str
    difference: str


@dataclass(frozen=True, slots=True)
class SpecChange:
    """All that changed between two versions of one spec.

    `open_questions` are in words; where there are any, the spec is never called the same.
    """

    name: str
    presence: Presence
    change: Change
    refused: PatientRow | None = None
    admitted: PatientRow | None = None
    columns: tuple[PartChange, ...] = ()
    rules: tuple[PartChange, ...] = ()
    statistics: tuple[StatisticChange, ...] = ()
    texts: tuple[Detail, ...] = ()
    prompts: tuple[PromptChange, ...] = ()
    open_questions: tuple[str, ...] = ()

    @property
    def is_unchanged(self) -> bool:
        """Whether there is nothing at all to show."""
        kept = self.presence is Presence.KEPT and self.change is Change.SAME
        listed = (self.columns, self.rules, self.statistics, self.texts, self.prompts)
        return kept and not any(listed) and not self.open_questions

    @property
    def refuses_more(self) -> bool:
        """Whether the new version refuses patients that the old one accepts."""
        return self.refused is not None or self.change is Change.DIFFERENT

    @property
    def accepts_more(self) -> bool:
        """Whether the new version accepts patients that the old one refuses."""
        return self.admitted is not None or self.change is Change.DIFFERENT


@dataclass(frozen=True, slots=True)
class Labels:
    """How the two versions are called in sentences and in short."""

    old: str = "the old version"
    new: str = "the new version"

    def of(self, side: Side) -> str:
        """Return what a version is called."""
        return self.old if side is Side.OLD else self.new


def count_by_change(specs: Sequence[SpecChange]) -> dict[str, int]:
    """Return how many specs came out each way, those that are unchanged as `unchanged`."""
    counts: dict[str, int] = {}
    for spec in specs:
        key = "unchanged" if spec.is_unchanged else spec.presence.value
        if key == Presence.KEPT:
            key = spec.change.value
        counts[key] = counts.get(key, 0) + 1
    return counts
