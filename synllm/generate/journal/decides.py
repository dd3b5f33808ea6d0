"""All that the rows of a run depend on, by name, as texts that can be compared and read."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path

from synllm.generate.run_manifest import ModelRecord, hash_text
from synllm.generate.settings import RunSettings
from synllm.spec.model import Spec


def list_what_is_asked(
    spec_sha256: str, imports_sha256: Mapping[str, str], settings: RunSettings
) -> dict[str, str]:
    """Return what of it is known before anything is loaded: spec, libraries and settings."""
    return {
        "spec": spec_sha256,
        **{f"library {name}": each for name, each in imports_sha256.items()},
        **{
            name: str(value)
            for name, value in settings.model_dump(mode="json").items()
            if value is not None
        },
    }


def list_what_decides(
    spec: Spec,
    settings: RunSettings,
    model: ModelRecord,
    libraries: Sequence[str],
    prompt_sha256: str | None = None,
) -> dict[str, str]:
    """Return what decides a run's rows; `libraries` are those whose versions do."""
    from synllm import __version__

    imports = {Path(each.name).name: hash_text(each.text) for each in spec.imports}
    found = {"synllm": __version__}
    found |= list_what_is_asked(hash_text(spec.source.text), imports, settings)
    if prompt_sha256 is not None:
        found["prompt's text"] = prompt_sha256
    found |= {
        "model's name": model.name,
        "model's revision": model.revision,
        "model's device": model.device,
        "model's numbers": model.dtype,
        "machine": platform.machine(),
    }
    return found | {name: version(name) for name in libraries}
