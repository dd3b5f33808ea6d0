"""Puts the files that live beside the package inside the wheel."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHIPPED = {
    "grammar/synspec.lark": "synllm/grammar/synspec.lark",
    "specs": "synllm/specs",
    "docs/findings": "synllm/docs/findings",
}


class ShippedFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the grammar, the specs and the finding pages to a standard wheel.

    An editable install gets none: `synllm.resources` reads them from the checkout, so that no
    second copy goes stale.
    """

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Extends the wheel's file map with every shipped path."""
        if version != "standard":
            return
        for source, target in SHIPPED.items():
            build_data["force_include"][str(Path(self.root) / source)] = target
