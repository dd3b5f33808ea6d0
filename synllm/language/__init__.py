"""Text → Spec: grammar, parsing, name resolution, units and the formatter."""

from synllm.language.load import load_spec, parse_spec, read_source

__all__ = ["load_spec", "parse_spec", "read_source"]
