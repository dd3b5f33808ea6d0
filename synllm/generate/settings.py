"""What a run was asked to do, as it enters from the command line or the Python API."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from synllm.targets.prompt.levels import PromptLevel


class RunSettings(BaseModel):
    """The settings of one run; with the spec and the model they fix every delivered row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int = Field(ge=1, le=10_000_000)
    prompt: PromptLevel = PromptLevel.CLIN_RULE
    model: str | None = None
    """None is the embedded model."""
    seed: int = Field(default=0, ge=0, lt=2**63)
    temperature: float = Field(default=1.0, ge=0, le=10)
    batch: int = Field(default=64, ge=1, le=4096)
    device: str = "auto"
    dtype: str = "auto"
    engine: Literal["decoder", "outlines"] = "decoder"
    """Whether rules are held while rows are written, or checked after."""
    steer: float = Field(default=1.0, ge=0, le=1)
    """How strongly the decoder steers to the declared figures; 0 is the model alone."""
    weights: bool = False
    """Whether the decoder keeps each row's probability under the model."""
    given: str | None = None
    """A condition, as written, that every row meets."""
