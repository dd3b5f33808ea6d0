"""The prompts that two versions compile to."""

from __future__ import annotations

from difflib import unified_diff

from synllm.diff.model import PromptChange
from synllm.rowspace.field_order import order_fields
from synllm.spec.model import Spec
from synllm.targets.prompt.content import write_content
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.row_format import RowFormat


def compare_prompts(old: Spec, new: Spec) -> tuple[PromptChange, ...]:
    """Return the prompt levels whose text changed; libraries have none."""
    if old.is_library or new.is_library:
        return ()
    changes = []
    for level in PromptLevel:
        before, after = (_write(spec, level) for spec in (old, new))
        if before != after:
            lines = unified_diff(
                before.splitlines(), after.splitlines(), "old", "new", lineterm="", n=1
            )
            changes.append(PromptChange(level.value, "\n".join(lines)))
    return tuple(changes)


def _write(spec: Spec, level: PromptLevel) -> str:
    return write_content(level, spec, RowFormat(spec, order_fields(spec).fields))
