"""Every spec of two versions, paired by name and compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synllm.diagnostics.diagnostic import Diagnostic, Severity
from synllm.diff.compare_specs import compare_specs
from synllm.diff.model import Change, Labels, Presence, SpecChange
from synllm.diff.trees import Tree
from synllm.proof.check import DEFAULT_BUDGET


@dataclass(frozen=True, slots=True)
class TreeChange:
    """What became of each spec, and the mistakes in those that could not be read."""

    specs: tuple[SpecChange, ...]
    mistakes: tuple[Diagnostic, ...]


def compare_trees(old: Tree, new: Tree, labels: Labels, budget: int = DEFAULT_BUDGET) -> TreeChange:
    """Return the changes of all specs of both versions; a spec with mistakes has none.

    Mistakes are listed once, those of the old version first.
    """
    before, after = old.names(), new.names()
    specs: list[SpecChange] = []
    mistakes: dict[Diagnostic, None] = {}
    for name in sorted({*before, *after}):
        sides = [tree.load(name) for tree, names in ((old, before), (new, after)) if name in names]
        for _, diagnostics in sides:
            errors = (each for each in diagnostics if each.severity is Severity.ERROR)
            mistakes.update(dict.fromkeys(errors))
        loaded = [spec for spec, _ in sides if spec is not None]
        if len(loaded) < len(sides):
            continue
        if len(loaded) == 2:
            specs.append(compare_specs(loaded[0], loaded[1], name, labels, budget))
        else:
            presence = Presence.REMOVED if name in before else Presence.ADDED
            specs.append(SpecChange(name, presence, Change.SAME))
    return TreeChange(tuple(specs), tuple(mistakes))


def failing(specs: Sequence[SpecChange], fail_on: str | None) -> bool:
    """Return whether a change is of the kind asked about: narrower, wider or any."""
    match fail_on:
        case "narrower":
            return any(spec.refuses_more for spec in specs)
        case "wider":
            return any(spec.accepts_more for spec in specs)
        case "any":
            return any(not spec.is_unchanged for spec in specs)
        case _:
            return False
