"""What is said of a change is in the words of people who look after patients."""

from __future__ import annotations

import re

from synllm.diff.compare_specs import compare_specs
from synllm.diff.model import Labels, SpecChange
from synllm.diff.show_markdown import render_markdown
from synllm.diff.show_text import render_text
from synllm.diff.word_changes import summary, word_direction
from synllm.language.load import parse_spec
from synllm.spec.model import Spec
from tests.plain_words import SOLVER_WORDS

OLD = """synspec 1

table t "A | table <b>" {
  age : integer in 0..110 'a' "Age | in *years*" may be missing
  g : integer in 40..600 'mg/dL' "Glucose"
  a : integer in 1..9999 "A"
}
rule adults "Adults" always age >= 16
rule idle "Idle" when age < 3 then g > 50
usually old "Old" in at least 50% of cases always age >= 40
"""
NEW = """synspec 1

table t "A | table <i>" {
  age : integer in 1..110 'a' "Age | in <years>"
  g : decimal(1) in 2..33 'mmol/L' "Glucose"
  a : integer in 1..999 "A"
}
rule adults "Adults" always age >= 18
rule idle "Idle" when age < 5 then a > 50
rule cubes "Cubes" never a * a * a + age * age * age = a * age * 77 + 1
usually old "Old" in at least 60% of cases always age >= 41
"""


def _read(text: str) -> Spec:
    spec, _ = parse_spec(text)
    assert spec is not None
    return spec


def _compared() -> list[SpecChange]:
    old, new = _read(OLD), _read(NEW)
    return [
        compare_specs(old, new, "a|b.synspec"),
        compare_specs(new, old, "`c`.synspec", budget=9),
    ]


def test_no_sentence_has_a_word_of_the_solvers_trade() -> None:
    sentences = [
        sentence
        for spec in _compared()
        for sentence in (
            *summary(spec, Labels()),
            *(each for part in spec.rules for each in word_direction(part, Labels())),
            *(part.note or "" for part in (*spec.rules, *spec.columns)),
        )
    ]
    spoken = [re.sub(r"`[^`]*`", "", sentence) for sentence in sentences]

    assert len(spoken) > 10
    assert [each for each in spoken if SOLVER_WORDS.search(each)] == []


def test_markdown_tables_keep_their_shape_whatever_names_and_texts_hold() -> None:
    text = render_markdown(_compared(), Labels("a | <b>", "@someone"), prompts=True)
    outside = re.sub(r"^(`{3,}).*?^\1$", "", text, flags=re.M | re.S)
    tables = re.findall(r"(?:^\|.*\n)+", outside, flags=re.M)

    assert tables
    for table in tables:
        counts = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}

        assert len(counts) == 1, table
    assert "<b>" not in outside.replace("`<b>`", "")
    assert " @someone" not in outside


def test_no_character_of_a_spec_acts_on_the_terminal() -> None:
    old, new = _read(OLD), _read(OLD.replace("in *years*", "red \x1b[31m"))
    text = render_text([compare_specs(old, new, "t\x07")], Labels(), prompts=True)

    assert "\x1b" not in text
    assert "\x07" not in text
