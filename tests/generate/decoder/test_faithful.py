"""What is written is what the model says: step by step, and by weights its own distribution."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from synllm.generate.column_cells import list_rows
from synllm.generate.decoder.prepare import prepare_writer
from synllm.generate.decoder.slot_writer import SlotWriter
from synllm.generate.models import LoadedModel, load_model
from synllm.generate.prompt_text import render_prompt
from synllm.rowspace.sample import list_cells
from synllm.rowspace.space import build_row_space
from synllm.spec.evaluate import row_is_valid
from synllm.spec.expressions import Arithmetic, ColumnValue, Compare, Is
from synllm.spec.model import Rule, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code
from tests.generate.decoder.networks import plain_scores
from tests.specs_in_code import category_column, number, number_column

MESSAGES = [
    {"role": "system", "content": "You write rows."},
    {"role": "user", "content": "Write one row as a JSON object."},
]


def small() -> Spec:
    """Few rows: two numbers that together are not too large, and one that not all have."""
    columns = (
        category_column("sex", "Female", "Male"),
        number_column("left", "8", "12", missing=[Code("NA")]),
        number_column("right", "98", "101"),
        number_column(
            "dose",
            "0.5",
            "2.5",
            1,
            listed=["0.5", "1.0", "2.5"],
            applies_when=Is("sex", frozenset({"Female"})),
        ),
    )
    together = Arithmetic("+", ColumnValue("left"), ColumnValue("right"))
    return Spec(
        "small",
        "A small table",
        columns,
        rules=(Rule("sum", "Sum", None, Compare("<=", together, number("109"))),),
    )


@dataclass
class Prepared:
    """A writer of the small spec's rows, and each valid row's tokens and scores by plain passes."""

    model: LoadedModel
    nodes: int | None
    temperature: float = 1.0

    @cached_property
    def writer(self) -> SlotWriter:
        spec = small()
        core = lower(spec)
        nodes = {} if self.nodes is None else {"nodes": self.nodes}
        space = build_row_space(spec, core, **nodes)
        assert space is not None
        return prepare_writer(
            spec,
            space,
            {column.name: list_cells(core.by_name[column.name]) for column in spec.columns},
            self.model,
            self.prompt,
            temperature=self.temperature,
            score=True,
        )

    @cached_property
    def prompt(self) -> str:
        return render_prompt(self.model.tokenizer, MESSAGES, name="small")

    @cached_property
    def rows(self) -> list[tuple[int, ...]]:
        """The places of all valid rows, fields in the writer's order."""
        listings = self.writer.walk.listings
        fields = self.writer.plan.fields
        usable = [np.flatnonzero(self.writer.plan.tries[name].tokens[:, 0] >= 0) for name in fields]
        every = np.array(list(product(*usable)))
        places = {name: every[:, number] for number, name in enumerate(fields)}
        rows = list_rows(small(), listings, places)
        return [
            tuple(own)
            for own, row in zip(every.tolist(), rows, strict=True)
            if row_is_valid(row, small())
        ]

    @cached_property
    def tokens(self) -> list[list[int]]:
        """Each valid row's tokens as the tokenizer gives them after the prompt, to the end."""
        plan = self.writer.plan
        found = []
        for row in self.rows:
            own = plan.text_tokens(dict(zip(plan.fields, row, strict=True)))
            text = b"".join(self.model.token_bytes[token] for token in own).decode()
            whole = self.model.tokenizer(self.prompt + plan.opening + text).input_ids

            assert whole[len(whole) - len(own) :] == own

            found.append(whole)
        return found

    @cached_property
    def begun(self) -> int:
        """The number of tokens that all rows have in common."""
        return next(
            place
            for place in range(len(self.tokens[0]))
            if len({own[place] for own in self.tokens}) > 1
        )

    @cached_property
    def log_chances(self) -> list[np.ndarray]:
        """The logarithm of every token's chance after each token of each row."""
        scores = [plain_scores(self.model.network, own) for own in self.tokens]
        return [each - np.log(np.exp(each).sum(axis=1, keepdims=True)) for each in scores]

    @cached_property
    def log_model(self) -> np.ndarray:
        """The logarithm of the model's probability of each row."""
        return np.array(
            [
                sum(chances[at - 1, own[at]] for at in range(self.begun, len(own)))
                for own, chances in zip(self.tokens, self.log_chances, strict=True)
            ]
        )

    @cached_property
    def log_written(self) -> np.ndarray:
        """The same where each token is chosen among those that lead to a valid row."""
        found = []
        for own, chances in zip(self.tokens, self.log_chances, strict=True):
            total = 0.0
            for at in range(self.begun, len(own)):
                allowed = {other[at] for other in self.tokens if other[:at] == own[:at]}
                warm = {each: chances[at - 1, each] / self.temperature for each in allowed}
                total += warm[own[at]] - np.logaddexp.reduce(list(warm.values()))
            found.append(total)
        return np.array(found)

    def write(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Which valid row each written one is, and its weight's logarithm."""
        number = {row: place for place, row in enumerate(self.rows)}
        which, weights = [], []
        for first in range(0, count, 2_000):
            found = self.writer.write(np.arange(first, first + 2_000), seed=5)
            columns = [found.places[name].tolist() for name in self.writer.plan.fields]
            which += [number[row] for row in zip(*columns, strict=True)]
            weights.append(found.log_model - found.log_chance)
        return np.array(which), np.concatenate(weights)


@pytest.fixture(scope="module", params=["gpt2", "llama", "mistral", "qwen2", "gemma", "wide"])
def model(request: pytest.FixtureRequest, make_folder: Callable[..., Path]) -> LoadedModel:
    return load_model(str(make_folder(request.param)), device="cpu")


def chi_square(which: np.ndarray, chance: np.ndarray) -> float:
    """How likely counts so far from the chances are, rare rows taken together."""
    counts = np.bincount(which, minlength=chance.size)
    order = np.argsort(chance)
    expected = chance[order] * which.size
    group = np.cumsum(expected) // 10
    merged = [np.bincount(group.astype(int), weights=each) for each in (counts[order], expected)]
    kept = merged[1] > 0
    observed, wanted = merged[0][kept], merged[1][kept]
    return float(stats.chisquare(observed, wanted * observed.sum() / wanted.sum()).pvalue)


def weighted_chi_square(cells: np.ndarray, weight: np.ndarray, chance: np.ndarray) -> float:
    """How likely weighted counts of cells so far from the chances are."""
    kept = chance > 0
    apart = (cells[:, None] == np.flatnonzero(kept)) - chance[kept]
    total = weight @ apart
    spread = (apart * weight[:, None] ** 2).T @ apart
    statistic = total @ np.linalg.pinv(spread) @ total
    return float(stats.chi2.sf(statistic, kept.sum() - 1))


def test_each_token_is_chosen_by_the_models_chances_among_those_that_lead_to_a_row(
    model: LoadedModel,
) -> None:
    check_steps(Prepared(model, None))


@pytest.mark.parametrize(("shape", "nodes"), [("gpt2", None), ("gpt2", 0), ("llama", None)])
def test_weights_give_the_models_own_distribution_over_valid_rows(
    shape: str, nodes: int | None, make_folder: Callable[..., Path]
) -> None:
    """Models whose rows are not so unlike their weighted ones that few of them count."""
    prepared = Prepared(load_model(str(make_folder(shape)), device="cpu"), nodes)
    which, log_weight = check_steps(prepared)
    exact = np.exp(prepared.log_model - prepared.log_model.max())
    exact /= exact.sum()
    for place in range(len(prepared.rows[0])):
        cells = np.array(prepared.rows)[:, place]
        weight = np.exp(log_weight - log_weight.max())
        chance = np.bincount(cells, weights=exact)

        assert weighted_chi_square(cells[which], weight, chance) > 0.001

    assert chi_square(which, exact) < 1e-6


def check_steps(prepared: Prepared) -> tuple[np.ndarray, np.ndarray]:
    """Check the written rows and their weights; return which they are, and these."""
    which, log_weight = prepared.write(6_000)
    written = np.exp(prepared.log_written)

    assert written.sum() == pytest.approx(1)
    assert np.allclose(log_weight, (prepared.log_model - prepared.log_written)[which], atol=1e-3)
    assert chi_square(which, written) > 0.001

    return which, log_weight


def test_a_temperature_is_applied_step_by_step(make_folder: Callable[..., Path]) -> None:
    prepared = Prepared(load_model(str(make_folder("gpt2")), device="cpu"), None, temperature=0.6)
    which, _ = prepared.write(4_000)

    assert chi_square(which, np.exp(prepared.log_written)) > 0.001


def test_at_temperature_zero_every_row_is_the_likeliest_step_by_step(model: LoadedModel) -> None:
    prepared = Prepared(model, None, temperature=0.0)
    which, _ = prepared.write(2_000)
    prepared.temperature = 1e-3
    expected = int(np.argmax(prepared.log_written))

    assert set(which.tolist()) == {expected}


def test_rows_are_the_same_in_batches_of_any_size(model: LoadedModel) -> None:
    writer = Prepared(model, None).writer
    together = writer.write(np.arange(64), seed=9).places
    for size in (1, 7, 64):
        for first in range(0, 64, size):
            numbers = np.arange(first, min(first + size, 64))
            apart = writer.write(numbers, seed=9).places

            assert all((apart[name] == together[name][numbers]).all() for name in together)
