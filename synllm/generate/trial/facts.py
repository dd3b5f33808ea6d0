"""What a model's folder says of it, before the model is loaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from synllm.generate.hub import (
    download_model,
    is_downloaded,
    is_hub_name,
    read_remote_headers,
)
from synllm.generate.model_folder import (
    EMBEDDED_NAME,
    Mark,
    ModelFolder,
    find_model,
    read_config,
    read_mark,
)
from synllm.generate.weight_files import WeightHeader

_TEMPLATES = ("chat_template.jinja", "chat_template.json")


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """A model as its folder describes it.

    `kind` is what transformers calls its architecture, `weights` their number, `size` the bytes
    that they take as stored, `stored` the number format of most. `context_length` counts tokens,
    None where no limit is stated. `has_template` is true where the folder says how a chat is
    written.
    """

    name: str
    path: Path
    revision: str
    kind: str
    weights: int
    size: int
    stored: str
    vocabulary: int | None
    context_length: int | None
    trained: bool
    reads_cards: bool
    has_template: bool
    license: str | None


def read_facts(name: str | None) -> ModelFacts:
    """Return what the folder of a model says; of a hub's model only the texts are downloaded.

    Raises ModelError where there is no such model, or its folder is not right.
    """
    if name in (None, EMBEDDED_NAME) or Path(name).expanduser().exists() or not is_hub_name(name):
        return _from_folder(find_model(name))
    if is_downloaded(name):
        return _from_folder(find_model(name))
    path = download_model(name, weights=False)
    mark = read_mark(read_config(path, name), name)
    return _describe(path, name, path.name, mark, read_remote_headers(name))


def _from_folder(folder: ModelFolder) -> ModelFacts:
    mark = Mark(folder.name, folder.trained, folder.reads_cards)
    return _describe(folder.path, folder.name, folder.revision, mark, folder.headers)


def _describe(
    path: Path,
    name: str,
    revision: str,
    mark: Mark,
    headers: Sequence[WeightHeader],
) -> ModelFacts:
    config = read_config(path, name)
    # Models that also see pictures keep what their language part is in a section of its own.
    inner = config.get("text_config")
    inner = inner if isinstance(inner, dict) else config
    lengths = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")
    return ModelFacts(
        name=name,
        path=path,
        revision=revision,
        kind=str(config.get("model_type", "unknown")),
        weights=sum(header.size for header in headers),
        size=sum(header.bytes for header in headers),
        stored=_commonest(headers),
        vocabulary=_whole(inner.get("vocab_size")),
        context_length=next(
            (found for key in lengths if (found := _whole(inner.get(key))) is not None), None
        ),
        trained=mark.trained,
        reads_cards=mark.reads_cards,
        has_template=_has_template(path),
        license=_find_license(path),
    )


def _commonest(headers: Sequence[WeightHeader]) -> str:
    counts: dict[str, int] = {}
    for header in headers:
        counts[header.stored] = counts.get(header.stored, 0) + header.size
    return max(counts, key=lambda form: counts[form])


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _has_template(path: Path) -> bool:
    if any((path / name).is_file() for name in _TEMPLATES):
        return True
    try:
        config = json.loads((path / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(config, dict) and bool(config.get("chat_template"))


def _find_license(path: Path) -> str | None:
    """Return the licence that the model card's head names."""
    try:
        lines = (path / "README.md").read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return None
    if not lines or lines[0].strip() != "---":
        return None
    for line in lines[1:]:
        if line.strip() == "---":
            return None
        key, _, value = line.partition(":")
        if key.strip() == "license" and value.strip():
            return value.strip().strip("\"'")
    return None
