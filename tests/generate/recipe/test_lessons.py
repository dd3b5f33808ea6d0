"""Lessons: what is asked beside the choices is true of card and row, and asked of the right place."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from synllm.generate.embedded.recipe import network as network_room
from synllm.generate.embedded.recipe.batches import Batch, encode_tables
from synllm.generate.embedded.recipe.network import CardReader, Shape, deepen_network
from synllm.generate.embedded.recipe.tables import Difficulty, RandomTable, draw_table, score_cells
from synllm.generate.embedded.recipe.teacher import Teacher, look
from synllm.generate.embedded.recipe.tokenizer import SIZE, train_tokenizer
from synllm.targets.prompt.card import CardField, NumberFigures

SHAPE = Shape(SIZE, width=32, layers=5, heads=2, feed_forward=48)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer()


@pytest.fixture
def network() -> CardReader:
    torch.manual_seed(0)
    return CardReader(SHAPE)


def tied_tables(count: int) -> list[RandomTable]:
    difficulty = Difficulty(5, 5, tied=1.0)
    return [draw_table(difficulty, np.random.default_rng(seed)) for seed in range(count)]


@pytest.fixture(scope="module")
def batch(tokenizer) -> Batch:
    return encode_tables(tokenizer, tied_tables(6), [[3, 7]] * 6)


def test_lessons_say_where_a_tie_is_told_and_where_the_other_cell_ends(tokenizer) -> None:
    sex = CardField("sex", None, (('"F"', 0.5), ('"M"', 0.5)))
    age = CardField("age", NumberFigures(0, 18, 90, 50, 10), (), (("sex", -0.2),))
    bmi = CardField("bmi", NumberFigures(0, 10, 60, 25, 5), (), (("sex", 0.3), ("age", 0.5)))
    cells = np.array([['"F"', "31", "20"], ['"M"', "40", "30"]], dtype=object)
    table = RandomTable((sex, age, bmi), cells)

    batch = encode_tables(tokenizer, [table], [[0]])

    lessons = batch.lessons
    card, row = ([tokenizer.id_to_token(n) for n in part[0]] for part in (batch.card, batch.rows))
    told = [
        (
            row[token - 1],
            [card[tie] for tie in ties],
            [card[tie - 2] for tie in ties],
            [row[end - 1] for end in ends],
            [tokenizer.id_to_token(name) for name in names],
            [round(part, 2) for part in strengths],
        )
        for (_, token), ties, ends, names, strengths in zip(
            lessons.places.tolist(),
            lessons.ties.tolist(),
            lessons.ends.tolist(),
            lessons.names.tolist(),
            lessons.strengths.tolist(),
            strict=True,
        )
    ]
    # Unused places point at the first token; their strength is 0.
    assert [(t[0], t[1][:1], t[2][:1], t[3][:1], t[4][:1], t[5]) for t in told[:1]] == [
        ("age", ["<"], ["age"], ["F"], ["sex"], [1.0, 0.0, 0.0])
    ]
    assert [(t[0], t[1][:2], t[2][:2], t[3][:2], t[4][:2], t[5]) for t in told[1:]] == [
        ("bmi", [">", ">"], ["bmi", "bmi"], ["1", "F"], ["age", "sex"], [0.62, 0.38, 0.0])
    ]
    assert lessons.rising.tolist() == [0, 1]
    named = (lessons.named[0] >= 0).nonzero()[:, 0].tolist()
    assert [(card[at], tokenizer.id_to_token(lessons.named[0, at].item())) for at in named] == [
        ("<", "sex"), (">", "age"), (">", "sex"),
    ]  # fmt: skip


def test_scores_and_expectations_are_those_of_the_whole_table(tokenizer) -> None:
    for table in tied_tables(8):
        batch = encode_tables(tokenizer, [table], [range(len(table.cells))])
        shape = (len(table.cells), len(table.fields))
        scores, expected = (
            part[part.isfinite()].reshape(shape).double().numpy()
            for part in (batch.lessons.scores, batch.lessons.expected)
        )

        for place, field in enumerate(table.fields):
            values = score_cells(field, table.cells[:, place])
            there = np.isfinite(values)
            order = np.argsort(values[there], kind="stable")
            assert (np.diff(scores[there, place][order]) >= 0).all()
            assert (scores[~there, place] == 0).all()
            assert bool(expected[:, place].any()) <= bool(field.ties)
            left = scores[:, place] - expected[:, place]
            assert np.square(left).mean() <= np.square(scores[:, place]).mean() + 1e-6


def test_a_teacher_asks_where_a_head_really_looks(
    network: CardReader, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[torch.Tensor] = []
    attend = network_room._attend_rows

    def watch(own, key, value, turns):
        query, own_key, _ = own
        many = query.shape[0] // key.shape[0]
        size = query.shape[-1]
        to_card = query @ key.repeat_interleave(many, 0).transpose(2, 3)
        to_card = to_card * size**-0.5 + turns.padding.repeat_interleave(many, 0)[:, None]
        to_row = query @ own_key.transpose(2, 3) * size**-0.5 + turns.ahead
        seen.append(torch.cat((to_card, to_row), dim=-1).log_softmax(dim=-1))
        return attend(own, key, value, turns)

    monkeypatch.setattr(network_room, "_attend_rows", watch)
    with torch.no_grad():
        states = network.read(batch)
        for layer in (1, 3):
            found = look(network, layer, states, batch)
            row, token = batch.lessons.places.T
            real = seen[layer][row, 0, token]
            assert torch.allclose(found.exp(), real.exp(), atol=1e-5)


def test_lessons_are_learned(network: CardReader, batch: Batch) -> None:
    torch.manual_seed(0)
    teacher = Teacher(SHAPE.width)
    optimiser = torch.optim.AdamW([*network.parameters(), *teacher.parameters()], lr=5e-3)
    totals = []
    for _ in range(40):
        missed = teacher(network, network.read(batch), batch)
        totals.append(missed)
        optimiser.zero_grad()
        missed.sum().backward()
        optimiser.step()

    first, last = totals[0], totals[-1]
    for name in ("named", "partners", "looked", "fetched", "scores"):
        assert getattr(last, name) < 0.7 * getattr(first, name), name


def test_cards_without_ties_ask_nothing_of_them(network: CardReader, tokenizer) -> None:
    tables = [draw_table(Difficulty(3, 3), np.random.default_rng(seed)) for seed in range(2)]
    batch = encode_tables(tokenizer, tables, [[1], [2]])

    missed = Teacher(SHAPE.width)(network, network.read(batch), batch)
    missed.sum().backward()

    assert (missed.named, missed.partners, missed.looked, missed.fetched) == (0, 0, 0, 0)
    assert all(w.grad is None or w.grad.isfinite().all() for w in network.parameters())


def test_a_deepened_network_says_nearly_what_it_said(network: CardReader, batch: Batch) -> None:
    deeper = deepen_network(network, 7, 3)

    with torch.no_grad():
        before, after = network(batch), deeper(batch)
    assert deeper.shape == Shape(SIZE, width=32, layers=7, heads=2, feed_forward=48)
    assert (before - after).abs().max() < 0.1 * before.std()
