"""What the network read of a row is the row: its tokens in order, each once, none of another row.

The probability that a stand-in gives to a row depends on all its tokens and their order.
"""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from synllm.generate.decoder.slot_writer import Written
from synllm.rowspace.space import RowSpace, build_row_space
from synllm.spec.expressions import Arithmetic, ColumnValue, Compare, HasState, Is, Not, Or
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code
from synllm.spec.values import MISSING, NOT_APPLICABLE
from tests.generate.decoder.stand_ins import (
    Adversary,
    Ready,
    follow,
    make_ready,
    make_ready_in_order,
)
from tests.generate.decoder.test_adversaries import SPEECH, ready
from tests.proof.small_specs import small_specs
from tests.specs_in_code import category_column, number, number_column
from tests.strategies import specs

NAMES = ("cirrhosis", "stroke", "exactly_one", "body_mass", "chained_sums", "absences")


def log_model(own: Ready, seed: int, places: dict[str, int]) -> float:
    """The probability of a row's tokens after those that all rows begin with."""
    reader = Adversary(own.plan, "random", seed)
    tokens = own.plan.text_tokens(places)
    begun = len(own.plan.beginning)
    assert tokens[:begun] == own.plan.beginning
    state, total = np.zeros(1, dtype=np.uint64), 0.0
    for token in np.array(tokens[begun:]).reshape(-1, 1):
        total += float(reader.log_chance(state, token)[0])
        state = follow(state, token)
    return total


def check(own: Ready, found: Written, seed: int) -> None:
    rows = range(0, found.log_model.size, max(found.log_model.size // 25, 1))
    for row in rows:
        places = {name: int(each[row]) for name, each in found.places.items()}

        assert found.log_model[row] == pytest.approx(log_model(own, seed, places), rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_model_reads_the_rows_that_are_written(name: str) -> None:
    own = ready(name)

    check(own, own.writer("random", 5).write(np.arange(60), seed=2), 5)


@settings(max_examples=25)
@given(st.one_of(small_specs(), specs()), st.sampled_from([None, 0]), st.sampled_from(SPEECH))
def test_the_model_reads_the_rows_of_small_specs(
    spec: Spec, nodes: int | None, speech: str
) -> None:
    own = make_ready(spec, speech, nodes=nodes)
    if own is not None:
        found = own.writer("random", 5).write(np.arange(40), seed=2)
        event(f"redrawn: {found.redrawn > 0}")

        check(own, found, 5)


def test_two_absences_with_one_code_lead_on_by_themselves() -> None:
    """Both are read alike; a cell that leads nowhere after one of them may be right after the other."""
    asked = Is("asked", frozenset({"yes"}))
    columns = (
        category_column("asked", "yes", "no"),
        number_column(
            "dose", "0", "3", missing=[Code("NA")], applies_when=asked, not_applicable=Code("NA")
        ),
        number_column("left", "0", "40"),
        number_column("right", "0", "40"),
    )
    product = Arithmetic("*", ColumnValue("left"), ColumnValue("right"))
    rules = (
        Rule("a", "A", HasState("dose", MISSING), Compare("=", product, number("36"))),
        Rule("b", "B", HasState("dose", NOT_APPLICABLE), Compare("=", product, number("35"))),
        Rule(
            "c", "C", None, Or((Not(HasState("dose", None)), Compare("<=", product, number("9"))))
        ),
    )
    spec = Spec("codes", "Codes", columns, rules=rules)
    space = build_row_space(spec, lower(spec), nodes=0)
    assert space is not None
    (part,) = space.open_parts
    in_order = replace(part, fields=("dose", "left", "right", "asked"))
    own = make_ready_in_order(spec, RowSpace(space.core, (in_order,)), SPEECH[0])
    found = own.writer("random", 5).write(np.arange(400), seed=2)

    assert own.faults(found.places) == 0
    assert found.redrawn > 0
    check(own, found, 5)


def test_all_rows_begin_with_what_no_row_can_choose() -> None:
    columns = (
        number_column("one", "5", "5"),
        category_column("two", "A"),
        number_column("three", "10", "19"),
        number_column("four", "7", "7"),
    )
    own = make_ready(Spec("forced", "Forced", columns), SPEECH[0])
    assert own is not None
    found = own.writer("random", 5).write(np.arange(50), seed=2)

    assert len(set(found.places["three"].tolist())) > 4
    check(own, found, 5)


def test_the_only_row_is_written_without_asking() -> None:
    own = make_ready(Spec("one", "One", (number_column("one", "5", "5"),)), SPEECH[0])
    assert own is not None
    found = own.writer("random", 5).write(np.arange(3), seed=2)

    assert found.places["one"].tolist() == [0, 0, 0]
    assert found.log_model.tolist() == [0, 0, 0]
    assert found.log_chance.tolist() == [0, 0, 0]
