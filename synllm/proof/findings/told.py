"""What earlier findings blamed, so that one mistake is reported once, at its root."""

from __future__ import annotations

from collections.abc import Iterable


class Told:
    """The rules, columns and clashing statements that findings so far have named.

    Finders run in the order of `proof/check.py`, roots before consequences. A reader who mends what
    was told sees in the next run whether anything else is left.
    """

    def __init__(self) -> None:
        self.rules: set[str] = set()
        self.columns: set[str] = set()
        self.pairs: set[frozenset[int]] = set()
        """Rules, by their places, that were reported together as cases."""
        self._clashes: list[frozenset[int]] = []

    def tell(self, statements: Iterable[int]) -> None:
        """Remember statements that together exclude something."""
        clash = frozenset(statements)
        if clash:
            self._clashes.append(clash)

    def is_consequence(self, statements: Iterable[int]) -> bool:
        """Return whether an earlier clash is part of these statements, or they are part of it."""
        clash = frozenset(statements)
        return bool(clash) and any(each <= clash or clash <= each for each in self._clashes)
