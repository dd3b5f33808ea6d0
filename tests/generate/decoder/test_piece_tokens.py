"""Every cell's tokens are the tokenizer's own, whatever kind of tokenizer it is."""

from collections.abc import Iterator

import numpy as np
import pytest

from synllm.generate.column_cells import place_value
from synllm.generate.decoder.cell_texts import write_cells
from synllm.generate.decoder.piece_tokens import ABSENT, Piece, tokenize_cells
from synllm.generate.decoder.plan import plan_rows
from synllm.rowspace.sample import Listing, list_cells
from synllm.spec.model import Column, Spec
from synllm.spec.passes.lower import lower
from synllm.spec.values import MISSING, NOT_APPLICABLE
from synllm.targets.row_format import RowFormat, json_value
from tests.generate.decoder.spoken import (
    awkward,
    awkward_listings,
    awkward_plan,
    encode_with,
    speak,
)
from tests.generate.small_tokenizers import TOKENIZERS, only_digits_split
from tests.specs_in_code import category_column, number_column

COLUMNS = [column.name for column in awkward().generated_columns]
KINDS = sorted(TOKENIZERS)


def usable_places(column: Column, listing: Listing) -> Iterator[int]:
    """The places that the column has; all absences are listed, whether it has them or not."""
    for place in range(listing.size):
        value = place_value(column, listing, place)
        if value is MISSING and not column.missing_codes:
            continue
        if value is NOT_APPLICABLE and column.applies_when is None:
            continue
        yield place


def as_written(table: np.ndarray, place: int) -> list[int]:
    return table[place][table[place] != ABSENT].tolist()


@pytest.mark.parametrize("name", COLUMNS)
def test_texts_of_cells_are_those_of_rows(name: str) -> None:
    column, listing = awkward().by_name[name], awkward_listings()[name]
    cells = write_cells(column, listing)
    texts = [*(cells.number(place) for place in range(cells.numbers)), *cells.others]
    usable = set(usable_places(column, listing))

    assert len(texts) == listing.size
    for place, text in enumerate(texts):
        value = place_value(column, listing, place)

        assert text == (json_value(column, value) if place in usable else None)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", COLUMNS)
def test_tokens_of_cells_are_those_that_the_tokenizer_gives_for_the_whole_piece(
    kind: str, name: str
) -> None:
    encoder, _ = speak(kind)
    column, listing = awkward().by_name[name], awkward_listings()[name]
    cells = write_cells(column, listing)
    piece = Piece('{"', f'{name}":', ',"')
    places = list(usable_places(column, listing))
    texts = [json_value(column, place_value(column, listing, place)) for place in places]
    table = tokenize_cells(encoder, piece, cells)
    wholes = encoder.encode([piece.before + piece.head + text + piece.tail for text in texts])

    assert table.shape[0] == listing.size
    assert (table[:, 0] != ABSENT).sum() == len(places)
    for place, text, whole in zip(places, texts, wholes, strict=True):
        own = piece.head + text + piece.tail
        parts = encoder.cut(whole, [len(own.encode())])

        # Where one token reaches into the piece from before it, the piece is written by itself.
        assert as_written(table, place) == (parts[0] if parts else encoder.encode([own])[0])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [1, -1])
def test_the_tokens_of_a_row_spell_it(kind: str, order: int) -> None:
    spec, listings = awkward(), awkward_listings()
    fields, spelled = COLUMNS[::order], speak(kind)[1]
    plan = awkward_plan(kind, order)
    random = np.random.default_rng(order + 1)
    usable = {
        name: list(usable_places(spec.by_name[name], listing)) for name, listing in listings.items()
    }
    for _ in range(50):
        places = {name: int(random.choice(usable[name])) for name in fields}
        row = {
            name: place_value(spec.by_name[name], listings[name], place)
            for name, place in places.items()
        }
        written = b"".join(spelled[token] for token in plan.text_tokens(places))

        assert plan.opening + written.decode() == RowFormat(spec, tuple(fields)).write_row(row)


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"without splits", "only digits split"}))
def test_rows_are_written_as_the_tokenizer_writes_them_as_a_whole(kind: str) -> None:
    assert awkward_plan(kind).canonical == 1.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [1, -1])
def test_cells_that_are_written_differently_part_at_some_token(kind: str, order: int) -> None:
    """Were one cell's tokens the beginning of another's, what follows could be read as either."""
    plan = awkward_plan(kind, order)
    for name, trie in plan.tries.items():
        sequences = {tuple(as_written(trie.tokens, place)) for place in range(len(trie.tokens))}
        beginnings = {each[:length] for each in sequences - {()} for length in range(1, len(each))}

        assert not sequences & beginnings, name


def test_a_token_that_holds_all_that_stands_between_two_numbers_is_written_in_two() -> None:
    """Here only a cut right after a number would part no token."""
    lines = (f'{{"age":{age},"sex":"Female","years":{age}}}' for age in range(300))
    encoder, spelled = encode_with(only_digits_split(lines))
    columns = (
        number_column("age", "0", "40"),
        category_column("sex", "Female", "Male"),
        number_column("years", "0", "12"),
    )
    spec = Spec("joined", "A table", columns)
    core = lower(spec)
    listings = {column.name: list_cells(core.by_name[column.name]) for column in columns}
    plan = plan_rows(spec, ["age", "sex", "years"], listings, encoder)
    tokens = plan.text_tokens({"age": 12, "sex": 0, "years": 1})

    assert len(encoder.encode([',"sex":"Female","years":'])[0]) == 1
    assert b"".join(spelled[token] for token in tokens) == b'age":12,"sex":"Female","years":1}'
    assert [trie.nodes for trie in plan.tries.values()] == [5, 1, 2]


def test_a_cut_gives_the_parts_of_a_text_or_nothing_where_a_token_reaches_across() -> None:
    encoder, spelled = speak("without splits")
    text = '{"sex":"Female","age":67,"weight":12'
    tokens = encoder.encode([text])[0]
    ends = np.cumsum([len(spelled[token]) for token in tokens[::-1]])[::-1].tolist()

    assert encoder.cut(tokens, [ends[0], ends[2]]) == [tokens[:2], tokens[2:]]
    assert encoder.cut(tokens, [ends[1] - 1]) is None
    assert encoder.cut(tokens, [ends[0] + 1]) is None
    assert encoder.cut(tokens, [0]) == [[]]


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("single digits", 1),
        ("sentence-piece bpe", 1),
        ("digits by three", 3),
        ("joined digits", None),
        ("unigram", None),
    ],
)
def test_it_is_known_whether_digits_are_written_in_groups(kind: str, size: int | None) -> None:
    assert speak(kind)[0].digit_group == size
