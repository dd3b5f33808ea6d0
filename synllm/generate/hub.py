"""Models of the Hugging Face hub: what is fetched of them, and what can stand in the way."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synllm.generate.errors import ModelError, first_line, say_missing_extra
from synllm.generate.weight_files import WeightHeader, format_name

_NAME = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_TEXTS = ("*.json", "*.txt", "*.jinja", "*.model", "README.md")
_WEIGHTS = ("model.safetensors", "model-*.safetensors")


def is_hub_name(name: str) -> bool:
    """Whether a name can be that of a hub's model, and doesn't look like a path."""
    looks_local = name.startswith((".", "~", "/")) or "\\" in name or name.endswith(os.sep)
    return not looks_local and _NAME.fullmatch(name) is not None


def is_downloaded(name: str) -> bool:
    """Whether weights of a hub's model are on this machine."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError as error:
        raise say_missing_extra("huggingface_hub") from error
    files = ("model.safetensors", "model.safetensors.index.json")
    return any(isinstance(try_to_load_from_cache(name, file), str) for file in files)


def download_model(name: str, *, weights: bool = True) -> Path:
    """Return the local folder of a Hugging Face model, downloading what is not there yet.

    Only configuration, tokenizer and safetensors files are fetched, never code or pickles, and
    without `weights` no safetensors either. A model downloaded earlier is found without a
    connection.
    """
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise say_missing_extra("huggingface_hub") from error
    wanted = [*_TEXTS, *(_WEIGHTS if weights else ())]
    with _explain_hub(name):
        return Path(snapshot_download(name, allow_patterns=wanted))


def read_remote_headers(name: str) -> tuple[WeightHeader, ...]:
    """Return the headers of a hub's weights, without fetching the weights."""
    try:
        from huggingface_hub import HfApi
    except ImportError as error:
        raise say_missing_extra("huggingface_hub") from error
    with _explain_hub(name):
        found = HfApi().get_safetensors_metadata(name)
    return tuple(
        WeightHeader(weight, tuple(each.shape), format_name(each.dtype))
        for file in found.files_metadata.values()
        for weight, each in file.tensors.items()
    )


@contextmanager
def _explain_hub(name: str) -> Iterator[None]:
    """Turn what can go wrong between this machine and a hub into a ModelError."""
    from huggingface_hub import errors as hub

    offline_fix = (
        "Check the connection, download the model once beforehand and give its folder, "
        "or leave --model out to use the embedded model."
    )
    try:
        yield
    except hub.NotASafetensorsRepoError as error:
        raise ModelError(
            "The model has no weights in safetensors",
            where=name,
            fix="Use a copy of the model saved as safetensors (save_pretrained writes it).",
        ) from error
    except hub.GatedRepoError as error:
        raise ModelError(
            "The model's owner asks for an agreement before it can be downloaded",
            where=name,
            fix="Accept the terms on the model's page and sign in with: hf auth login",
        ) from error
    except (hub.RepositoryNotFoundError, hub.RevisionNotFoundError, hub.HFValidationError) as error:
        raise ModelError(
            "There is no local folder and no public Hugging Face model of this name",
            where=name,
            fix="Check the spelling (owner/model), or sign in if it is private: hf auth login",
        ) from error
    except OSError as error:
        if error.errno == 28:
            raise ModelError(
                "There is no space left on the disk for the model",
                where=name,
                fix="Free some space, or set HF_HOME to a folder on a larger disk.",
            ) from error
        raise ModelError(
            "The model is not on this machine and the Hugging Face hub can't be reached",
            where=name,
            fix=offline_fix,
        ) from error
    except Exception as error:
        raise ModelError(
            f"The model could not be downloaded: {first_line(error)}", where=name, fix=offline_fix
        ) from error
