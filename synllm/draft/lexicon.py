"""What column names and cells usually mean in clinical files; every entry is only a suspicion."""

from __future__ import annotations

import re

MISSING_MARKS = frozenset({"", "na", "n/a", "n.a.", "#n/a", "nan", "null", "?", ".", "<na>"})
"""Marks with no other use; one that stands among numbers is the file's own, in every column."""

MISSING_WORDS = frozenset(
    {
        "unknown", "unk", "not known", "no info", "no information", "not available", "not recorded",
        "not reported", "not specified", "not stated", "not done", "not tested", "not measured",
        "undetermined", "unspecified", "missing", "refused", "declined", "no data", "unavailable",
        "none", "nil", "-", "--",
    }
)  # fmt: skip
"""Texts that can be an answer of their own in a category column."""

SENTINELS = frozenset(
    {
        -1, -7, -8, -9, -77, -88, -99, -777, -888, -999, -9999,
        77, 88, 99, 777, 888, 999, 7777, 8888, 9999, 99999, 999999,
    }
)  # fmt: skip
"""Numbers that studies write where a value is missing."""

YES_NO_PAIRS = {
    frozenset(pair): pair for pair in (("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"))
}

_IDENTIFIER_WORDS = frozenset({"id", "ids", "identifier", "key", "mrn", "uuid", "guid", "nbr"})

_NEVER_ZERO_WORDS = frozenset(
    {
        "glucose", "bmi", "insulin", "pressure", "bloodpressure", "bp", "systolic", "diastolic",
        "sbp", "dbp", "pulse", "weight", "height", "skinthickness", "thickness", "cholesterol",
        "chol", "hdl", "ldl", "triglycerides", "tryglicerides", "creatinine", "haemoglobin",
        "hemoglobin", "hba1c", "albumin", "platelets", "sodium", "potassium", "temperature",
        "rate", "heartrate", "thalach", "trestbps", "rbc", "wbc", "haematocrit", "hematocrit",
    }
)  # fmt: skip

_DATE = re.compile(
    r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}"
    r"|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4})"
    r"([T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?\s?(Z|[AaPp][Mm]|[+-]\d{2}:?\d{2})?)?"
    r"|\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?"
)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?")

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def is_missing_mark(text: str) -> bool:
    """Return whether a cell's text is a mark, such as `NA`, that hardly ever is a value."""
    return text.strip().casefold() in MISSING_MARKS


def is_missing_word(text: str) -> bool:
    """Return whether a cell's text, such as `Unknown`, may be a value or the lack of one."""
    return text.strip().casefold() in MISSING_WORDS


def is_identifier_name(name: str) -> bool:
    """Return whether one of the words of a column's name says that it holds a key."""
    return any(word in _IDENTIFIER_WORDS for word in _words(name))


def is_never_zero_name(name: str) -> bool:
    """Return whether a column's name is of a measurement that no living patient has at zero."""
    words = _words(name)
    return "".join(words) in _NEVER_ZERO_WORDS or any(word in _NEVER_ZERO_WORDS for word in words)


def is_date(text: str) -> bool:
    """Return whether a cell's text is a date, a time or both, in a usual spelling."""
    return _DATE.fullmatch(text.strip()) is not None


def has_decimal_comma(text: str) -> bool:
    """Return whether a cell's text is a number, possibly written with a decimal comma."""
    return _DECIMAL_COMMA.fullmatch(text.strip()) is not None


def has_control_character(text: str) -> bool:
    """Return whether a text holds a line break or another character that no spec can carry."""
    return _CONTROL.search(text) is not None


def without_control_characters(text: str) -> str:
    """Return the text with a replacement character for each that would break a line."""
    return _CONTROL.sub("\ufffd", text)


def _words(name: str) -> list[str]:
    """Return a name's words in lower case: split at other characters and before capitals."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name)
    return [word.casefold() for word in re.split(r"[\W_]+", spaced) if word]
