"""A compiler from clinical table specifications to prompts, grammars, rows and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["LoadedSpec", "SynllmError", "__version__", "load", "loads"]

if TYPE_CHECKING:
    from synllm.api import LoadedSpec, SynllmError, load, loads


def __getattr__(name: str) -> Any:
    """Load the API on first use, so that the command line starts without it."""
    if name in __all__:
        from synllm import api

        return getattr(api, name)
    raise AttributeError(f"module 'synllm' has no attribute {name!r}")
