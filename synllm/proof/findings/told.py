"""What earlier findings blamed, so that one mistake is reported once, at its root."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from synllm.diagnostics.diagnostic import Diagnostic


class Told:
    """The rules, columns and clashing statements that findings so far have named.

    Finders run in the order of `proof/check.py`, roots before consequences. A reader who mends what
    was told sees in the next run whether anything else is left.
    """

    def __init__(self, is_accepted: Callable[[Diagnostic], bool] = lambda _: False) -> None:
        self._is_accepted = is_accepted
        self.rules: set[str] = set()
        self.columns: set[str] = set()
        self.pairs: set[frozenset[int]] = set()
        """Rules, by their places, that were reported together as cases."""
        self._clashes: list[frozenset[int]] = []
        self._accepted: set[frozenset[int]] = set()

    def tell(self, finding: Diagnostic, statements: Iterable[int]) -> Diagnostic:
        """Return the finding, after remembering the statements that it says exclude something.

        What the author accepts is nothing to mend: it stands for itself only, and hides nothing
        that follows from more or fewer statements.
        """
        clash = frozenset(statements)
        if self._is_accepted(finding):
            self._accepted.add(clash)
        elif clash:
            self._clashes.append(clash)
        return finding

    def is_consequence(self, statements: Iterable[int]) -> bool:
        """Return whether an earlier clash is part of these statements, or they are part of it."""
        clash = frozenset(statements)
        if not clash:
            return False
        return clash in self._accepted or any(
            each <= clash or clash <= each for each in self._clashes
        )

    def is_accepted(self, finding: Diagnostic) -> bool:
        """Return whether the author allows the finding."""
        return self._is_accepted(finding)
