"""What a batch's shape, size and states do to the verdicts."""

from collections import Counter
from fractions import Fraction
from random import Random

import numpy as np
import pytest

from synllm.columns.batch import UNREADABLE, Batch, batch_from_rows, is_wide
from synllm.columns.program import CHUNK, UNDECIDED, VERDICTS, compile_program
from synllm.language import parse_spec
from synllm.spec.core import CoreSpec
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import MISSING, Row
from tests.strategies import random_row, random_spec
from tests.verdict_reference import expected_verdicts


def spec_of(columns: str, rule: str) -> Spec:
    text = f'synspec 1\ntable t "A table" {{ {columns} }}\nrule stated "A rule" {rule}\n'
    spec, mistakes = parse_spec(text)
    assert spec is not None, [each.headline for each in mistakes]
    return spec


def check_rows(spec: Spec, rows: list[Row]) -> Counter[str]:
    """Fail unless all verdicts are the semantics' ones; return how often the rule has each."""
    core = lower(spec)
    found = compile_program(core).verdicts(batch_from_rows(core, rows))
    for place, row in enumerate(rows):
        got = {name: VERDICTS[codes[place]] for name, codes in found.items()}

        assert got == expected_verdicts(spec, core, row), row
    return Counter(VERDICTS[code].value for code in found["stated"])


def repeated(batch: Batch, times: int) -> Batch:
    return Batch(
        batch.length * times,
        {name: np.tile(each, times) for name, each in batch.values.items()},
        {name: np.tile(each, times) for name, each in batch.states.items()},
    )


@pytest.mark.parametrize("seed", range(4))
def test_many_chunks_give_what_one_gives_and_counts_count_the_verdicts(seed: int) -> None:
    random = Random(seed)
    spec = random_spec(random)
    core = lower(spec)
    program = compile_program(core)
    few = batch_from_rows(core, [random_row(random, spec) for _ in range(50)])
    times = (2 * CHUNK + 1_234) // few.length
    many = repeated(few, times)

    one, all_of_them = program.verdicts(few), program.verdicts(many)
    counts = program.counts(many)

    assert list(counts) == list(one) == [statement.name for statement in core.statements]
    for name, codes in one.items():
        np.testing.assert_array_equal(all_of_them[name], np.tile(codes, times))
        assert counts[name] == tuple(np.bincount(codes, minlength=5) * times)


def test_no_rows_at_all() -> None:
    core = lower(spec_of('a : integer in 0..9 "a"', "always a > 3"))
    empty = batch_from_rows(core, [])

    assert compile_program(core).verdicts(empty)["stated"].shape == (0,)
    assert compile_program(core).counts(empty) == {"stated": (0, 0, 0, 0, 0)}


@pytest.mark.parametrize("seed", range(20))
def test_unreadable_cells_leave_undecided_what_mentions_them_and_nothing_else(seed: int) -> None:
    random = Random(seed)
    spec = random_spec(random)
    core = lower(spec)
    program = compile_program(core)
    batch = batch_from_rows(core, [random_row(random, spec) for _ in range(40)])
    before = program.verdicts(batch)
    broken = {name: np.array([random.random() < 0.2 for _ in range(40)]) for name in core.by_name}
    for name, cells in broken.items():
        batch.states[name][cells] = UNREADABLE
        batch.values[name][cells] = np.nan

    after = program.verdicts(batch)
    counts = program.counts(batch)

    for statement in core.statements:
        touched = np.logical_or.reduce([broken[name] for name in statement.columns] or [[False]])
        expected = np.where(touched, UNDECIDED, before[statement.name])
        np.testing.assert_array_equal(after[statement.name], expected)
        assert counts[statement.name] == tuple(np.bincount(expected, minlength=5))


def test_values_outside_the_declared_ones_are_unreadable() -> None:
    columns = 'a : decimal(1) in {1.5, 2.5} "a" b : one of {A, B} "b"'
    core = lower(spec_of(columns, "always a > 2"))
    cells = [Fraction(3, 2), Fraction(2), Fraction(31, 20), "A"]
    batch = batch_from_rows(core, [{"a": cell, "b": "Z"} for cell in cells])

    assert batch.states["a"].tolist() == [0, UNREADABLE, UNREADABLE, UNREADABLE]
    assert batch.states["b"].tolist() == [UNREADABLE] * 4
    assert np.isnan(batch.values["a"][1:]).all()


def test_products_beyond_float_are_exact() -> None:
    spec = spec_of(
        'a : integer in 0..200000000 "a" b : integer in 0..200000000 "b"'
        ' c : integer in 0..40000000000000000 "c"',
        "always a * b = c",
    )
    big = Fraction(94_906_267)
    rows: list[Row] = [
        {"a": big, "b": big, "c": big * big + difference} for difference in (-2, -1, 0, 1, 2)
    ]

    assert is_wide(lower(spec).by_name["c"])
    assert check_rows(spec, rows) == {"holds": 1, "violated": 4}


def test_wide_columns_compare_exactly() -> None:
    spec = spec_of(
        'a : integer in -9007199254740995..9007199254740995 "a" may be missing coded "NA"',
        "when a is present then a in 9007199254740992..9007199254740993",
    )
    rows: list[Row] = [{"a": Fraction(2**53 + each)} for each in range(-2, 4)]

    assert check_rows(spec, [*rows, {"a": MISSING}]) == {
        "holds": 2,
        "violated": 4,
        "not triggered": 1,
    }


def test_quotients_are_rounded_down_exactly_up_to_the_edge_of_float() -> None:
    spec = spec_of(
        'a : integer in 0..4503599627370000 "a" b : integer in 1..3000 "b"',
        "always round(a / b - 0.5) * b = a",
    )
    random = Random(5)
    rows: list[Row] = []
    for divisor in (3, 7, 2_999, 3_000):
        for _ in range(20):
            quotient = random.randint(10**11, 4_503_599_627_369_000 // divisor)
            rows += [
                {"a": Fraction(quotient * divisor + each), "b": Fraction(divisor)}
                for each in (-1, 0, 1)
            ]

    assert check_rows(spec, rows) == {"holds": 80, "violated": 160}


def test_many_separate_values_are_looked_up() -> None:
    even = ", ".join(str(each) for each in range(0, 60, 2))
    spec = spec_of(
        'a : integer in 0..59 "a" may be missing coded "NA"', f"when a in {{{even}}} then a < 30"
    )
    rows: list[Row] = [{"a": Fraction(each)} for each in range(60)]

    assert check_rows(spec, [*rows, {"a": MISSING}]) == {
        "holds": 15,
        "violated": 15,
        "not triggered": 30,
        "undecided": 1,
    }


def test_statements_must_have_different_names() -> None:
    core = lower(spec_of('a : integer in 0..9 "a"', "always a > 3"))

    with pytest.raises(ValueError, match="stated"):
        compile_program(CoreSpec(core.name, core.columns, core.statements * 2))
