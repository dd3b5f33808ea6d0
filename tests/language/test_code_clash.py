from __future__ import annotations

import pytest

from synllm.language import parse_spec


@pytest.mark.parametrize(
    ("code", "findings"),
    [('"5"', ["code-clash"]), ('"5.0"', ["code-clash"]), ("5", ["code-clash"]), ('"21"', [])],
)
def test_a_missing_code_in_quotes_may_not_be_a_value_either(code: str, findings: list[str]) -> None:
    _, found = parse_spec(
        f'synspec 1\ntable t "T" {{\n  x : integer in 0..20 "X" may be missing coded {code}\n}}\n'
    )
    assert [each.finding for each in found] == findings
