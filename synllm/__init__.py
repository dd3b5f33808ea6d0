"""A compiler from clinical table specifications to prompts, grammars, rows and verdicts."""

__version__ = "0.1.0"
