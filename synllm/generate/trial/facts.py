"""What a model's folder says of it, before the model is loaded."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from synllm.generate.folder_limits import check_texts
from synllm.generate.hub import download_model, is_downloaded, read_remote_headers
from synllm.generate.model_folder import ModelFolder, find_model, is_on_hub, read_config, read_mark
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
    if name is None or not is_on_hub(name) or is_downloaded(name):
        return _describe(find_model(name))
    path = download_model(name, weights=False)
    check_texts(path)
    mark = replace(read_mark(read_config(path, name), name), name=name)
    return _describe(ModelFolder(path, mark, path.name, read_remote_headers(name)))


def _describe(folder: ModelFolder) -> ModelFacts:
    path, headers = folder.path, folder.headers
    config = read_config(path, folder.name)
    # Models that also see pictures keep what their language part is in a section of its own.
    inner = config.get("text_config")
    inner = inner if isinstance(inner, dict) else config
    lengths = ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length")
    return ModelFacts(
        name=folder.name,
        path=path,
        revision=folder.revision,
        kind=str(config.get("model_type", "unknown")),
        weights=sum(header.size for header in headers),
        size=sum(header.bytes for header in headers),
        stored=_commonest(headers),
        vocabulary=_whole(inner.get("vocab_size")),
        context_length=next(
            (found for key in lengths if (found := _whole(inner.get(key))) is not None), None
        ),
        trained=folder.mark.trained,
        reads_cards=folder.mark.reads_cards,
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
