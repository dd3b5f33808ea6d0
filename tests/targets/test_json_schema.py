"""Both JSON Schemas accept what the row regex accepts, as far as each can say it."""

import json
import random
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator
from outlines_core import Index, Vocabulary
from outlines_core.json_schema import build_regex_from_schema

from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import Code, NumberType
from synllm.targets.json_schema import outlines_schema, standard_schema
from synllm.targets.json_text import render_json
from synllm.targets.regex import RowGrammar, build_row_grammar
from tests.specs_in_code import category_column, number_column, stroke_like
from tests.targets.small_specs import (
    candidate_rows,
    grammar_of,
    row_text,
    small_cirrhosis,
    small_specs,
)


def accepts(grammar: RowGrammar) -> Callable[[str], bool]:
    """Return whether a row's text is valid under the standard schema, read exactly."""
    schema = json.loads(render_json(standard_schema(grammar)), parse_float=Decimal)
    Draft202012Validator.check_schema(json.loads(render_json(standard_schema(grammar))))
    validator = Draft202012Validator(schema)
    return lambda text: validator.is_valid(json.loads(text, parse_float=Decimal))


@settings(max_examples=40)
@given(small_specs())
def test_the_standard_schema_says_what_the_regex_says(spec: Spec) -> None:
    grammar = grammar_of(spec)
    is_valid = accepts(grammar)
    matches = re.compile(grammar.pattern).fullmatch

    for cells in candidate_rows(grammar, 150):
        text = row_text(cells)

        assert is_valid(text) == bool(matches(text)), text


@pytest.mark.parametrize("spec", [stroke_like(), small_cirrhosis()], ids=lambda spec: spec.name)
def test_the_standard_schema_on_random_rows(spec: Spec) -> None:
    grammar = grammar_of(spec)
    is_valid = accepts(grammar)
    matches = re.compile(grammar.pattern).fullmatch
    rows = [row_text(cells) for cells in candidate_rows(grammar, 1_000)]
    valid = [walk(grammar.pattern, seed) for seed in range(30)]

    assert all(is_valid(text) == bool(matches(text)) for text in rows)
    assert all(is_valid(text) for text in valid)


def test_every_age_and_its_neighbours() -> None:
    spec = Spec("t", "", (number_column("age", "0.08", "82", 2),))
    is_valid = accepts(grammar_of(spec))

    for cents in range(-20, 8_300):
        assert is_valid(f'{{"age":{Decimal(cents).scaleb(-2)}}}') == (8 <= cents <= 8_200)
        assert not is_valid(f'{{"age":{Decimal(cents * 10 + 5).scaleb(-3)}}}')
    assert not is_valid("{}")
    assert not is_valid('{"age":1.00,"other":1}')


def test_numbers_in_the_schema_are_exact() -> None:
    text = render_json(standard_schema(grammar_of(stroke_like())))

    assert '"minimum": 0.08' in text
    assert '"multipleOf": 0.01' in text
    assert '"multipleOf": 1.00' in text


def outlines_row(spec: Spec, text: str) -> str:
    """Return a row with its numbers written as strings, as Outlines' form of the schema has them."""
    row = json.loads(text, parse_float=str, parse_int=str)
    codes = {
        column.name: {c.code.text for c in column.missing_codes if c.code.numeric}
        for column in spec.columns
    }

    def literal(name: str, cell: Any) -> str:
        if isinstance(spec.by_name[name].type, NumberType):
            return cell if cell in codes[name] else json.dumps(cell, ensure_ascii=False)
        return re.search(rf"{re.escape(json.dumps(name))}:(null|[^,}}]+)", text)[1]  # type: ignore[index]

    return row_text({name: literal(name, cell) for name, cell in row.items()})


def test_outlines_turns_its_schema_into_the_same_rows() -> None:
    spec = stroke_like()
    grammar = build_row_grammar(spec, lower(spec))  # A schema holds no rules across columns.
    pattern = build_regex_from_schema(render_json(outlines_schema(grammar)), "")
    theirs, ours = re.compile(pattern).fullmatch, re.compile(grammar.pattern).fullmatch
    found = set()
    for cells in candidate_rows(grammar, 3_000):
        text = row_text(cells)
        found.add(bool(ours(text)))

        assert bool(theirs(outlines_row(spec, text))) == bool(ours(text)), text

    assert found == {True, False}


def test_outlines_writes_rows_that_are_read_back() -> None:
    spec = Spec(
        "t",
        "",
        (
            number_column("x (1|2) é", "-1.5", "12", 1, missing=(Code("N/A"), Code(""))),
            category_column("b", "yes", "no", codes=(Code("1", numeric=True), Code('a "q"'))),
        ),
    )
    grammar = grammar_of(spec)
    pattern = build_regex_from_schema(render_json(outlines_schema(grammar)), "")

    for seed in range(60):
        row = grammar.row_format.parse_row(walk(pattern, seed))

        assert row is not None
        again = row_text({"x (1|2) é": number(row["x (1|2) é"]), "b": code(row["b"])})
        assert re.fullmatch(grammar.pattern, again)


@pytest.mark.parametrize("spec", [stroke_like(), small_cirrhosis()], ids=lambda spec: spec.name)
def test_outlines_walks_the_row_regex(spec: Spec) -> None:
    grammar = grammar_of(spec)

    for seed in range(30):
        row = walk(grammar.pattern, seed)

        assert re.fullmatch(grammar.pattern, row)
        assert grammar.row_format.parse_row(row) is not None


def number(cell: str) -> str:
    return {"N/A": '"N/A"', "": "null"}.get(cell, cell)


def code(cell: str) -> str:
    return cell if cell == "1" else json.dumps(cell)


def walk(pattern: str, seed: int) -> str:
    """Return a row that Outlines' automaton allows, byte by byte, chosen at random."""
    end = 256
    index = Index(pattern, Vocabulary(end, {bytes([byte]): [byte] for byte in range(256)}))
    pick = random.Random(seed)
    state, written = index.get_initial_state(), bytearray()
    while not index.is_final_state(state):
        byte = pick.choice(sorted(index.get_allowed_tokens(state)))
        written.append(byte)
        state = index.get_next_state(state, byte)
    return written.decode()


def test_isolated_values_become_steps_or_lists() -> None:
    column = number_column("x", "0", "50", listed=["1", "4", "10", "20", "30", "40"])
    schema = standard_schema(grammar_of(Spec("t", "", (column,))))
    (found,) = [schema["properties"]]

    assert render_json(found) == render_json(
        {
            "x": {
                "anyOf": [
                    {"type": "integer", "minimum": 10, "maximum": 40, "multipleOf": 10},
                    {"enum": [1, 4]},
                ]
            }
        }
    )
