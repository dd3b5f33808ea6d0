"""The prompts that two versions compile to."""

from __future__ import annotations

from difflib import unified_diff

from synllm.diff.model import PromptChange
from synllm.rowspace.field_order import order_fields
from synllm.rowspace.ready_space import ready_space
from synllm.rowspace.space import RowSpace
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.targets.prompt.content import write_content
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.row_format import RowFormat


def compare_prompts(old: Spec, new: Spec) -> tuple[PromptChange, ...]:
    """Return the prompt levels whose text changed; libraries have none."""
    if old.is_library or new.is_library:
        return ()
    formats = [RowFormat(spec, _order(spec)) for spec in (old, new)]
    changes = []
    for level in PromptLevel:
        before, after = (
            write_content(level, spec, rows) for spec, rows in zip((old, new), formats, strict=True)
        )
        if before != after:
            lines = unified_diff(
                before.splitlines(), after.splitlines(), "old", "new", lineterm="", n=1
            )
            changes.append(PromptChange(level.value, "\n".join(lines)))
    return tuple(changes)


def _order(spec: Spec) -> tuple[str, ...]:
    space = ready_space(spec, lower(spec))
    return space.fields if isinstance(space, RowSpace) else order_fields(spec).fields
