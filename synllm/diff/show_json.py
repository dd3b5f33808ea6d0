"""What changed between two versions, as JSON for programs."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, TypeAdapter

from synllm.diagnostics.json_text import write_json
from synllm.diff.compare_trees import failing
from synllm.diff.model import Labels, SpecChange


class Report(BaseModel):
    """Every spec of both versions; the fields are those of `synllm.diff.model`.

    `refuses_more` and `accepts_more` are what `--fail-on narrower` and `--fail-on wider` look at.
    """

    model_config = ConfigDict(frozen=True)

    old: str
    new: str
    refuses_more: bool
    accepts_more: bool
    changed: bool
    specs: tuple[SpecChange, ...]


def render_json(specs: Sequence[SpecChange], labels: Labels) -> str:
    """Return the report as indented JSON, its keys in a fixed order, safe to print."""
    report = Report(
        old=labels.old,
        new=labels.new,
        refuses_more=failing(specs, "narrower"),
        accepts_more=failing(specs, "wider"),
        changed=failing(specs, "any"),
        specs=tuple(specs),
    )
    return write_json(TypeAdapter(Report).dump_python(report, mode="json"))
