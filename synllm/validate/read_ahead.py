"""Read a table in the background while its last batch is being judged."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Batch = TypeVar("Batch")


def read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """Yield the same batches, the next one being read by another thread meanwhile.

    At most one batch is waiting; what reading raises is raised here.
    """
    with ThreadPoolExecutor(1, "read ahead") as reader:
        coming = reader.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = reader.submit(next, batches, None)
            yield batch
