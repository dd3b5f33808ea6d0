"""How probable each delivered row is under the model itself, kept beside the table.

A row written under rules comes with the chance of the choices that led to it; the model's own
probability over that chance is its importance weight. Resampling rows by their weights gives back
the model's own distribution over valid rows (Lew et al. 2023, "Sequential Monte Carlo steering of
large language models").
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from synllm.generate.journal.stored_rows import StoredRows
from synllm.generate.run_manifest import WeightsRecord


def weights_path(output: Path) -> Path:
    """Return where a table's weights lie."""
    return output.with_name(output.name + ".weights.parquet")


def weigh_table(output: Path, rows: StoredRows) -> WeightsRecord:
    """Write each row's log-probability and log-weight, in nats, and return what they come to."""
    chances, models = [], []
    for block in rows.blocks():
        chances.append(block.measures["log_chance"])
        models.append(block.measures["log_model"])
    model = np.concatenate(models)
    weight = model - np.concatenate(chances)
    table = pa.table(
        {
            "row": pa.array(np.arange(1, model.size + 1)),
            "log_probability": pa.array(model),
            "log_weight": pa.array(weight),
        }
    )
    pq.write_table(table, weights_path(output))
    top = float(weight.max())
    relative = np.exp(weight - top)
    return WeightsRecord(
        tax=round(-(top + float(np.log(relative.mean()))), 4),
        effective_rows=round(float(relative.sum() ** 2 / (relative**2).sum()), 1),
    )
