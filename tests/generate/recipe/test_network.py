"""The network in training: who sees whom, what it learns, and what transformers makes of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from synllm.compiler import compile_spec, parse_spec
from synllm.generate.embedded.recipe.batches import Batch, draw_batch, encode_tables
from synllm.generate.embedded.recipe.export import export_model
from synllm.generate.embedded.recipe.first_weights import COPYING_LAYER
from synllm.generate.embedded.recipe.lessons import plan_lessons
from synllm.generate.embedded.recipe.network import CardReader, Shape
from synllm.generate.embedded.recipe.tables import Difficulty, RandomTable
from synllm.generate.embedded.recipe.tokenizer import SIZE, train_tokenizer
from synllm.generate.embedded.recipe.training import (
    Configuration,
    Stage,
    begin_training,
    load_checkpoint,
    save_checkpoint,
    take_step,
)
from synllm.targets.prompt.card import CardField, NumberFigures

SMALL = Shape(SIZE, width=32, layers=4, heads=2, feed_forward=48)


@pytest.fixture(scope="module")
def tokenizer():
    return train_tokenizer()


@pytest.fixture(scope="module")
def batch(tokenizer) -> Batch:
    return draw_batch(tokenizer, Difficulty(2, 3), cards=3, rows=2, random=np.random.default_rng(0))


@pytest.fixture
def network() -> CardReader:
    torch.manual_seed(0)
    return CardReader(SMALL)


def scores(network: CardReader, batch: Batch) -> list[torch.Tensor]:
    """Returns the scores of each row's tokens."""
    with torch.no_grad():
        found = network(batch)
    counts = (batch.choice[:, 1:] >= 0).sum(dim=1).tolist()
    return list(found.split(counts))


def with_other_tokens(tokens: torch.Tensor, place: int) -> torch.Tensor:
    changed = tokens.clone()
    changed[place] = (changed[place] + 7) % SIZE
    return changed


def test_a_row_sees_no_other_row(network: CardReader, batch: Batch) -> None:
    before = scores(network, batch)

    after = scores(network, replace(batch, rows=with_other_tokens(batch.rows, 1)))

    same = [torch.allclose(a, b, atol=1e-5) for a, b in zip(before, after, strict=True)]
    assert same == [True, False, True, True, True, True]


def test_a_row_sees_its_own_card_and_no_other(network: CardReader, batch: Batch) -> None:
    before = scores(network, batch)

    after = scores(network, replace(batch, card=with_other_tokens(batch.card, 2)))

    same = [torch.allclose(a, b, atol=1e-5) for a, b in zip(before, after, strict=True)]
    assert same == [True, True, True, True, False, False]


def test_padding_changes_nothing(network: CardReader, batch: Batch) -> None:
    padded = replace(batch, card=torch.nn.functional.pad(batch.card, (0, 5), value=9))

    pairs = zip(scores(network, batch), scores(network, padded), strict=True)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in pairs)


def test_a_token_sees_nothing_ahead(network: CardReader, batch: Batch) -> None:
    changed = batch.rows.clone()
    changed[:, -1] = 9

    pairs = zip(scores(network, batch), scores(network, replace(batch, rows=changed)), strict=True)
    assert all(torch.allclose(a[:-1], b[:-1], atol=1e-5) for a, b in pairs)


def list_choices(tokenizer, table: RandomTable) -> list[tuple[str, str]]:
    """Returns each token of a table's first row with what may stand there, where that is a choice."""
    batch = encode_tables(tokenizer, [table], [[0]])
    shown = [tokenizer.id_to_token(each) for each in batch.rows[0].tolist()]
    allowed = [
        " ".join(sorted(tokenizer.id_to_token(each) for each in own.nonzero()[:, 0].tolist()))
        for own in batch.allowed
    ]
    return [
        (token, allowed[choice] if choice >= 0 else "")
        for token, choice in zip(shown, batch.choice[0].tolist(), strict=True)
    ]


DIGITS = "0 1 2 3 4 5 6 7 8 9"


