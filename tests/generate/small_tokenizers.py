"""Tokenizers of every common kind, made on the spot; none is large."""

import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from tokenizers import (
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

TEXT = [
    'row {"sex":"Female","age":67.05,"unit":"µg","site":"Orléans"}',
    "Write one row as a JSON object about one patient: age 67, sex Male, Female 10 20 30 67 67",
]
END = "<|endoftext|>"
BEGIN, CLOSE, UNKNOWN = "<s>", "</s>", "<unk>"
SINGLE_BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def rows_to_learn(count: int = 300) -> Iterator[str]:
    """Rows full of numbers, so that what is learnt from them joins digits and punctuation."""
    random = Random(0)
    awkward = '"Größe":1234,"say \\"yes\\"":"quo\\"te","日本":" Zürich","two words":12,"count":99'
    for _ in range(count):
        sex = random.choice(["Female", "Male", "NA"])
        yield (
            f'{{"sex":"{sex}","age":{random.randint(18, 99)},"weight":{random.randint(0, 2000)}.'
            f'{random.randint(0, 9)},"change":-{random.randint(0, 20)}.{random.randint(0, 99):02d}}}'
        )
    yield from [awkward] * count


def byte_level(*before: Any, learn: Iterator[str] | None = None, size: int = 700) -> Tokenizer:
    """Byte-level BPE, as of GPT-2: numbers are split as learnt, unless it is split before."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [*before, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=not before)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(learn or rows_to_learn(), trainer)
    return tokenizer


def single_digits() -> Tokenizer:
    """Byte-level with a token for each digit, as of Qwen."""
    return byte_level(pre_tokenizers.Digits(individual_digits=True), _words())


def digits_by_three() -> Tokenizer:
    """Byte-level with digits in groups of up to three from the left, as of Llama 3."""
    return byte_level(pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated"), _words())


def every_number_by_three() -> Tokenizer:
    """The same with all numbers up to 999 in its vocabulary, as Llama 3 has them."""
    numbers = [f"{number:0{digits}d}" for digits in (2, 3) for number in range(10**digits)]
    learn = iter([*numbers * 3, *rows_to_learn(20)])
    split = pre_tokenizers.Split(Regex(r"\p{N}{1,3}"), "isolated")
    return byte_level(split, _words(), learn=learn, size=1500)


def without_splits() -> Tokenizer:
    """Byte-level BPE that learns tokens right across names, digits and punctuation."""
    return byte_level(pre_tokenizers.Split("\n", "isolated"))


def only_digits_split(learn: Iterator[str] | None = None) -> Tokenizer:
    """The same with a token for each digit, so that tokens reach from number to number."""
    return byte_level(pre_tokenizers.Digits(individual_digits=True), learn=learn)


def unigram(*, byte_fallback: bool = True) -> Tokenizer:
    """SentencePiece's unigram model: "▁" for spaces, pieces that join digits and punctuation."""
    letters = sorted({letter for line in TEXT for letter in line if letter.isascii()} - {" "})
    digits = [digit for digit in "0123456789" if digit not in letters]
    words = ["▁", "▁row", "▁age", "Female", "Fem", "ale", '":"', "67", "▁{", "▁Female", 'é"']
    special = [UNKNOWN, BEGIN, CLOSE]
    pieces = [*special, *(SINGLE_BYTES if byte_fallback else []), *letters, *digits, *words]
    scores = [(piece, -float(place) / 10) for place, piece in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(scores, unk_id=0, byte_fallback=byte_fallback))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    return _like_sentence_piece(tokenizer)


def sentence_piece_bpe() -> Tokenizer:
    """SentencePiece's BPE with single bytes to fall back on, as of Llama 2 and Gemma 1."""
    learnt = Tokenizer(models.BPE(unk_token=UNKNOWN))
    learnt.normalizer = _spaces()
    learnt.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.Punctuation("contiguous")]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=[UNKNOWN, BEGIN, CLOSE, *SINGLE_BYTES], show_progress=False
    )
    learnt.train_from_iterator([*TEXT, *rows_to_learn()], trainer)
    model = json.loads(learnt.to_str())["model"]
    merges = [tuple(each) for each in model["merges"]]
    tokenizer = Tokenizer(
        models.BPE(model["vocab"], merges, unk_token=UNKNOWN, byte_fallback=True, fuse_unk=True)
    )
    tokenizer.normalizer = _spaces()
    return _like_sentence_piece(tokenizer)


def _words() -> Any:
    return pre_tokenizers.Split(Regex(r" ?\p{L}+| ?[^\s\p{L}\p{N}]+|\s+"), "isolated")


def _spaces() -> Any:
    return normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])


def _like_sentence_piece(tokenizer: Tokenizer) -> Tokenizer:
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace("▁", " "),
            decoders.ByteFallback(),
            decoders.Fuse(),
            decoders.Strip(" ", 1, 0),
        ]
    )
    tokenizer.add_special_tokens([UNKNOWN, BEGIN, CLOSE])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
    )
    return tokenizer


TOKENIZERS: dict[str, Callable[[], Tokenizer]] = {
    "joined digits": byte_level,
    "single digits": single_digits,
    "digits by three": digits_by_three,
    "without splits": without_splits,
    "only digits split": only_digits_split,
    "unigram": unigram,
    "sentence-piece bpe": sentence_piece_bpe,
}
