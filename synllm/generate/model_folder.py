"""Find a model's folder and say what is wrong with it, before anything large is loaded."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from synllm.diagnostics.suggest import suggest
from synllm.generate.errors import ModelError, first_line
from synllm.generate.folder_limits import check_layers, check_texts
from synllm.generate.hub import download_model, is_hub_name
from synllm.generate.weight_files import WeightHeader, read_headers

EMBEDDED_NAME, SAMPLER_NAME = "embedded", "sampler"
"""What `--model` calls the model that comes with synllm, and the rows without one."""
EMBEDDED_FOLDER = Path(__file__).parent / "embedded" / "model"

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer.model",
    "spiece.model",
    "vocab.json",
    "tekken.json",
)
_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt")
_WEIGHTS_INDEX = "model.safetensors.index.json"
CARD = "card"
"""The prompt of models that are trained to read cards; config.json names it (`synllm.prompt`)."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a model's config.json tells synllm: its name, whether it is trained, what it reads.

    `trained` is false only where the folder says so itself. `reads_cards` is true for a model that
    is told a spec's card.
    """

    name: str
    trained: bool
    reads_cards: bool

    def as_dict(self) -> dict[str, object]:
        """Return the mark as config.json has it."""
        asked = {"prompt": CARD} if self.reads_cards else {}
        return {"name": self.name, "trained": self.trained, **asked}


@dataclass(frozen=True, slots=True)
class ModelFolder:
    """A folder that holds a loadable model.

    `revision` identifies the weights: the commit of a downloaded model, else `sha256:` and the hash
    of the weight files. `headers` describe the weights, which are not read here.
    """

    path: Path
    mark: Mark
    revision: str
    headers: tuple[WeightHeader, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """What to call the model."""
        return self.mark.name


def find_model(name: str | None) -> ModelFolder:
    """Return the checked folder of the embedded model, of a local path or of a Hugging Face id.

    Raises ModelError when there is no such model, or when its folder lacks a part or is damaged.
    """
    if name is None or name == EMBEDDED_NAME:
        return check_folder(EMBEDDED_FOLDER, shown=None, revision=None)
    if is_on_hub(name):
        downloaded = download_model(name)
        return check_folder(downloaded, shown=name, revision=downloaded.name)
    return check_folder(Path(name).expanduser(), shown=name, revision=None)


def is_on_hub(name: str) -> bool:
    """Whether a name is that of a hub's model, and not the embedded one's or a local folder's.

    Raises ModelError for a name that is neither.
    """
    path = Path(name).expanduser()
    if name == EMBEDDED_NAME or path.is_dir():
        return False
    if path.exists():
        raise ModelError(
            "The model must be a folder, and this is a file",
            where=name,
            fix="Give the folder that holds config.json, the tokenizer and the weights.",
        )
    if name == SAMPLER_NAME:
        raise ModelError(
            "The sampler is no language model: there is nothing to load",
            where=name,
            fix="Use it with `synllm run --model sampler`, or name a model.",
        )
    if "/" not in name and suggest(name, [EMBEDDED_NAME]):
        raise ModelError(
            f"There is no model of this name; did you mean `{EMBEDDED_NAME}`?",
            where=name,
            fix=f"Write {EMBEDDED_NAME}, or owner/model for a model on the Hugging Face hub.",
        )
    if not is_hub_name(name):
        raise ModelError(
            "There is no such model folder",
            where=name,
            fix="Check the path, or leave --model out to use the embedded model.",
        )
    return True


def check_folder(path: Path, *, shown: str | None, revision: str | None) -> ModelFolder:
    """Return the folder's description; raise ModelError naming the first part that is not right."""
    where = shown or str(path)
    check_texts(path)
    config = read_config(path, where)
    if not any((path / file).is_file() for file in _TOKENIZER_FILES):
        raise ModelError(
            "The model folder has no tokenizer",
            where=where,
            fix="Copy the model's tokenizer.json and tokenizer_config.json into the folder.",
        )
    weights = _list_weights(path, where)
    headers = read_headers(weights, where)
    check_layers(config, len(headers), where)
    mark = read_mark(config, where)
    return ModelFolder(
        path=path,
        mark=replace(mark, name=shown or mark.name or path.name),
        revision=revision or f"sha256:{hash_files(weights)}",
        headers=headers,
    )


