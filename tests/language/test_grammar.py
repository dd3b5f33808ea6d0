"""The grammar file: free of conflicts, so that every text has one reading."""

import lark

from synllm.resources import grammar_text


def test_the_grammar_has_no_conflicts() -> None:
    lark.Lark(grammar_text(), parser="lalr", lexer="basic", strict=True)
