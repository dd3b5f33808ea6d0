"""JSON as it leaves the program: readable, stable, and without characters that act."""

from __future__ import annotations

import json
import re

_UNSAFE = re.compile(r"[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def write_json(value: object) -> str:
    """Return the value as indented JSON, its keys in the given order, safe to print."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    # These characters stand only inside strings, where JSON lets any character be escaped.
    return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"
