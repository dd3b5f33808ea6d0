"""Random tables: their specs are sound, their figures are those of their rows."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synllm.compiler import check_loaded, parse_spec
from synllm.diagnostics.diagnostic import Severity
from synllm.generate.embedded.recipe.names import ABSENT, HELD_OUT, draw_names, list_words
from synllm.generate.embedded.recipe.spec_text import write_spec
from synllm.generate.embedded.recipe.tables import ROWS, Difficulty, draw_table
from synllm.targets.prompt.card import QUANTILES, render_card
from synllm.targets.prompt.card_figures import describe_fields

SEEDS = st.integers(0, 2**32 - 1)
ALL_KINDS = Difficulty(3, 8, tied=0.7, hard=0.7)


def table_of(seed: int):
    return draw_table(ALL_KINDS, np.random.default_rng(seed))


@settings(max_examples=20)
@given(SEEDS)
def test_the_spec_of_a_random_table_has_nothing_wrong_with_it(seed: int) -> None:
    spec, mistakes = parse_spec(write_spec(table_of(seed).fields))

    assert spec is not None, mistakes
    found = [each for each in check_loaded(spec, mistakes) if each.severity is not Severity.NOTE]
    assert found == []


@settings(max_examples=40)
@given(SEEDS)
def test_a_spec_gives_back_the_figures_that_it_was_written_from(seed: int) -> None:
    table = table_of(seed)
    spec, _ = parse_spec(write_spec(table.fields))
    assert spec is not None

    found = describe_fields(spec, [field.name for field in table.fields])

    for before, after in zip(table.fields, found, strict=True):
        assert (after.name, [code for code, _ in after.codes]) == (
            before.name,
            [code for code, _ in before.codes],
        )
        assert [share for _, share in after.codes] == pytest.approx(
            [share for _, share in before.codes], abs=3e-4
        )
        assert dict(after.ties) == pytest.approx(dict(before.ties), abs=0.006)
        if before.numbers is None:
            assert after.numbers is None
            continue
        assert after.numbers is not None
        fine = 0.6 * 10.0 ** -(before.numbers.decimals + 2)
        assert (after.numbers.mean, after.numbers.sd) == pytest.approx(
            (before.numbers.mean, before.numbers.sd), abs=fine
        )
        assert after.numbers.quantiles == pytest.approx(before.numbers.quantiles, abs=fine)


@settings(max_examples=40)
@given(SEEDS)
def test_the_figures_of_a_random_table_are_those_of_its_rows(seed: int) -> None:
    table = table_of(seed)

    for place, field in enumerate(table.fields):
        cells = table.cells[:, place]
        for code, share in field.codes:
            assert share == pytest.approx(np.mean(cells == code))
        numbers = field.numbers
        if numbers is None:
            assert sum(share or 0 for _, share in field.codes) == pytest.approx(1)
            continue
        values = np.array([float(each) for each in cells if each not in ABSENT])
        assert numbers.low <= values.min()
        assert values.max() <= numbers.high
        if values.size == ROWS and numbers.mean is not None:
            assert (numbers.mean, numbers.sd) == pytest.approx((values.mean(), values.std()))
        if values.size == ROWS and numbers.quantiles:
            assert numbers.quantiles == pytest.approx(np.quantile(values, QUANTILES))


@settings(max_examples=20)
@given(SEEDS)
def test_the_ties_of_a_random_table_are_correlations_of_its_rows(seed: int) -> None:
    table = draw_table(Difficulty(3, 8, tied=1.0, hard=0.0), np.random.default_rng(seed))
    by_name = {}
    for place, field in enumerate(table.fields):
        codes = {code: number for number, (code, _) in enumerate(field.codes)}
        cells = table.cells[:, place]
        if field.numbers is None and not set(codes) & set(ABSENT):
            by_name[field.name] = np.array([codes[each] for each in cells], dtype=float)
        elif not set(codes) & set(ABSENT):
            by_name[field.name] = cells.astype(float)

    for field in table.fields:
        for other, r in field.ties:
            if {field.name, other} <= set(by_name):
                pair = np.corrcoef(by_name[field.name], by_name[other])
                assert r == pytest.approx(pair[0, 1])


def test_a_row_says_where_its_cells_are() -> None:
    table = table_of(3)

    text, spans = table.write_row(5)

    cells = [text[start:stop] for start, stop in spans]
    assert cells == table.cells[5].tolist()
    assert list(json.loads(text)) == [field.name for field in table.fields]


def test_the_same_seed_draws_the_same_table() -> None:
    first, second = table_of(1), table_of(1)

    assert render_card(first.fields) == render_card(second.fields)
    assert (first.cells == second.cells).all()


def test_training_never_sees_the_words_that_unseen_names_end_with() -> None:
    rare = set(list_words()[::HELD_OUT])
    random = np.random.default_rng(0)
    seen = {word for _ in range(200) for word in _split(draw_names(5, random, held_out=False))}
    unseen = [_split([name]) for _ in range(40) for name in draw_names(5, random, held_out=True)]

    usual = {word.lower() for i, word in enumerate(list_words()) if i % HELD_OUT}
    only_rare = {word.lower() for word in rare} - usual
    assert seen & only_rare == set()
    assert sum(bool(set(words) & only_rare) for words in unseen) > len(unseen) / 3


def _split(names: list[str]) -> list[str]:
    return [word.lower() for name in names for word in name.split("_")]
