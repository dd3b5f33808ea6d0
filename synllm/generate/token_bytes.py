"""What each token of a tokenizer writes, in bytes.

A grammar walks over bytes, so it must know a token's bytes exactly: a decoded string loses leading
spaces, halves of multi-byte characters and the difference between a space and its marker.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from synllm.generate.errors import ModelError

TokenBytes: TypeAlias = Mapping[int, bytes]

_SAMPLE = '{"name":"a b","weight":67.05,"code":null}\nfield: none'


def spell_tokens(tokenizer: Any, *, name: str, size: int) -> dict[int, bytes]:
    """Return the bytes of every token below `size` that writes text; special tokens have none.

    The spelling follows the tokenizer's own decoder and is compared with it on a sample. Raises
    ModelError, naming the model, for a tokenizer whose tokens have no bytes of their own.
    """
    spell = _choose_spelling(tokenizer, name)
    silent = set(tokenizer.all_special_ids) | {tokenizer.eos_token_id}
    added = tokenizer.added_tokens_decoder
    spelled: dict[int, bytes] = {}
    for piece, token in tokenizer.get_vocab().items():
        if token in silent or token >= size:
            continue
        if token in added:
            written = b"" if added[token].special else piece.encode()
        else:
            written = spell(piece) or b""
        if written:
            spelled[token] = written
    _compare_with_decoder(tokenizer, spelled, name)
    return spelled


def find_unwritable(characters: set[str], spelled: TokenBytes) -> list[str]:
    """Return the characters that no run of single-character or single-byte tokens can write."""
    pieces = set(spelled.values())
    return sorted(
        character
        for character in characters
        if character.encode() not in pieces
        and not all(bytes([byte]) in pieces for byte in character.encode())
    )


def _choose_spelling(tokenizer: Any, name: str) -> Callable[[str], bytes | None]:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = getattr(backend, "decoder", None)
    if decoder is None:
        raise _refuse_tokenizer(name)
    steps = flatten_steps(json.loads(decoder.__getstate__()))
    replacements: list[tuple[str, str]] = []
    byte_level = byte_fallback = False
    for step in steps:
        match step:
            case {"type": "ByteLevel"}:
                byte_level = True
            case {"type": "ByteFallback"}:
                byte_fallback = True
            case {"type": "Replace", "pattern": {"String": str(old)}, "content": str(new)}:
                replacements.append((old, new))
            case {"type": "Metaspace", "replacement": str(mark)}:
                replacements.append((mark, " "))
            case {"type": "BPEDecoder", "suffix": str(suffix)}:
                replacements.append((suffix, " "))
            case {"type": "Fuse" | "Strip"}:
                pass  # These act on the text as a whole: at its start, or not at all.
            case _:
                raise _refuse_tokenizer(name)
    alphabet = _read_byte_alphabet()

    def spell(piece: str) -> bytes | None:
        if byte_fallback and _is_byte_piece(piece):
            return bytes([int(piece[3:5], 16)])
        for old, new in replacements:
            piece = piece.replace(old, new)
        if not byte_level:
            return piece.encode()
        if any(character not in alphabet for character in piece):
            return None
        return bytes(alphabet[character] for character in piece)

    return spell


def flatten_steps(decoder: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the single steps of a tokenizer's decoder, as tokenizer.json has it, in order."""
    if decoder.get("type") == "Sequence":
        return [step for part in decoder["decoders"] for step in flatten_steps(part)]
    return [decoder]


def _is_byte_piece(piece: str) -> bool:
    return len(piece) == 6 and piece.startswith("<0x") and piece.endswith(">")


def _read_byte_alphabet() -> dict[str, int]:
    """Return the printable character that byte-level tokenizers write for each byte, inverted."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in printable]
    alphabet = {chr(byte): byte for byte in printable}
    alphabet |= {chr(256 + place): byte for place, byte in enumerate(hidden)}
    return alphabet


def _compare_with_decoder(tokenizer: Any, spelled: TokenBytes, name: str) -> None:
    tokens = [t for t in tokenizer.encode(_SAMPLE, add_special_tokens=False) if t in spelled]
    ours = b"".join(spelled[token] for token in tokens).decode(errors="replace")
    theirs = tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
    if ours.strip() != theirs.strip():
        raise _refuse_tokenizer(name)


def _refuse_tokenizer(name: str) -> ModelError:
    return ModelError(
        "The model's tokenizer does not say which bytes its tokens write, so rows can't be held "
        "to their pattern",
        where=name,
        fix="Choose a model with a tokenizer.json of the byte-level or SentencePiece kind.",
    )
