"""The Outlines-ready schema runs through Outlines itself, and its cells are the spec's."""

import json

import pytest

from synllm.spec.cells import CellProblem, read_row
from synllm.targets.json_schema import outlines_schema
from synllm.targets.json_text import render_json
from tests.specs_in_code import stroke_like
from tests.targets.small_specs import grammar_of

pytest.importorskip("torch", reason="needs the extra: pip install 'synllm[generate]'")
outlines = pytest.importorskip("outlines", reason="needs the extra: pip install 'synllm[generate]'")


@pytest.mark.slow
def test_the_embedded_model_writes_rows_of_the_schema() -> None:
    import torch
    from outlines.types import JsonSchema

    from synllm.generate.models import load_model

    spec = stroke_like()
    grammar = grammar_of(spec)
    schema = JsonSchema(render_json(outlines_schema(grammar)), whitespace_pattern="")
    with torch.random.fork_rng():
        torch.manual_seed(7)
        generator = outlines.Generator(load_model(device="cpu").outlines, schema)
        texts = [generator("One row:", max_new_tokens=400, do_sample=True) for _ in range(2)]

    for text in texts:
        cells = grammar.row_format.parse_row(text)
        assert cells is not None, text
        row = read_row(spec, cells)
        # Every cell is one of its column's. What ties columns is in the row regex, not in here.
        assert not any(isinstance(value, CellProblem) for value in row.values())
        assert list(json.loads(text)) == list(grammar.fields)
