"""What is said about a finding below its headline and its places."""

from __future__ import annotations

from collections.abc import Iterator

from synllm.diagnostics.diagnostic import Diagnostic


def remarks_on(diagnostic: Diagnostic) -> Iterator[tuple[str, str]]:
    """Yield a patient who shows the finding, what would mend it, and why it is allowed.

    Each is a heading and a text, which may run over several lines.
    """
    if diagnostic.witness:
        cells = (f"{column} = {cell or '(empty)'}" for column, cell in diagnostic.witness)
        yield "patient", ", ".join(cell.replace("\n", "␊") for cell in cells)
    if diagnostic.fix:
        yield "help", diagnostic.fix
    if diagnostic.allowed is not None:
        yield "allowed", diagnostic.allowed
