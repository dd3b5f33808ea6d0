"""Texts that the grammar itself generates, with spaces and comments between any two words."""

from functools import cache

import lark
from hypothesis import strategies as st
from hypothesis.extra.lark import LarkStrategy
from lark.lexer import PatternStr

from synllm.resources import grammar_text

STATEMENTS = (
    "use",
    "molar_mass",
    "type_definition",
    "table",
    "statistics",
    "rule",
    "soft_rule",
    "derived",
    "example",
)

_EXPRESSION_LEVELS = frozenset(
    [
        "expression",
        "disjunction",
        "conjunction",
        "negation",
        "comparison",
        "sum",
        "product",
        "factor",
        "atom",
    ]
)

_gap = st.sampled_from(
    [
        *[" "] * 15,
        *["\n", "\n\n", "\n \n\n  ", "\t", "\r\n"],
        *[
            " #\n",
            "# a\n",
            "\n# b\n",
            "\n\n#c \n\n",
            '\n  ## } "d\n',
            "# 'e\r\n",
            "#ƒ\u2028\x85\r-\n",
        ],
    ]
)
_TERMINALS = {
    "ALLOW": st.sampled_from(
        ["allow gap-in-cases", "allow\n shares-over-100", "allow # why\n#\n x-y", "allow  gap_2-a"]
    ),
    "STRING": st.sampled_from(
        ['""', '"a"', '"a # b"', r'"\"\\"', '"c, d: {"', '"\'µ≤\t"', '"wide "', f'"{"wide " * 20}"']
    ),
    "NAME": st.sampled_from(["a", "allow", "b2", "c_d", "größe", "_", "x" * 30, "If", "date"]),
    "NUMBER": st.sampled_from(["0", "7", "05", "1.50", "120", "0.000"]),
    "UNIT": st.sampled_from(["'a'", "'mm[Hg]'", "'{#}/uL'", "''", "'mg dL'", "'\"'"]),
}
_TERMINALS["QUOTED_NAME"] = _TERMINALS["STRING"]


def _spaced(strategy: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(str.__add__, strategy, _gap)


def _strategies(grammar: lark.Lark) -> dict[str, st.SearchStrategy[str]]:
    explicit: dict[str, st.SearchStrategy[str]] = {}
    for terminal in grammar.terminals:
        if terminal.name in grammar.ignore_tokens:
            explicit[terminal.name] = st.just(" ")
        elif isinstance(terminal.pattern, PatternStr):
            explicit[terminal.name] = _spaced(st.just(terminal.pattern.value))
        else:
            explicit[terminal.name] = _spaced(_TERMINALS[terminal.name])
    return explicit


class GrammarTexts(LarkStrategy):
    """Draws from a grammar, mostly the plainest form of each level of an expression.

    Drawn evenly, the average expression holds more than one other, and has no end.
    """

    def __init__(self, grammar: lark.Lark, start: str) -> None:
        super().__init__(grammar, start, _strategies(grammar), st.characters())
        for level in _EXPRESSION_LEVELS & self.nonterminal_strategies.keys():
            forms = self.nonterminal_strategies[level].elements
            plain = [form for form in forms if len(form) == 1]
            self.nonterminal_strategies[level] = st.sampled_from([*plain * 10, *forms])


@cache
def texts(start: str) -> st.SearchStrategy[str]:
    """Returns a strategy for the texts of one grammar rule, each free of syntax errors."""
    grammar = lark.Lark(grammar_text(), parser="lalr", lexer="basic", start=start)
    return GrammarTexts(grammar, start)
