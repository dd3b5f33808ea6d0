"""Sentences about what changed, the same in every output form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from synllm.diff.model import (
    Change,
    Detail,
    Direction,
    Labels,
    PartChange,
    PatientRow,
    Presence,
    SpecChange,
    StatisticChange,
    count_by_change,
)
from synllm.proof.comparison.common_columns import Side


def headline(spec: SpecChange) -> str:
    """Return a spec's name and what became of it, in one line."""
    return f"{spec.name}: {state_of(spec)}"


def state_of(spec: SpecChange) -> str:
    """Return what became of a spec, in a word or a few."""
    if spec.presence is not Presence.KEPT:
        return spec.presence.value
    if spec.change is Change.SAME:
        return "unchanged" if spec.is_unchanged else "same patients"
    return spec.change.value


def summary(spec: SpecChange, labels: Labels) -> Iterator[str]:
    """Yield what the change means for patients, a sentence each."""
    if spec.presence is not Presence.KEPT:
        only = labels.new if spec.presence is Presence.ADDED else labels.old
        yield f"only {only} has this spec"
        return
    if spec.refused is not None:
        yield _patients(spec.refused, labels)
    if spec.admitted is not None:
        yield _patients(spec.admitted, labels)
    if spec.change is Change.SAME:
        yield f"{labels.old} and {labels.new} accept the same patients"
    if spec.change is Change.DIFFERENT and spec.refused is None and spec.admitted is None:
        yield "patients can't be compared: see the columns below"
    for question in spec.open_questions:
        yield f"not worked out: {question}"


def name_part(part: PartChange) -> str:
    """Return how a line calls a rule, column or group."""
    if part.kind == "group":
        return part.name
    kind = "soft rule" if part.soft else part.kind
    before = "" if part.old_name is None else f", before `{part.old_name}`"
    return f"{kind} `{part.name}`{before}"


def state_of_part(part: PartChange) -> str:
    """Return what became of a rule, column or group, in a word or a few."""
    state = part.change.value
    if part.presence is not Presence.KEPT:
        same = part.change is Change.SAME
        state = part.presence.value if same else f"{part.presence.value}, {state}"
    return f"{state} (reworded)" if part.reworded else state


def word_direction(part: PartChange, labels: Labels) -> Iterator[str]:
    """Yield a sentence for each direction in which a part changed."""
    for side, direction in ((Side.NEW, part.refused), (Side.OLD, part.admitted)):
        if direction.found is None:
            yield f"not worked out: whether {labels.of(side)} refuses patients here"
        elif direction.found:
            yield _direction(part, side, direction, labels)


def details_between(
    old: Mapping[str, str] | None,
    new: Mapping[str, str] | None,
    unsaid: Mapping[str, str] | None = None,
) -> tuple[Detail, ...]:
    """Return the things that are said differently; None is a thing that a version lacks.

    What only one version says of a thing that both have is `unsaid` in the other, or "none".
    """
    if old is None or new is None:
        return tuple(Detail(what, said, None) for what, said in (old or {}).items()) + tuple(
            Detail(what, None, said) for what, said in (new or {}).items()
        )
    default = unsaid or {}
    both = [
        (what, *(side.get(what, default.get(what, "none")) for side in (old, new)))
        for what in dict.fromkeys([*old, *new])
    ]
    return tuple(Detail(*said) for said in both if said[1] != said[2])


def word_incomparable(columns: Iterable[str]) -> str:
    """Return why a statement on such columns can't be compared."""
    names = ", ".join(f"`{name}`" for name in sorted(columns))
    return f"the values of {names} can't be compared"


def word_detail(detail: Detail) -> str:
    """Return one thing said differently: what it was, and what it is."""
    if detail.old is None or detail.new is None:
        return f"{detail.what}: {detail.new or detail.old}"
    return f"{detail.what}: {detail.old} → {detail.new}"


def word_statistic(statistic: StatisticChange) -> str:
    """Return a figure with what it was and what it is."""
    match statistic.presence:
        case Presence.ADDED:
            return f"{statistic.figure}: added, {statistic.new}"
        case Presence.REMOVED:
            return f"{statistic.figure}: removed, was {statistic.old}"
        case Presence.KEPT:
            return f"{statistic.figure}: {statistic.old} → {statistic.new}"


def count_changes(specs: Sequence[SpecChange]) -> str:
    """Return in one line how many specs came out which way."""
    if not specs:
        return "there are no specs to compare"
    noun = "spec" if len(specs) == 1 else "specs"
    counts = count_by_change(specs)
    words = ", ".join(
        f"{number} {'with the same patients' if key == Change.SAME else key}"
        for key, number in counts.items()
    )
    return f"{len(specs)} {noun} compared: {words}"


def _patients(row: PatientRow, labels: Labels) -> str:
    accepting, refusing = labels.of(row.accepted_by), labels.of(row.accepted_by.other)
    by = _join(row.refused_by)
    return f"{refusing} refuses patients that {accepting} accepts: `{row.text}` ({by})"


def _direction(part: PartChange, refusing: Side, direction: Direction, labels: Labels) -> str:
    who, other = labels.of(refusing), labels.of(refusing.other)
    if direction.row is None:
        return f"{who} can't record values that {other} can, but no patient of {other} has them"
    cells = direction.row.text
    if part.soft and part.presence is Presence.KEPT:
        return f"counts against it in {who}, not in {other}: `{cells}`"
    if direction.affects_patients:
        return f"{who} refuses `{cells}`"
    only = "" if direction.affects_patients is False else "; perhaps no patient is affected"
    return f"it refuses `{cells}` in {who}, not in {other}{only}"


def _join(names: Sequence[str]) -> str:
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]} together"
