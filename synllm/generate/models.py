"""Load the model that writes the rows: the embedded one, a local folder or a Hugging Face id."""

import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synllm.generate.errors import ModelError, OutOfMemoryError, first_line, say_missing_extra
from synllm.generate.folder_limits import check_room
from synllm.generate.model_folder import ModelFolder, find_model
from synllm.generate.token_bytes import TokenBytes, spell_tokens

if TYPE_CHECKING:
    import torch
    from outlines.models.transformers import Transformers

__all__ = ["LoadedModel", "ModelError", "load_model"]

DTYPES = ("auto", "float32", "bfloat16", "float16")


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model on its device, ready for Outlines.

    `name` is what to show, `revision` identifies the weights (a commit, or `sha256:` and a hash)
    and `trained` is false for a model that says it is untrained. `token_bytes` is what each token
    writes; `context_length` counts tokens, prompt and row together, None where there is no limit.
    `reads_cards` is true for a model that is told a spec's card, whatever the prompt level.
    """

    outlines: "Transformers"
    tokenizer: Any = field(repr=False)
    name: str
    revision: str
    trained: bool
    device: str
    dtype: str
    context_length: int | None
    token_bytes: TokenBytes = field(repr=False)
    reads_cards: bool = False

    @property
    def network(self) -> Any:
        """The transformers model behind the Outlines one."""
        return self.outlines.model


def load_model(
    name: str | None = None, *, device: str = "auto", dtype: str = "auto"
) -> LoadedModel:
    """Return the model called `name`: None or "embedded", a folder, or a Hugging Face id.

    Only safetensors weights are read and no code that comes with a model is run. `device` is auto,
    cpu, cuda, cuda:N or mps; `dtype` is auto (float32 on a CPU), float32, bfloat16 or float16.
    Raises ModelError, with one message, for anything that stands in the way.
    """
    if dtype not in DTYPES:
        raise ModelError(
            f"There is no number format {dtype!r}",
            where="--dtype",
            fix=f"Use one of {', '.join(DTYPES)}.",
        )
    try:
        import outlines
        import torch
        import transformers  # noqa: F401 - a missing package must be named here, not later
    except ImportError as error:
        raise say_missing_extra(error.name or "torch") from error
    chosen = _choose_device(device)
    number_format = _choose_dtype(dtype, chosen)
    folder = find_model(name)
    numbers = sum(header.size for header in folder.headers)
    check_room(numbers, getattr(torch, number_format), chosen, folder.name)
    with quiet_libraries(), explain_memory(folder.name, chosen):
        tokenizer = _load_tokenizer(folder)
        _drop_frame(tokenizer)
        network = _load_network(folder, getattr(torch, number_format), chosen)
        _settle_tokens(network, tokenizer, folder)
        model = outlines.from_transformers(network, tokenizer)
    # Prompts arrive as finished text: wrapping them in the chat format again would change them.
    model.type_adapter.has_chat_template = False  # type: ignore[attr-defined]
    size = network.config.get_text_config().vocab_size
    return LoadedModel(
        outlines=model,
        tokenizer=tokenizer,
        name=folder.name,
        revision=folder.revision,
        trained=folder.mark.trained,
        device=str(chosen),
        dtype=number_format,
        context_length=_find_context_length(network, tokenizer),
        token_bytes=spell_tokens(tokenizer, name=folder.name, size=size),
        reads_cards=folder.mark.reads_cards,
    )


@contextmanager
def quiet_libraries() -> Iterator[None]:
    """Hold back the libraries' warnings and progress bars inside the block, and only there."""
    from transformers.utils import logging

    library: Any = logging
    verbosity, bars = library.get_verbosity(), library.is_progress_bar_enabled()
    library.set_verbosity(library.CRITICAL)
    library.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        library.set_verbosity(verbosity)
        if bars:
            library.enable_progress_bar()


@contextmanager
def explain_memory(name: str, device: object) -> Iterator[None]:
    """Turn running out of memory inside the block into a ModelError."""
    import torch

    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _say_out_of_memory(name, device) from error
    except RuntimeError as error:
        if is_out_of_memory(error):
            raise _say_out_of_memory(name, device) from error
        raise


def is_out_of_memory(error: Exception) -> bool:
    """Whether torch's own error says that memory ran out; on a CPU it has no kind of its own."""
    text = str(error).lower()
    return "out of memory" in text or "can't allocate memory" in text


def _say_out_of_memory(name: str, device: object) -> OutOfMemoryError:
    return OutOfMemoryError(
        "There is not enough memory for the model and its rows",
        where=f"{name} on {device}",
        fix="Use a smaller --batch, --dtype bfloat16 or float16, or a smaller model.",
    )


