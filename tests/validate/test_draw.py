"""The values drawn under a rule's text are those of what the text says."""

from fractions import Fraction

from synllm.language import parse_spec
from synllm.validate.draw import draw_expressions

SPEC = """synspec 1
table cohort "Patients" {
  a : integer in 0..10 "A score"
  s : one of {x, y} "A sign"
  g : ordered {low < high} "A grade"
}
rule signs "Signs"
  never a > 5 and s is not x
rule grades "Grades"
  cases a gives g { >= 5: high; < 5: low }
"""


def drawn(rule: int) -> str:
    spec, findings = parse_spec(SPEC)
    assert spec is not None, findings
    each = spec.rules[rule]
    parts = (each.then,) if each.when is None else (each.when, each.then)
    row = {"a": Fraction(9), "s": "y", "g": "low"}
    return "\n".join(draw_expressions(parts, row, spec))


def test_a_negation_shows_its_own_truth() -> None:
    assert drawn(0) == "\n".join(
        [
            "never a > 5 and s is not x",
            "      ╰ 9       ╰ y",
            "      ╰ true    ╰──true──╯",
            "      ╰───────true───────╯",
            "╰─────────false──────────╯",
        ]
    )


def test_a_column_is_marked_only_at_its_name() -> None:
    first_marks = drawn(1).splitlines()[1]

    assert first_marks.index("9") == len("cases ") + 2
    assert "cases a gives g" in drawn(1)
