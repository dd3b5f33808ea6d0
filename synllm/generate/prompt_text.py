"""What a model is told, and its chat messages as the one text that it reads."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from synllm.generate.errors import ModelError
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.prompt.messages import Prompt, write_card_prompt
from synllm.targets.write import CompiledSpec

if TYPE_CHECKING:
    from synllm.generate.models import LoadedModel

Message: TypeAlias = Mapping[str, str]


def choose_prompt(compiled: CompiledSpec, model: "LoadedModel", level: PromptLevel) -> Prompt:
    """Return the prompt of the level, or the card for a model that reads cards."""
    if model.reads_cards:
        return write_card_prompt(compiled.spec, compiled.field_order)
    return compiled.prompts[level]


def render_prompt(tokenizer: Any, messages: Sequence[Message], *, name: str) -> str:
    """Return the text of the messages in the model's own chat format, ready for its answer.

    A model without a chat format gets a plain heading per message. A format without a place for
    system messages gets them at the head of the first user message.
    """
    from jinja2 import TemplateError

    if not tokenizer.chat_template:
        return _render_plainly(messages)
    try:
        text = _apply_template(tokenizer, messages)
    except TemplateError:
        try:
            text = _apply_template(tokenizer, fold_system_messages(messages))
        except TemplateError as error:
            raise ModelError(
                f"The model's chat template refuses the prompt: {error}",
                where=name,
                fix="Choose an instruction-tuned model, or remove its chat template.",
            ) from error
    return text


def encode_prompt(tokenizer: Any, text: str) -> list[int]:
    """Return the tokens that a model reads for a prompt's text."""
    found: list[int] = tokenizer(text).input_ids
    return found


def _apply_template(tokenizer: Any, messages: Sequence[Message]) -> str:
    text = tokenizer.apply_chat_template(
        [dict(message) for message in messages],
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=False,  # Only reasoning models read this: a row leaves no room to think.
    )
    return str(text)


def fold_system_messages(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with what the system says at the head of the first other one."""
    system = [message["content"] for message in messages if message["role"] == "system"]
    rest = [message for message in messages if message["role"] != "system"]
    if not rest:
        return [{"role": "user", "content": "\n\n".join(system)}]
    first = {"role": rest[0]["role"], "content": "\n\n".join([*system, rest[0]["content"]])}
    return [first, *rest[1:]]


def _render_plainly(messages: Sequence[Message]) -> str:
    parts = [
        f"### {message['role'].capitalize()}\n{message['content']}\n\n" for message in messages
    ]
    return "".join(parts) + "### Assistant\n"
