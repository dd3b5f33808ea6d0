"""Numbers in a draft are exactly those that validation reads."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from synllm.draft.guess_number import read_number
from synllm.spec.cells import parse_number

TEXTS = st.one_of(
    st.text(" +-.0123456789eE_", max_size=12),
    st.decimals(allow_nan=True, allow_infinity=True).map(str),
    st.from_regex(r"-?[0-9]{1,40}(\.[0-9]{1,40})?", fullmatch=True),
    st.text(max_size=4),
)


@given(TEXTS)
def test_numbers_are_read_as_validation_reads_them(text):
    recorded = read_number(text)
    number = parse_number(text)

    if recorded is None:
        assert number is None
    else:
        assert Fraction(recorded.digits, 10**recorded.decimals) == number
        assert recorded.decimals == 0 or recorded.digits % 10 != 0
