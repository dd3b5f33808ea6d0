"""Rows under a pattern: always whole, reproducible, drawn with the model's own odds."""

import contextlib
import math
import random
import re
import time
from collections import Counter

import pytest
import torch

from synllm.generate import constrained
from synllm.generate.constrained import RowWriter, Unfinished
from synllm.generate.models import LoadedModel, ModelError, load_model
from synllm.generate.row_index import compile_index, measure_rows
from synllm.generate.row_processor import RowProcessor

ROW = (
    r'\{"sex":"(Female|Male)","age":(0|[1-9][0-9]?)\.[0-9]{2},"unit":("µg"|"日本"|null),'
    r'"site":"(Orléans|Oslo|New York)"\}'
)
MESSAGES = [
    {"role": "system", "content": "You write rows."},
    {"role": "user", "content": "Write one row as a JSON object: sex, age, unit, site. " * 4},
]


def _write(model: LoadedModel, regex: str = ROW, count: int = 16, **settings):
    settings = {"seed": 7, "temperature": 1.0, **settings}
    return RowWriter(model, regex).write_batch(MESSAGES, count, **settings)


def test_every_row_matches_the_whole_pattern_with_every_kind_of_model(small_model):
    rows = _write(small_model)

    assert len(rows) == 16
    assert all(re.fullmatch(ROW, row) for row in rows)


def test_every_category_occurs_and_rows_differ(untrained):
    rows = _write(untrained, count=200)

    assert len(set(rows)) >= 190
    for part in ("Female", "Male", "µg", "日本", "null", "Orléans", "Oslo", "New York"):
        assert sum(f"{part}" in row for row in rows) >= 10


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(small_model):
    writer = RowWriter(small_model, ROW)
    first = writer.write_batch(MESSAGES, 8, seed=1)

    assert writer.write_batch(MESSAGES, 8, seed=1) == first
    assert RowWriter(small_model, ROW).write_batch(MESSAGES, 8, seed=1) == first
    assert writer.write_batch(MESSAGES, 8, seed=2) != first


def test_no_random_state_and_no_thread_setting_outside_changes(untrained):
    torch.manual_seed(3)
    random.seed(3)
    before = torch.get_rng_state(), random.getstate(), torch.get_num_threads()
    _write(untrained)

    assert torch.equal(torch.get_rng_state(), before[0])
    assert (random.getstate(), torch.get_num_threads()) == before[1:]


def test_temperature_zero_takes_the_likeliest_row_every_time(small_model):
    rows = _write(small_model, count=4, temperature=0.0)

    assert len(set(rows)) == 1
    assert rows == _write(small_model, count=4, temperature=0.0, seed=8)


def test_one_row_alone_can_be_written(untrained):
    (row,) = _write(untrained, count=1)

    assert re.fullmatch(ROW, row)


def test_remembering_the_prompt_changes_no_row(small_model, monkeypatch):
    remembered = _write(small_model)
    monkeypatch.setattr(constrained, "read_prompt", lambda network, tokens: None)

    assert _write(small_model) == remembered


def test_the_prompt_is_read_once_for_all_batches(untrained, monkeypatch):
    reads = []
    read = constrained.read_prompt
    monkeypatch.setattr(
        constrained, "read_prompt", lambda *given: reads.append(given) or read(*given)
    )
    writer = RowWriter(untrained, ROW)
    for seed in range(3):
        writer.write_batch(MESSAGES, 4, seed=seed)
    writer.write_batch(MESSAGES[:1], 4, seed=0)

    assert len(reads) == 2


def test_the_prompt_matters(make_folder):
    model = load_model(str(make_folder("gpt2")), device="cpu")
    writer = RowWriter(model, ROW)
    other = [{"role": "user", "content": "Something else."}]

    assert writer.write_batch(MESSAGES, 8, seed=1) != writer.write_batch(other, 8, seed=1)


def test_a_cut_row_is_unfinished_and_never_a_row(untrained):
    rows = _write(untrained, max_new_tokens=30)
    rows += _write(untrained, max_new_tokens=5)

    assert any(isinstance(row, Unfinished) for row in rows)
    for row in rows:
        if isinstance(row, Unfinished):
            assert row.text.startswith('{"sex')
            assert row.tokens in (30, 5)
        else:
            assert re.fullmatch(ROW, row)


def test_a_row_as_long_as_the_limit_is_whole(untrained):
    regex = r'\{"age":[0-9]\}'
    longest = RowWriter(untrained, regex).row_tokens[1]

    rows = _write(untrained, regex, count=64, max_new_tokens=longest)

    assert all(re.fullmatch(regex, row) for row in rows)


def test_a_pattern_without_a_longest_row_is_cut_at_the_limit(untrained):
    regex = r'\{"note":"[a-z]*"\}'
    writer = RowWriter(untrained, regex)
    rows = writer.write_batch(MESSAGES, 8, seed=0, max_new_tokens=12)

    assert writer.row_tokens[1] is None
    assert any(isinstance(row, Unfinished) for row in rows)