def test_a_choice_is_where_more_than_one_token_may_follow(tokenizer) -> None:
    sex = CardField("sex", None, (('"F"', 0.5), ('"M"', 0.5)))
    age = CardField("age", NumberFigures(1, 18.0, 90.0), (('"NA"', 0.1),))
    days = CardField("days", NumberFigures(0, -5.0, 90.0))
    table = RandomTable((sex, age, days), np.array([['"F"', "31.5", "47"]], dtype=object))

    assert list_choices(tokenizer, table) == [
        ('{"', ""), ("sex", ""), ('":"', ""), ("F", "F M"), ('","', ""),
        ("age", ""), ('":', '": ":"'), ("3", DIGITS), ("1", f". {DIGITS}"),
        (".", f". {DIGITS}"), ("5", DIGITS), (',"', ""),
        ("days", ""), ('":', '": ":-'), ("4", DIGITS), ("7", f"{DIGITS} }}"), ("}", f"{DIGITS} }}"),
    ]  # fmt: skip


def test_a_missing_number_is_chosen_once(tokenizer) -> None:
    age = CardField("age", NumberFigures(0, 18.0, 90.0), (('"NA"', 0.1), ("null", 0.1)))

    missing = [
        list_choices(tokenizer, RandomTable((age,), np.array([[cell]], dtype=object)))[2:]
        for cell in ('"NA"', "null")
    ]

    assert missing == [
        [('":"', '": ":"'), ("N", ""), ("A", ""), ('"}', "")],
        [('":', '": ":"'), ("null", f"{DIGITS} null"), ("}", "")],
    ]


def test_every_token_that_is_chosen_is_allowed(tokenizer) -> None:
    for seed in range(20):
        difficulty = Difficulty(2, 12, tied=0.5)
        batch = draw_batch(tokenizer, difficulty, 3, 4, np.random.default_rng(seed))
        chosen = batch.choice >= 0
        assert batch.allowed[batch.choice[chosen], batch.rows[chosen]].all()


