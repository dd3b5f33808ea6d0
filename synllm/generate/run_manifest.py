"""The record beside every output: what was asked, with what, and what came of it."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from synllm.generate.settings import RunSettings


class ModelRecord(BaseModel):
    """Which model wrote the rows; `revision` identifies its weights."""

    model_config = ConfigDict(frozen=True)

    name: str
    revision: str
    trained: bool
    device: str
    dtype: str


class TargetRecord(BaseModel):
    """A declared figure: as declared, as delivered, how far it may be off, and whether it is met.

    `delivered` is null where no row bears on it; for a quantile it is the share of values at or
    below the declared one. `tolerance`, which the rounding of the declared figure adds to, and
    `distance` are in one unit. `unmet_by_fit` is what the sampler's fit had to leave, in
    tolerances. Of a steered model, `prompted` is what it shows by itself, in rows written for that,
    and `steered` what all rows show that were written under steering, spare ones included.
    """

    model_config = ConfigDict(frozen=True)

    figure: str
    kind: str
    declared: str
    delivered: float | None
    distance: float | None
    tolerance: float
    rows: int
    unmet_by_fit: float | None = None
    prompted: float | None = None
    steered: float | None = None
    met: bool


class DecodingRecord(BaseModel):
    """How the decoder wrote rows: none that it wrote was invalid.

    `canonical` is the share of rows that the model's tokenizer would cut as the decoder does,
    `redrawn` the cells that led nowhere and were chosen anew. `surplus` counts valid rows beyond
    those delivered: first ones of the model alone, and spare ones of batches. `divergence` is the
    relative entropy of the choices to the model's own, in nats a row: 0 without steering.
    """

    model_config = ConfigDict(frozen=True)

    canonical: float
    redrawn: int
    surplus: int
    divergence: float


class WeightsRecord(BaseModel):
    """The model's own probabilities of the delivered rows.

    `tax` is the price of the rules, in nats: minus the logarithm of the probability, as the rows
    let it be estimated, that the model by itself writes a valid row. `effective_rows` is how many
    independent rows of the model's own the weighted ones are worth.
    """

    model_config = ConfigDict(frozen=True)

    tax: float
    effective_rows: float


class AlarmRecord(BaseModel):
    """A sign that a writer of rows has got stuck, in words.

    `kind` is bound, value, repeats or examples. `rows` of `of` rows or values show it, where
    `expected` would by the declared figures and rules.
    """

    model_config = ConfigDict(frozen=True)

    kind: str
    column: str | None
    rows: int
    of: int
    expected: float
    text: str


class RunManifest(BaseModel):
    """A run, as far as a reviewer needs it to trust or repeat the table.

    `candidates` is all rows that the model wrote; `rejected` counts, by broken statement, those
    that were thrown away (a row that breaks two counts for both); `unfinished` those cut short.
    The sampler reads no prompt and no regex, and reports how each declared figure is met; with a
    condition given, only those of groups within it, and `given_exact` tells whether rows follow the
    fitted distribution given the condition, or only nearly. `resumed_at` has an entry for each time
    that the run stopped and was resumed: how many rows there were.
    """

    model_config = ConfigDict(frozen=True)

    synllm: str
    spec: str
    spec_sha256: str
    imports_sha256: dict[str, str]
    prompt_sha256: str | None
    regex_sha256: str | None
    settings: RunSettings
    model: ModelRecord
    output: str
    output_sha256: str
    complete: bool
    delivered: int
    distinct: int
    candidates: int
    rejected_rows: int
    rejected: dict[str, int]
    unfinished: int
    audited: int
    example_copies: int
    targets: tuple[TargetRecord, ...] = ()
    given_exact: bool | None = None
    decoding: DecodingRecord | None = None
    weights: WeightsRecord | None = None
    alarms: tuple[AlarmRecord, ...] = ()
    resumed_at: tuple[int, ...] = ()
    seconds: float
    versions: dict[str, str]
    python: str


def manifest_path(output: Path) -> Path:
    """Return where a table's manifest lies."""
    return output.with_name(output.name + ".manifest.json")


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def library_versions() -> dict[str, str]:
    """Return the versions of the libraries that decide what a run writes."""
    found: dict[str, str] = {}
    for name in ("numpy", "torch", "transformers", "outlines", "outlines_core", "z3-solver"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def python_version() -> str:
    """Return the Python version and the machine's kind."""
    return f"{platform.python_version()} {platform.machine()}"