@pytest.mark.parametrize(
    "settings",
    [{"count": 0}, {"temperature": -1.0}, {"temperature": math.nan}, {"max_new_tokens": 0}],
)
def test_senseless_settings_are_refused(untrained, settings):
    with pytest.raises(ValueError, match="no rows can be written"):
        _write(untrained, **settings)


def test_a_prompt_longer_than_the_context_is_one_message(make_folder):
    model = load_model(str(make_folder("gpt2")), device="cpu")
    long = [{"role": "user", "content": "x y " * 400}]

    with pytest.raises(
        ModelError, match=r"The prompt has \d+ tokens .* reads 512 in all"
    ) as caught:
        RowWriter(model, ROW).write_batch(long, 2, seed=0)
    assert "shorter prompt" in caught.value.fix


def test_a_row_that_outgrows_the_context_is_one_message(make_folder):
    model = load_model(str(make_folder("gpt2")), device="cpu")
    regex = r'\{"note":"(x|5{600})"\}'

    with pytest.raises(ModelError, match="a row takes more than the"):
        RowWriter(model, regex).write_batch(MESSAGES, 16, seed=0)


def test_a_row_that_fits_into_the_rest_of_the_context_is_written(make_folder):
    model = load_model(str(make_folder("gpt2")), device="cpu")
    writer = RowWriter(model, r'\{"note":"(v|w|x|y|5{600})"\}')
    rows: list[object] = []
    for seed in range(8):
        with contextlib.suppress(ModelError):
            rows += writer.write_batch(MESSAGES, 1, seed=seed)

    assert rows
    assert set(rows) <= {f'{{"note":"{letter}"}}' for letter in "vwxy"}


def test_numbers_that_overflow_are_one_message(untrained, monkeypatch):
    forward = untrained.network.forward

    def overflow(*given, **settings):
        result = forward(*given, **settings)
        result.logits = result.logits * math.nan
        return result

    monkeypatch.setattr(untrained.network, "forward", overflow)

    with pytest.raises(ModelError, match="--dtype float32"):
        _write(untrained)


