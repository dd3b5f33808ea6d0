"""The reference's tables agree with the code that they describe."""

import re
from pathlib import Path

import pytest

from synllm.language import parse_spec
from synllm.language.units import parse_unit
from synllm.resources import grammar_text
from synllm.spec.evaluate import conjoin, disjoin, equate, negate
from synllm.spec.values import Truth

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "language.md").read_text(encoding="utf-8")


def table_after(words: str) -> list[list[str]]:
    """The cells of the first table after some words of the page, without its header."""
    lines = PAGE[PAGE.index(words) :].splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


LOGIC = table_after("are never unknown.")
UNITS = [
    unit
    for row in table_after("the part of UCUM that clinical tables use")
    for unit in re.findall(r"`([^`]+)`", row[1])
]


def test_the_logic_table_has_every_pair() -> None:
    pairs = {frozenset(row[:2]) for row in LOGIC}

    assert len(LOGIC) == len(pairs) == 10


@pytest.mark.parametrize("row", LOGIC, ids=lambda row: " ".join(row[:2]))
def test_the_logic_table_is_what_rules_do(row: list[str]) -> None:
    first, second, negation, both, either, equal = map(Truth, row)

    assert negate(first) is negation
    assert conjoin([first, second]) is conjoin([second, first]) is both
    assert disjoin([first, second]) is disjoin([second, first]) is either
    assert equate(first, second) is equate(second, first) is equal


@pytest.mark.parametrize("unit", UNITS)
def test_every_listed_unit_is_known(unit: str) -> None:
    assert parse_unit(unit) is not None


def test_the_words_that_need_quotes_are_listed() -> None:
    (sentence,) = re.findall(r"Only these need quotes as a column's name: (.+)", PAGE)
    as_column, _, as_value = sentence.partition(";")

    grammar = re.sub(r"//.*", "", grammar_text())
    words = sorted(set(re.findall(r'"([a-z]+)"', grammar)))
    refused_columns = {word for word in words if not parses(f'a : yes/no "A"\n{word} : yes/no "B"')}
    refused_values = {word for word in words if not parses(f'a : one of {{{word}, other}} "A"')}

    assert refused_columns == set(re.findall(r"`(\w+)`", as_column))
    assert refused_values == refused_columns | set(re.findall(r"`(\w+)`", as_value))


def parses(columns: str) -> bool:
    """Whether a table with these columns is read without errors."""
    spec, _ = parse_spec(f'synspec 1\ntable t "T" {{\n{columns}\n}}\n')
    return spec is not None
