"""Tokenizers ready for the decoder, and columns whose texts are awkward to cut."""

from fractions import Fraction
from functools import cache

from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from synllm.generate.decoder.piece_tokens import Encoder
from synllm.generate.decoder.plan import Plan, plan_rows
from synllm.generate.token_bytes import TokenBytes, spell_tokens
from synllm.rowspace.sample import Listing, list_cells
from synllm.spec.expressions import ColumnValue, Compare, Number
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.spec.types import EMPTY_CELL, Code
from tests.generate.small_tokenizers import BEGIN, CLOSE, END, TOKENIZERS
from tests.specs_in_code import category_column, number_column


@cache
def speak(kind: str) -> tuple[Encoder, TokenBytes]:
    """Return an encoder of the kind of tokenizer and the bytes of its tokens."""
    return encode_with(TOKENIZERS[kind]())


def encode_with(tokenizer: Tokenizer) -> tuple[Encoder, TokenBytes]:
    """Return an encoder of the tokenizer and the bytes of its tokens."""
    begins = tokenizer.token_to_id(BEGIN) is not None
    whole = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=CLOSE if begins else END,
        bos_token=BEGIN if begins else None,
    )
    spelled = spell_tokens(whole, name="small", size=len(whole))
    return Encoder(whole, spelled), spelled


ADULT = Compare(">=", ColumnValue("age"), Number(Fraction(18)))


@cache
def awkward() -> Spec:
    """Numbers short and long, below zero, missing; names and codes of every alphabet."""
    columns = (
        number_column("age", "0", "120", missing=[Code("NA")]),
        number_column("_weight", "0.0", "250.0", 1, missing=[Code("-9", numeric=True)]),
        number_column("1st change", "-3.50", "2.25", 2),
        number_column("Größe", "900", "1900"),
        category_column(
            'say "yes"',
            "yes",
            "no",
            codes=[Code('quo"te'), Code("back\\slash")],
            missing=[EMPTY_CELL],
        ),
        category_column("日本", "a", "b", "c", codes=[Code(" Zürich"), Code("東京"), Code("é")]),
        category_column(
            "two words",
            "one",
            "two",
            codes=[Code("1", numeric=True), Code("12", numeric=True)],
            applies_when=ADULT,
            not_applicable=Code("not asked, too young"),
        ),
        number_column("count", "0", "3999"),
        number_column("listed", "0.5", "1234.5", 1, listed=["0.5", "2.5", "67.0", "1234.5"]),
    )
    return Spec("awkward", "A table that is awkward to write", columns)


@cache
def awkward_listings() -> dict[str, Listing]:
    """The listings of the awkward spec's columns."""
    spec = awkward()
    core = lower(spec)
    return {each.name: list_cells(core.by_name[each.name]) for each in spec.generated_columns}


@cache
def awkward_plan(kind: str, order: int = 1) -> Plan:
    """How the awkward spec's rows are written, its fields in declared order or backwards."""
    spec = awkward()
    fields = [column.name for column in spec.generated_columns][::order]
    return plan_rows(spec, fields, awkward_listings(), speak(kind)[0])
