"""What a declared tolerance is stored as."""

from __future__ import annotations

from fractions import Fraction

import pytest

from synllm.language import parse_spec

SPEC = """\
synspec 1
table t "T" {{
  age : integer in 0..100
  sick : yes/no may be missing
  old : yes/no
}}
statistics {{
  {line}
}}
"""


@pytest.mark.parametrize(
    ("line", "tolerance"),
    [
        ("age mean 40 within 0.5", "0.5"),
        ("age mean 40 within 5%", "2"),
        ("age sd 10 within 5%", "0.5"),
        ("age quantiles {50%: 40} within 2", "0.02"),
        ("age quantiles {50%: 40} within 2%", "0.02"),
        ("sick shares {yes: 12%} within 2", "0.02"),
        ("sick missing 12% within 2", "0.02"),
        ("sick missing 12% within 2%", "0.02"),
        ("age point 0 at 12% within 1", "0.01"),
        ("pearson(age, sick) 0.4 within 0.05", "0.05"),
        ("pearson(age, sick) -0.4 within 5%", "0.02"),
        ("odds ratio(old, sick) 3.7 within 0.1", "0.1"),
        ("odds ratio(old, sick) 3.7 within 10%", "0.1"),
    ],
)
def test_a_tolerance_is_read_as_the_reference_says(line: str, tolerance: str) -> None:
    spec, diagnostics = parse_spec(SPEC.format(line=line))
    assert spec is not None, diagnostics

    assert spec.statistics[0].statistics[0].tolerance == Fraction(tolerance)
