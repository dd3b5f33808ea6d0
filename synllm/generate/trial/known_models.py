"""The models that are on this machine: the embedded one, and what the hub's cache holds."""

from __future__ import annotations

from dataclasses import dataclass

from synllm.generate.errors import say_missing_extra
from synllm.generate.model_folder import EMBEDDED_FOLDER, EMBEDDED_NAME


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that runs without a connection; `size` is the bytes of its files."""

    name: str
    size: int


def list_models() -> list[KnownModel]:
    """Return the embedded model, then downloaded ones with weights that are read, by name."""
    try:
        from huggingface_hub import scan_cache_dir
        from huggingface_hub.errors import CacheNotFound
    except ImportError as error:
        raise say_missing_extra("huggingface_hub") from error
    embedded = sum(file.stat().st_size for file in EMBEDDED_FOLDER.iterdir() if file.is_file())
    found = [KnownModel(EMBEDDED_NAME, embedded)]
    try:
        cache = scan_cache_dir()
    except CacheNotFound:
        return found
    downloaded = [
        KnownModel(repo.repo_id, repo.size_on_disk)
        for repo in cache.repos
        if repo.repo_type == "model"
        and any(
            file.file_name.endswith(".safetensors")
            for revision in repo.revisions
            for file in revision.files
        )
    ]
    return found + sorted(downloaded, key=lambda model: model.name.lower())
