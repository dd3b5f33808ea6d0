"""The parser's tables, built from grammar/synspec.lark and kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pickle
import sys
import tempfile
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import lark

from synllm.resources import grammar_text

OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "basic",
    "propagate_positions": True,
    "maybe_placeholders": False,
}


@lru_cache(maxsize=1)
def load_parser() -> lark.Lark:
    """Return the parser, from the cache where this grammar's tables lie there intact.

    Building the tables takes about five times as long as loading them, and longer than everything
    else that `synllm check` does. A cache that can't be read or written is left alone.
    """
    text = grammar_text()
    path = _cache_file(text)
    with contextlib.suppress(OSError, pickle.UnpicklingError, EOFError, KeyError, ValueError):
        stored = path.read_bytes()
        digest, tables = stored[:32], stored[32:]
        if hashlib.sha256(tables).digest() == digest:
            return lark.Lark.load(BytesIO(tables))
    parser = lark.Lark(text, **OPTIONS)
    buffer = BytesIO()
    parser.save(buffer)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(buffer.getvalue()).digest() + buffer.getvalue())
        Path(name).replace(path)
    return parser


def _cache_file(grammar: str) -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    version = f"{lark.__version__} {sys.version_info[:2]} {sorted(OPTIONS.items())}"
    key = hashlib.sha256((grammar + version).encode()).hexdigest()[:16]
    return Path(root) / "synllm" / f"grammar-{key}.tables"
