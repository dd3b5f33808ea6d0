"""The column programme gives every row the verdict that `spec/evaluate.py` gives it."""

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synllm.columns.batch import batch_from_rows
from synllm.columns.program import VERDICTS, compile_program
from synllm.spec.evaluate import broken_statements
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import Row, Verdict
from tests.strategies import Size, random_row, random_spec, rows_for, specs
from tests.verdict_reference import expected_verdicts


def check_agreement(spec: Spec, rows: list[Row]) -> None:
    """Fail unless every statement's verdict on every row is the semantics' one."""
    core = lower(spec)
    found = compile_program(core).verdicts(batch_from_rows(core, rows))
    for place, row in enumerate(rows):
        expected = expected_verdicts(spec, core, row)
        got = {name: VERDICTS[codes[place]] for name, codes in found.items()}

        assert got == expected, row

        bad = (Verdict.VIOLATED, Verdict.UNDEFINED)
        hard = {each.name for each in core.statements if each.hard and got[each.name] in bad}
        broken = set(broken_statements(row, spec))

        assert hard <= broken
        # What no statement covers is a cell outside its own column's domain.
        assert broken <= hard | {column.name for column in spec.columns}


@given(st.data())
@settings(suppress_health_check=list(HealthCheck))
def test_on_specs_and_rows_that_hypothesis_draws(data: st.DataObject) -> None:
    spec = data.draw(specs())
    check_agreement(spec, data.draw(st.lists(rows_for(spec), min_size=1, max_size=4)))


@pytest.mark.parametrize("size", ["small", "wide"])
def test_on_random_specs(size: Size) -> None:
    sweep(range(100), size, 15)


@pytest.mark.slow
@pytest.mark.parametrize("size", ["small", "wide"])
def test_on_many_random_specs(size: Size) -> None:
    sweep(range(10_000, 10_600), size, 40)


def sweep(seeds: range, size: Size, rows: int) -> None:
    """Check agreement on one random spec a seed."""
    for seed in seeds:
        random = Random(seed)
        spec = random_spec(random, size)
        check_agreement(spec, [random_row(random, spec) for _ in range(rows)])
