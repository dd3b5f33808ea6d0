"""The words that no reader of a finding should have to know."""

import re

SOLVER_WORDS = re.compile(
    r"\b(z3|smt|sat|unsat|(un)?satisf\w*|solvers?|models?|cores?|assert\w*|assum\w*|variables?"
    r"|constraints?|predicates?|formulas?|axioms?|encod\w*|(un)?decidable|proofs?|prov\w+|witness\w*"
    r"|minimal|irreducible|domains?|rlimit|timeouts?|budgets?|booleans?|integers?|nonlinear"
    r"|(in)?feasib\w*|certificates?|duals?|linear|programmes?|polytopes?|mixtures?|optimi\w*)\b",
    re.I,
)


def solver_words_in(text: str) -> list[str]:
    """The lines of rendered findings that use such a word.

    The author's own text, quoted after `|` or between backquotes, and the findings' names, in
    brackets, may hold any word.
    """
    spoken = (
        re.sub(r"\[[a-z-]+\]|`[^`]*`", "", re.sub(r"^ *\d+ \|.*?(?=-{2,} |\^{2,} |$)", "", line))
        for line in text.splitlines()
    )
    return [line for line in spoken if SOLVER_WORDS.search(line)]
