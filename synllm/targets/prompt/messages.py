"""Chat messages for each prompt level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict

from synllm.spec.model import Spec
from synllm.spec.values import Row
from synllm.targets.prompt.card_figures import write_card
from synllm.targets.prompt.content import system_text, write_content
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.row_format import RowFormat


class ChatMessage(BaseModel):
    """One message of a conversation with a model."""

    model_config = ConfigDict(frozen=True)

    role: Literal["system", "user"]
    content: str


class Prompt(BaseModel):
    """The conversation that asks a model for one row."""

    model_config = ConfigDict(frozen=True)

    level: PromptLevel
    messages: tuple[ChatMessage, ...]

    def as_chat(self) -> list[dict[str, str]]:
        """Return the messages as the plain dictionaries that chat models take."""
        return [message.model_dump() for message in self.messages]


def write_prompt(
    level: PromptLevel, spec: Spec, row_format: RowFormat, examples: tuple[Row, ...] = ()
) -> Prompt:
    """Return the prompt of a level; example rows appear only where its template asks for them."""
    content = write_content(level, spec, row_format, examples)
    system = ChatMessage(role="system", content=system_text())
    return Prompt(level=level, messages=(system, ChatMessage(role="user", content=content)))


def write_card_prompt(spec: Spec, fields: Sequence[str]) -> Prompt:
    """Return what a model is told that is trained to read cards: the card alone.

    It discloses what the level with statistics does; rules are left to whatever writes the rows.
    """
    card = ChatMessage(role="user", content=write_card(spec, fields))
    return Prompt(level=PromptLevel.STAT_GUIDE, messages=(card,))