def _choose_device(name: str) -> "torch.device":
    import torch

    def refuse(what: str) -> ModelError:
        return ModelError(what, where=f"--device {name}", fix="Use --device cpu, or auto.")

    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", torch.cuda.current_device())
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    kind, _, number = name.partition(":")
    if kind not in ("cpu", "cuda", "mps") or (number and not (kind == "cuda" and number.isdigit())):
        raise refuse(f"There is no device {name!r}; the devices are cpu, cuda, cuda:N and mps")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise refuse("This machine has no Apple graphics processor that torch can use")
    if kind == "cuda":
        if not torch.cuda.is_available():
            raise refuse("This machine has no graphics card that torch can use")
        count = torch.cuda.device_count()
        index = int(number) if number else torch.cuda.current_device()
        if index >= count:
            raise refuse(f"This machine has {count} graphics cards, numbered from 0")
        return torch.device("cuda", index)
    return torch.device(kind)


def _choose_dtype(name: str, device: "torch.device") -> str:
    import torch

    if name != "auto":
        return name
    match device.type:
        case "cpu":
            return "float32"
        case "cuda" if torch.cuda.is_bf16_supported():
            return "bfloat16"
        case _:
            return "float16"


def _load_tokenizer(folder: ModelFolder) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(
            str(folder.path), trust_remote_code=False, local_files_only=True, padding_side="left"
        )
    except MemoryError:
        raise
    except Exception as error:
        raise ModelError(
            f"The model's tokenizer can't be loaded: {first_line(error)}",
            where=folder.name,
            fix="Copy tokenizer.json and tokenizer_config.json again, or choose another model.",
        ) from error


def _drop_frame(tokenizer: Any) -> None:
    """Let a tokenizer with a chat format add no tokens of its own: the format has all of them.

    So does transformers when it cuts a chat into tokens itself, and a model is trained like this.
    """
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None and tokenizer.chat_template and tokenizer("").input_ids:
        backend.post_processor = None


def _load_network(folder: ModelFolder, dtype: "torch.dtype", device: "torch.device") -> Any:
    import torch
    from transformers import AutoModelForCausalLM

    try:
        load: Any = AutoModelForCausalLM.from_pretrained
        network, report = load(
            str(folder.path),
            dtype=dtype,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
        network = network.to(device).eval()
    except (MemoryError, torch.OutOfMemoryError):
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"The model can't be loaded: {first_line(error)}",
            where=folder.name,
            fix="Choose a text-generating (causal) model that this version of transformers knows.",
        ) from error
    if absent := sorted(report["missing_keys"]):
        raise ModelError(
            f"The weights file lacks {len(absent)} of the model's weights, {absent[0]} among them",
            where=folder.name,
            fix="Use weights and config.json that belong together.",
        )
    if left := _find_left_layers(network, report["unexpected_keys"]):
        raise ModelError(
            f"config.json tells of fewer layers than the weights have: {left} is left over",
            where=folder.name,
            fix="Use weights and config.json that belong together.",
        )
    return network


def _find_left_layers(network: Any, names: Iterable[str]) -> str | None:
    """Return the first layer of which there are weights, but no place in the network.

    transformers would leave such weights out, and the model would write without its last layers.
    """
    modules = dict(network.named_modules())
    for name in sorted(names):
        for number in re.finditer(r"\.(\d+)\.", name):
            layers = modules.get(name[: number.start()])
            if layers is not None and int(number[1]) >= len(list(layers.children())) > 0:
                return name[: number.end() - 1]
    return None


def _settle_tokens(network: Any, tokenizer: Any, folder: ModelFolder) -> None:
    """Give the tokenizer an end and a padding token, and generation no defaults of the model's."""
    import transformers

    if tokenizer.eos_token_id is None:
        declared = network.config.get_text_config().eos_token_id
        end = declared[0] if isinstance(declared, list) else declared
        if end is None:
            raise ModelError(
                "The model has no token that ends a text",
                where=folder.name,
                fix="Set eos_token in its tokenizer_config.json, or choose another model.",
            )
        tokenizer.eos_token = tokenizer.convert_ids_to_tokens(end)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token
    # A model's own generation settings (top-p, penalties) would bend the rows unasked.
    settings: Any = transformers.GenerationConfig
    network.generation_config = settings(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )


def _find_context_length(network: Any, tokenizer: Any) -> int | None:
    length = getattr(network.config.get_text_config(), "max_position_embeddings", None)
    if isinstance(length, int) and length > 0:
        return length
    length = tokenizer.model_max_length
    return int(length) if length < 10**9 else None