def test_memory_that_runs_out_is_one_message(untrained, monkeypatch):
    def fail(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(untrained.network, "forward", fail)

    with pytest.raises(ModelError, match="smaller --batch"):
        _write(untrained)


def test_an_interrupt_passes_and_the_next_batch_is_as_if_nothing_happened(untrained, monkeypatch):
    writer = RowWriter(untrained, ROW)
    expected = writer.write_batch(MESSAGES, 4, seed=1)
    calls = []
    forward = untrained.network.forward

    def interrupt(*given, **settings):
        calls.append(1)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return forward(*given, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(untrained.network, "forward", interrupt)
        with pytest.raises(KeyboardInterrupt):
            writer.write_batch(MESSAGES, 4, seed=1)

    assert writer.write_batch(MESSAGES, 4, seed=1) == expected


def test_nothing_is_printed_while_writing(untrained, capfd):
    _write(untrained)

    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_half_precision_writes_whole_rows(dtype, untrained_folder):
    rows = _write(load_model(str(untrained_folder), device="cpu", dtype=dtype))

    assert all(re.fullmatch(ROW, row) for row in rows)


# The pattern as an automaton


def _compile(model: LoadedModel, regex: str):
    end = model.tokenizer.eos_token_id
    return compile_index(regex, model.token_bytes, end=end, name=model.name)


def _walk(model: LoadedModel, index, logits, *, rows: int, temperature: float = 1.0) -> list[str]:
    """Write rows with the given logits in the model's place."""
    processor = RowProcessor(index, end=model.tokenizer.eos_token_id, name=model.name)
    processor.prepare(seed=11, temperature=temperature)
    written = torch.zeros(rows, 1, dtype=torch.long)
    while not (len(written[0]) > 1 and all(processor.complete)):
        chosen = processor(written, logits(rows, model.network.config.vocab_size)).argmax(dim=1)
        written = torch.cat([written, chosen[:, None]], dim=1)
    return [b"".join(model.token_bytes[t] for t in tokens).decode() for tokens in processor.tokens]


ADVERSARIES = {
    "noise": lambda *shape: torch.randn(shape) * 50,
    "infinite": lambda *shape: torch.randn(shape).sign() * torch.inf,
    "all ruled out": lambda *shape: torch.full(shape, -torch.inf),
    "huge": lambda *shape: torch.randn(shape) * 3e38,
    "end token at any price": lambda *shape: torch.full(shape, -9e9).index_fill(
        1, torch.arange(3), 9e9
    ),
}


@pytest.mark.parametrize("adversary", ADVERSARIES)
@pytest.mark.parametrize("temperature", [0.0, 1e-9, 1.0, 100.0])
def test_no_logits_lead_out_of_the_pattern(small_model, adversary, temperature):
    rows = _walk(
        small_model,
        _compile(small_model, ROW),
        ADVERSARIES[adversary],
        rows=8,
        temperature=temperature,
    )

    assert all(re.fullmatch(ROW, row) for row in rows)


def test_every_branch_can_be_reached(small_model, untrained):
    regex = r'\{"a":("é"|"ée"|-?[0-2]|67|null|true),"b":(0\.[05]|1)\}'
    values = ['"é"', '"ée"', "0", "1", "2", "-0", "-1", "-2", "67", "null", "true"]
    expected = {f'{{"a":{a},"b":{b}}}' for a in values for b in ("0.0", "0.5", "1")}
    for model in (small_model, untrained):
        rows = _walk(model, _compile(model, regex), torch.zeros, rows=1_000)

        assert set(rows) == expected


def test_allowed_tokens_are_those_of_outlines_own_guide(small_model):
    import numpy
    from outlines_core import Guide

    index = _compile(small_model, ROW)
    processor = RowProcessor(index, end=small_model.tokenizer.eos_token_id, name="m")
    choice, size = random.Random(2), small_model.network.config.vocab_size
    for _ in range(20):
        guide, state = Guide(index), index.get_initial_state()
        while not guide.is_finished():
            mask = numpy.zeros(size // 32 + 1, dtype=numpy.int32)
            guide.write_mask_into(mask.ctypes.data, mask.size, mask.itemsize)
            bits = numpy.unpackbits(mask.view(numpy.uint8), bitorder="little")
            ours = processor._list_allowed(state).tolist()

            assert ours == numpy.flatnonzero(bits).tolist()
            token = choice.choice(ours)
            guide.advance(token, return_tokens=False)
            state = index.get_next_state(state, token)


def test_tokens_are_drawn_with_the_odds_of_the_model(untrained):
    index = _compile(untrained, r"[0-3]\}")
    digits = {written: t for t, written in untrained.token_bytes.items()}
    odds = torch.zeros(untrained.network.config.vocab_size)
    for digit, weight in zip(b"0123", (0.5, 0.3, 0.15, 0.05), strict=True):
        odds[digits[bytes([digit])]] = math.log(weight)
    # Temperature 1/2 squares the odds.
    for temperature, power in ((1.0, 1), (0.5, 2)):
        rows = _walk(
            untrained,
            index,
            lambda rows, size: odds.repeat(rows, 1),
            rows=20_000,
            temperature=temperature,
        )
        total = sum(weight**power for weight in (0.5, 0.3, 0.15, 0.05))
        counts = Counter(rows)
        for digit, weight in zip("0123", (0.5, 0.3, 0.15, 0.05), strict=True):
            assert counts[digit + "}"] / 20_000 == pytest.approx(weight**power / total, abs=0.012)


@pytest.mark.parametrize("regex", [r"\{.*\}", r"[0-9]+", r"[0-9]{1,2}(\.[0-9])?"])
def test_a_pattern_that_does_not_close_itself_is_a_programming_error(untrained, regex):
    with pytest.raises(ValueError, match="can go on"):
        RowWriter(untrained, regex)


@pytest.mark.parametrize("regex", ["(", "(?=a)b}"])
def test_a_pattern_that_outlines_refuses_is_one_message(untrained, regex):
    with pytest.raises(ModelError, match="can't be compiled"):
        RowWriter(untrained, regex)


def test_characters_that_the_tokenizer_lacks_are_named(make_folder):
    model = load_model(str(make_folder("asciionly")), device="cpu")

    with pytest.raises(ModelError, match=r"no token for µ é, which rows contain"):
        RowWriter(model, r'\{"unit":"(µg|é|x)"\}')
    assert RowWriter(model, r'\{"sex":"(Female|Male)"\}').write_batch(MESSAGES, 2, seed=0)


@pytest.mark.parametrize(
    ("regex", "shortest", "longest"),
    [
        (r"\}", 1, 1),
        (r"[0-9]{2,4}\}", 2, 5),  # Two digits can be one token, as before a quotation mark.
        (r"(é|7)\}", 2, 3),
        (r"[0-9]*\}", 1, None),
    ],
)
def test_rows_are_measured_in_tokens(untrained, regex, shortest, longest):
    assert measure_rows(_compile(untrained, regex)) == (shortest, longest)


def test_a_small_model_is_quick(untrained):
    """Twelve fields after 3,000 characters, in processor time so that a busy machine passes."""
    fields = [f'"field_{place}":"(low|high|Unknown)"' for place in range(6)]
    fields += [rf'"level_{place}":[1-9][0-9]\.[0-9]{{2}}' for place in range(6)]
    writer = RowWriter(untrained, r"\{" + ",".join(fields) + r"\}")
    prompt = [{"role": "user", "content": "The mean glucose level is 106.15 mg/dl. " * 75}]
    writer.write_batch(prompt, 32, seed=0)
    start = time.process_time()
    writer.write_batch(prompt, 32, seed=1)

    assert 32 / (time.process_time() - start) >= 3