def test_training_lowers_the_loss_on_a_fixed_batch(network: CardReader, batch: Batch) -> None:
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    losses = []
    for _ in range(12):
        loss = network.loss(network.read(batch), batch)
        losses.append(loss.item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()

    assert losses[-1] < 0.7 * losses[0]


def test_a_training_goes_on_from_its_checkpoint_as_if_never_stopped(
    tokenizer, tmp_path: Path
) -> None:
    stages = (
        Stage(1, Difficulty(2, 3), cards=2, rows=2, layers=4),
        Stage(10, Difficulty(4, 5, tied=1.0), cards=2, rows=2, layers=5, lessons=0.3),
    )
    configuration = Configuration(stages, warm_up=1)
    device = torch.device("cpu")

    def step(training) -> float:
        return take_step(training, tokenizer, configuration, 1.0, device)

    whole = begin_training(SMALL, tokenizer)
    step(whole)
    step(whole)
    save_checkpoint(whole, tmp_path / "stopped.pt")
    resumed = load_checkpoint(tmp_path / "stopped.pt")

    assert step(resumed) == step(whole)
    counts = [(each.step, each.tokens, each.began) for each in (resumed, whole)]
    assert counts[0] == counts[1]
    assert resumed.network.shape.layers == 5
    assert all(
        torch.equal(a, b)
        for part in ("network", "teacher")
        for a, b in zip(
            getattr(resumed, part).parameters(), getattr(whole, part).parameters(), strict=True
        )
    )


def test_a_checkpoint_of_the_default_shape_is_small(tokenizer, tmp_path: Path) -> None:
    training = begin_training(Shape(SIZE), tokenizer)
    for part in (training.network, training.teacher):
        for weight in part.parameters():
            weight.grad = torch.zeros_like(weight)
    training.optimiser.step()
    save_checkpoint(training, tmp_path / "one.pt")

    assert (tmp_path / "one.pt").stat().st_size < 16_000_000


def test_transformers_reads_an_exported_model_as_it_was_trained(
    tokenizer, batch: Batch, tmp_path: Path
) -> None:
    from synllm.generate.models import load_model

    training = begin_training(SMALL, tokenizer)
    with torch.no_grad():
        for weight in training.network.parameters():
            weight.copy_(weight.half())
    export_model(training.network, tokenizer.to_str(), tmp_path)
    model = load_model(str(tmp_path), device="cpu")

    card = batch.card[0, : batch.lengths[0]]
    own = batch.rows[0] > 0  # Padding is token 0.
    text = torch.cat((card, batch.rows[0][own]))[None]
    asked = (batch.choice[0] >= 0).nonzero()[:, 0] - 1
    with torch.no_grad():
        found = model.network(text).logits[0, len(card) + asked]
    assert torch.allclose(found, scores(training.network, batch)[0], atol=1e-4)
    assert model.trained


def test_a_card_and_a_row_are_read_as_they_were_trained(tokenizer, tmp_path: Path) -> None:
    from synllm.generate.embedded.recipe.batches import ASSISTANT, USER
    from synllm.generate.models import load_model
    from synllm.generate.prompt_text import render_prompt

    export_model(begin_training(SMALL, tokenizer).network, tokenizer.to_str(), tmp_path)
    model = load_model(str(tmp_path), device="cpu")
    card = '20"age":43,20"age":50\n05"stroke":1,95"stroke":0~30"age"~"stroke":<'

    text = render_prompt(model.tokenizer, [{"role": "user", "content": card}], name="m")

    assert text == f"{USER}{card}{ASSISTANT}"
    assert model.tokenizer(text).input_ids == tokenizer.encode(text).ids


def test_a_run_tells_such_a_model_the_card(tokenizer, tmp_path: Path) -> None:
    from synllm.generate.decode import RowDecoder
    from synllm.generate.models import load_model
    from synllm.generate.settings import RunSettings

    export_model(begin_training(SMALL, tokenizer).network, tokenizer.to_str(), tmp_path)
    model = load_model(str(tmp_path), device="cpu")
    spec, _ = parse_spec(
        'synspec 1\ntable t "T" {\n  a : integer in 0..9 "A"\n  b : yes/no coded 1/0 "B"\n}\n'
        "statistics {\n  b shares {yes: 25%}\n}\n"
    )
    assert spec is not None

    decoder = RowDecoder(compile_spec(spec), model, RunSettings(rows=3, steer=0))

    card = '20"a":1,20"a":3,20"a":4,20"a":6,20"a":8\n25"b":1,75"b":0'
    assert decoder.prompt.as_chat() == [{"role": "user", "content": card}]
    assert all(0 <= row["a"] <= 9 for row in decoder.sample(3))


def test_a_model_for_another_kind_of_prompt_is_refused(tokenizer, tmp_path: Path) -> None:
    from synllm.generate.errors import ModelError
    from synllm.generate.models import load_model

    export_model(begin_training(SMALL, tokenizer).network, tokenizer.to_str(), tmp_path)
    config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    config["synllm"]["prompt"] = "letter"
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")

    with pytest.raises(ModelError, match="this version doesn't write: letter"):
        load_model(str(tmp_path), device="cpu")


def test_at_first_three_heads_look_one_two_and_three_tokens_back(tokenizer) -> None:
    torch.manual_seed(0)
    network = begin_training(Shape(SIZE), tokenizer).network
    tokens = torch.randint(0, SIZE, (1, 40))
    layer, states = network.model.layers[0], network.model.embed_tokens(tokens)
    angle = torch.arange(40)[:, None] * network.shape.theta ** (-torch.arange(0, 32, 2) / 32)
    turn = angle.repeat(1, 2).cos()[None, None], angle.repeat(1, 2).sin()[None, None]
    query, key, _ = layer.self_attn.split(layer.input_layernorm(states), turn)

    scores = query @ key.transpose(2, 3) * 32**-0.5
    looked_at = scores.masked_fill(torch.ones(40, 40).triu(1) > 0, -torch.inf).argmax(dim=-1)

    places = torch.arange(4, 40)
    assert [(places - looked_at[0, head, 4:]).tolist() for head in range(3)] == [
        [back] * 36 for back in (1, 2, 3)
    ]


def test_at_first_copying_heads_look_at_what_followed_the_same_tokens(tokenizer) -> None:
    torch.manual_seed(0)
    network = begin_training(Shape(SIZE), tokenizer).network
    tokens = torch.randint(0, SIZE, (20, 60))
    # The last three tokens stood at places 20 to 22 as well: what followed is at 23.
    tokens[:, -3:] = tokens[:, 20:23]
    rows = torch.zeros(20, 1, dtype=torch.int64)
    allowed = torch.ones(1, SIZE, dtype=torch.bool)
    lessons = plan_lessons(tokenizer.get_vocab(), tokens.tolist(), [])
    batch = Batch(tokens, torch.full((20,), 60), rows, rows - 1, allowed, lessons)
    seen: list[torch.Tensor] = []
    attention = network.model.layers[COPYING_LAYER].self_attn
    split = attention.split

    def watch(hidden, turn):
        found = split(hidden, turn)
        seen.append(found[0][:, :2, -1:] @ found[1][:, :2].transpose(2, 3))
        return found

    attention.split = watch
    with torch.no_grad():
        network(batch)

    looked_at = seen[0].squeeze(2).argmax(dim=-1)
    assert (looked_at == 23).float().mean() > 0.8
