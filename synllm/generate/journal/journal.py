"""The journal of a run: each block of rows on the disk before the next one is drawn.

`FILE.journal/` beside the output holds, until the table is complete,

- `run.json`: all that decides the rows (spec, settings, model, versions);
- `rows`: the rows themselves, by their places (stored_rows.py);
- `blocks.jsonl`: a line for each block, written after its rows are on the disk;
- `resumed.json`: how many rows there were each time that the run was continued;
- `finished.json`: the SHA-256 of the complete table, written before it takes its place.

What stands in `blocks.jsonl` is delivered; rows behind the last line never were.
"""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from synllm.generate.journal.durable import AppendedFile, sync_folder, write_durably
from synllm.generate.journal.errors import JournalError
from synllm.generate.journal.lock import Lock
from synllm.generate.journal.stored_rows import StoredRows
from synllm.generate.row_source import Block
from synllm.rowspace.sample import Listing

_FORMAT = "1"
_FORMAT_NAME = "journal format"


class _BlockLine(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    block: int
    rows: int
    """How many rows the run has after this block."""
    crc32: int
    """Of the block's own rows, as they are kept."""
    seconds: float
    state: JsonValue


@dataclass(frozen=True, slots=True)
class Kept:
    """What a run has delivered so far; `seconds` is the time that it took to draw."""

    blocks: int = 0
    rows: int = 0
    seconds: float = 0.0
    state: JsonValue = None


def journal_folder(output: Path) -> Path:
    """Return where the journal of a table lies."""
    return output.with_name(output.name + ".journal")


class Journal:
    """A run's journal, open for the next block. Raises OSError.

    `kept` is what is there so far, `lost` how many rows turned out damaged and are to be drawn
    anew; `resumed_at` tells how many rows were there each time that the run was continued.
    """

    def __init__(
        self, folder: Path, listings: Mapping[str, Listing], measures: Sequence[str], lock: Lock
    ) -> None:
        self.folder = folder
        self.rows = StoredRows(folder / "rows", listings, measures)
        self.kept, self.lost = self._read_kept()
        resumed = folder / "resumed.json"
        self.resumed_at: tuple[int, ...] = ()
        if resumed.exists():
            self.resumed_at = tuple(json.loads(resumed.read_text(encoding="utf-8")))
        self._lock = lock
        self._rows = AppendedFile(self.rows.path)
        self._lines = AppendedFile(folder / "blocks.jsonl")

    def append(self, block: Block, state: JsonValue, seconds: float) -> None:
        """Keep a block, which was drawn in so many seconds and left the source in that state."""
        content = self.rows.pack(block)
        rows = self.kept.rows + len(content) // self.rows.width
        self._rows.append(content)
        line = _BlockLine(
            block=self.kept.blocks,
            rows=rows,
            crc32=zlib.crc32(content),
            seconds=round(seconds, 6),
            state=state,
        )
        self._lines.append(line.model_dump_json().encode() + b"\n")
        self.kept = Kept(line.block + 1, rows, self.kept.seconds + line.seconds, state)

    def note_resumed(self) -> None:
        """Keep that the run was continued from here."""
        self.resumed_at = (*self.resumed_at, self.kept.rows)
        content = json.dumps(self.resumed_at)
        write_durably(self.folder / "resumed.json", content.encode())

    def finish(self, sha256: str) -> None:
        """Keep that the table is complete, before it takes its place."""
        write_durably(self.folder / "finished.json", json.dumps(sha256).encode())

    def close(self) -> None:
        """Close the journal, which stays."""
        self._rows.close()
        self._lines.close()
        self._lock.release()

    def remove(self) -> None:
        """Close the journal and remove it: its run is complete."""
        self.close()
        remove_journal(self.folder)

    def _read_kept(self) -> tuple[Kept, int]:
        """Return what is delivered, cutting off what is not; and how many rows turned out damaged.

        A line that was being written, and rows without a line, were never delivered. Blocks from
        the first one on whose rows are not as they were written are drawn anew.
        """
        place = self.folder / "blocks.jsonl"
        place.touch()
        self.rows.path.touch()
        kept, length, claimed, sound = Kept(), 0, 0, True
        with place.open("rb") as lines, self.rows.path.open("rb") as rows:
            for text in lines:
                line = _read_line(text)
                if line is None:
                    break
                claimed = line.rows
                content = rows.read((line.rows - kept.rows) * self.rows.width) if sound else b""
                sound = sound and line.block == kept.blocks and zlib.crc32(content) == line.crc32
                if sound:
                    length += len(text)
                    seconds = kept.seconds + line.seconds
                    kept = Kept(line.block + 1, line.rows, seconds, line.state)
        os.truncate(place, length)
        os.truncate(self.rows.path, kept.rows * self.rows.width)
        return kept, claimed - kept.rows


def start_journal(
    output: Path,
    decides: Mapping[str, str],
    listings: Mapping[str, Listing],
    measures: Sequence[str],
) -> Journal:
    """Return the journal of a run that starts, in place of any other. Raises JournalError, OSError.

    `decides` names all that the rows depend on, as texts.
    """
    folder = journal_folder(output)
    folder.mkdir(parents=True, exist_ok=True)
    lock = Lock(folder)
    for name in ("run.json", "blocks.jsonl", "rows", "resumed.json", "finished.json"):
        (folder / name).unlink(missing_ok=True)
    content = json.dumps({_FORMAT_NAME: _FORMAT} | dict(decides), indent=2, ensure_ascii=False)
    write_durably(folder / "run.json", content.encode() + b"\n")
    sync_folder(folder.parent)
    return Journal(folder, listings, measures, lock)


def resume_journal(
    output: Path,
    decides: Mapping[str, str],
    listings: Mapping[str, Listing],
    measures: Sequence[str],
) -> Journal:
    """Return the journal of a run that goes on. Raises JournalError, OSError.

    The error names what of `decides` is not as it was.
    """
    folder = journal_folder(output)
    was = read_run(output)
    if was is None:
        raise JournalError(
            f"there is no unfinished run of {output} to resume", "leave --resume out to start one"
        )
    changes = name_changes(was, {_FORMAT_NAME: _FORMAT} | dict(decides))
    if changes:
        raise JournalError(
            f"the unfinished run of {output} can't be resumed: its rows would change midway",
            "resume with what it was started with, or start anew with --force",
            changes,
        )
    lock = Lock(folder)
    journal = Journal(folder, listings, measures, lock)
    journal.note_resumed()
    return journal


def read_run(output: Path) -> dict[str, str] | None:
    """Return what decided the rows of a table's unfinished run, or None where there is none."""
    try:
        found = json.loads((journal_folder(output) / "run.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return {str(name): str(value) for name, value in found.items()}


def read_finish(output: Path) -> str | None:
    """Return the SHA-256 of a table that was complete when its run stopped, or None."""
    try:
        found = json.loads((journal_folder(output) / "finished.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return str(found)


def count_kept(output: Path) -> int:
    """Return how many rows the journal of an unfinished run claims to hold."""
    try:
        lines = (journal_folder(output) / "blocks.jsonl").open("rb")
    except (FileNotFoundError, NotADirectoryError):
        return 0
    with lines:
        found = [line.rows for line in map(_read_line, lines) if line is not None]
    return max(found, default=0)


def remove_journal(folder: Path) -> None:
    """Remove a journal; what decides its run goes last, so that no half of one is ever resumed."""
    (folder / "run.json").unlink(missing_ok=True)
    shutil.rmtree(folder)


def name_changes(was: Mapping[str, str], now: Mapping[str, str]) -> tuple[str, ...]:
    """Return a line for each thing that is not as it was: what, was → is."""
    return tuple(
        f"{name}: {_shorten(was.get(name))} → {_shorten(now.get(name))}"
        for name in dict.fromkeys((*now, *was))
        if was.get(name) != now.get(name)
    )


def _shorten(value: str | None) -> str:
    if value is None:
        return "none"
    is_hash = len(value) == 64 and set(value) <= set("0123456789abcdef")
    return value[:12] if is_hash else value


def _read_line(text: bytes) -> _BlockLine | None:
    if not text.endswith(b"\n"):
        return None
    try:
        return _BlockLine.model_validate_json(text)
    except ValidationError:
        return None
