"""Whether a run may begin or go on, told before anything costly is done."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from synllm.generate.journal.decides import list_what_is_asked
from synllm.generate.journal.errors import JournalError
from synllm.generate.journal.journal import (
    count_kept,
    journal_folder,
    name_changes,
    read_finish,
    read_run,
)
from synllm.generate.run_manifest import RunManifest, hash_file, hash_text, manifest_path
from synllm.generate.settings import RunSettings
from synllm.spec.model import Spec


def check_beginning(output: Path, *, resume: bool, force: bool) -> None:
    """Raise JournalError where an output's unfinished run stands in the way, or is missing.

    A table that is in the way of a resumed run's own is one too.
    """
    was = read_run(output)
    if was is not None and not resume and not force:
        raise JournalError(
            f"{output} has an unfinished run of {count_kept(output):,} rows in "
            f"{journal_folder(output)}",
            "go on with it with --resume, or start anew with --force",
        )
    if was is None and resume:
        raise JournalError(
            f"there is no unfinished run of {output} to resume", "leave --resume out to start one"
        )
    if resume and not force and output.exists() and read_finish(output) != hash_file(output):
        raise JournalError(
            f"{output} exists already, and is not the table of the run to resume",
            "move it away, or write over it with --force",
        )


def compare_finished(manifest: RunManifest, spec: Spec, settings: RunSettings) -> tuple[str, ...]:
    """Return a line for each thing that a complete table's run was asked otherwise."""
    imports = {Path(each.name).name: hash_text(each.text) for each in spec.imports}
    was = list_what_is_asked(manifest.spec_sha256, manifest.imports_sha256, manifest.settings)
    now = list_what_is_asked(hash_text(spec.source.text), imports, settings)
    return name_changes(was, now)


def read_finished(output: Path) -> RunManifest | None:
    """Return the manifest of a table that is complete, or None where there is none."""
    if read_run(output) is not None or not output.exists():
        return None
    try:
        text = manifest_path(output).read_text(encoding="utf-8")
        manifest = RunManifest.model_validate_json(text)
    except (OSError, ValidationError):
        return None
    return manifest if manifest.complete and manifest.output == output.name else None
