"""The decoder writes the rows that the pattern allows and that then obey the rules; no other."""

import re

import numpy as np
from hypothesis import event, given, settings
from hypothesis import strategies as st

from synllm.compiler import compile_spec
from synllm.generate.column_cells import list_rows
from synllm.generate.judge_row import judge_row
from synllm.spec.evaluate import row_is_valid
from synllm.spec.model import Spec
from tests.generate.decoder.stand_ins import make_ready
from tests.generate.decoder.test_adversaries import SPEECH
from tests.proof.small_specs import all_rows, small_specs


@settings(max_examples=12)
@given(small_specs(), st.sampled_from(SPEECH))
def test_both_engines_can_deliver_the_same_rows(spec: Spec, speech: str) -> None:
    if not any(row_is_valid(row, spec) for row in all_rows(spec)):
        return
    compiled = compile_spec(spec)
    form, pattern = compiled.row_format, re.compile(compiled.row_regex)
    texts = {form.write_row(row) for row in all_rows(spec)}
    checked = {
        text for text in texts if pattern.fullmatch(text) and not judge_row(text, form).broken
    }
    own = make_ready(spec, speech)
    assert own is not None
    event(f"rows: {min(len(checked), 20)}")
    written: set[str] = set()
    for attempt in range(40):
        writer = own.writer(("flat", "random")[attempt % 2], attempt)
        places = writer.write(np.arange(1_000), seed=attempt).places
        written |= {form.write_row(row) for row in list_rows(spec, own.listings, places)}
        if written >= checked:
            break

    assert written == checked
