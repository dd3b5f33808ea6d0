"""Progress of long work: a live line on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

EVERY_SECONDS = 5.0


@contextmanager
def progress_line(*, after: float = 1.0) -> Iterator[Callable[[str], None]]:
    """Yield a function that shows the latest state of some work on standard error.

    Nothing is shown for work that is done within `after` seconds.
    """
    started = time.monotonic()
    if sys.stderr.isatty():
        from rich.console import Console

        with Console(stderr=True).status("") as status:
            yield status.update
        return
    last = started + after - EVERY_SECONDS

    def write(text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= EVERY_SECONDS:
            last = now
            print(text, file=sys.stderr, flush=True)

    yield write