def read_mark(config: Mapping[str, object], where: str) -> Mark:
    """Return what a config.json tells synllm; `where` names the model."""
    mark = config.get("synllm")
    mark = mark if isinstance(mark, dict) else {}
    asked = mark.get("prompt")
    if asked not in (None, CARD):
        raise ModelError(
            f"The model was trained to read a prompt that this version doesn't write: {asked}",
            where=where,
            fix="Use the version of synllm that the model was made for, or another model.",
        )
    return Mark(
        name=str(mark.get("name", "")),
        trained=mark.get("trained", True) is not False,
        reads_cards=asked == CARD,
    )


def hash_files(files: tuple[Path, ...]) -> str:
    """Return the SHA-256 of one file, or of the listing of names and hashes of several."""
    digests = []
    for file in files:
        with file.open("rb") as stream:
            digests.append(hashlib.file_digest(stream, "sha256").hexdigest())
    if len(digests) == 1:
        return digests[0]
    listing = "".join(f"{d}  {f.name}\n" for d, f in zip(digests, files, strict=True))
    return hashlib.sha256(listing.encode()).hexdigest()


def read_config(path: Path, where: str) -> dict[str, object]:
    """Return what a folder's config.json says; raise ModelError where it can't be read."""
    file = path / "config.json"
    if not file.is_file():
        raise ModelError(
            "The model folder has no config.json",
            where=where,
            fix="Give the folder that holds config.json, the tokenizer and the weights.",
        )
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, OSError, RecursionError) as error:
        raise ModelError(
            f"The model's config.json can't be read: {first_line(error)}",
            where=str(file),
            fix="Copy the file again from where the model came from.",
        ) from error
    if not isinstance(config, dict):
        raise ModelError(
            "The model's config.json does not describe a model",
            where=str(file),
            fix="Copy the file again from where the model came from.",
        )
    return config


def _list_weights(path: Path, where: str) -> tuple[Path, ...]:
    index = path / _WEIGHTS_INDEX
    if (path / "model.safetensors").is_file():
        return (path / "model.safetensors",)
    if index.is_file():
        return _list_shards(index)
    if any(file.suffix in _PICKLE_SUFFIXES for file in path.iterdir()):
        raise ModelError(
            "The model's weights are pickle files, which can run code when they are opened",
            where=where,
            fix="Use a copy of the model saved as safetensors (save_pretrained writes it).",
        )
    raise ModelError(
        "The model folder has no weights",
        where=where,
        fix="Add model.safetensors to the folder, or choose another model.",
    )


def _list_shards(index: Path) -> tuple[Path, ...]:
    try:
        names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError, OSError, RecursionError) as error:
        raise ModelError(
            "The list of the model's weight files can't be read",
            where=str(index),
            fix="Copy the file again from where the model came from.",
        ) from error
    for name in names:
        # A name with folders in it would read, and hash, files from elsewhere on this machine.
        if not isinstance(name, str) or Path(name).name != name or "\\" in name:
            raise ModelError(
                f"The list of the model's weight files names a file outside its folder: {name}",
                where=str(index),
                fix="Don't use this folder: get the model from where it is published.",
            )
    shards = tuple(index.parent / name for name in names)
    missing = [shard.name for shard in shards if not shard.is_file()]
    if missing or not shards:
        raise ModelError(
            f"The model folder lacks {len(missing)} of its {len(shards)} weight files",
            where=str(index.parent / missing[0]) if missing else str(index),
            fix="Copy the missing files from where the model came from.",
        )
    return shards
