"""Work on the next batches of a table while the last one is being judged."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")


def map_ahead(
    work: Callable[[Given], Result], items: Iterable[Given], threads: int
) -> Iterator[Result]:
    """Yield the work's result for each item, in order, on threads that run a little ahead.

    At most `threads` + 1 items are taken and not yet yielded, so memory stays bounded. The items
    are taken in the caller's thread; what the work raises is raised here, in order.
    """
    coming: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads, "read ahead") as pool:
        try:
            for item in items:
                coming.append(pool.submit(work, item))
                if len(coming) > threads:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()
        finally:
            for future in coming:
                future.cancel()
