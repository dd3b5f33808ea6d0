"""The row pattern as an automaton over a model's tokens, compiled by outlines_core."""

from collections import deque
from typing import Any

from synllm.generate.errors import ModelError, first_line
from synllm.generate.token_bytes import TokenBytes, find_unwritable

_ALWAYS_NEEDED = frozenset('0123456789{}":,')


def compile_index(regex: str, spelled: TokenBytes, *, end: int, name: str) -> Any:
    """Return the outlines_core Index of `regex` over the spelled tokens.

    Every accepting state allows the end token and nothing else: outlines_core drops what follows an
    acceptance, so a pattern that is not closed by its own last character is a ValueError. Raises
    ModelError when the tokenizer can't write a character of the pattern or the pattern is refused.
    """
    from outlines_core import Index, Vocabulary

    literal = {c for c in regex if c.isalnum() or not c.isascii()} | _ALWAYS_NEEDED
    if unwritable := find_unwritable(literal, spelled):
        raise ModelError(
            f"The model's tokenizer has no token for {' '.join(unwritable)}, which rows contain",
            where=name,
            fix="Choose a model with a byte-level tokenizer, or spell the codes without them.",
        )
    tokens: dict[bytes, list[int]] = {}
    for token, written in spelled.items():
        tokens.setdefault(written, []).append(token)
    try:
        index = Index(regex, Vocabulary(end, tokens))
    except (ValueError, OverflowError) as error:
        raise ModelError(
            f"The pattern of a row can't be compiled for this model: {first_line(error)}",
            where=name,
            fix="Split the table into fewer columns, or narrow the longest text columns.",
        ) from error
    for state in index.get_final_states():
        if list(index.get_allowed_tokens(state)) != [end]:
            raise ValueError("the row pattern can go on after a complete row")
    return index


def measure_rows(index: Any) -> tuple[int, int | None]:
    """Return the fewest and the most tokens of a row; the most is None when rows have no bound."""
    final = set(index.get_final_states())
    successors = {
        state: set() if state in final else set(moves.values())
        for state, moves in index.get_transitions().items()
    }
    start = index.get_initial_state()
    return _shortest_path(start, successors, final), _longest_path(start, successors)


def _shortest_path(start: int, successors: dict[int, set[int]], final: set[int]) -> int:
    queue, seen = deque([(start, 0)]), {start}
    while queue:
        state, steps = queue.popleft()
        if state in final:
            return steps
        for following in successors.get(state, ()):
            if following not in seen:
                seen.add(following)
                queue.append((following, steps + 1))
    raise ValueError("no row matches the pattern")


def _longest_path(start: int, successors: dict[int, set[int]]) -> int | None:
    lengths: dict[int, int] = {}
    open_states: set[int] = set()
    stack = [start]
    while stack:
        state = stack[-1]
        if state in lengths:
            stack.pop()
            continue
        following = successors.get(state, set())
        waiting = [s for s in following if s not in lengths]
        if not waiting:
            lengths[state] = 1 + max((lengths[s] for s in following), default=-1)
            open_states.discard(state)
            stack.pop()
            continue
        open_states.add(state)
        if any(s in open_states for s in waiting):
            return None
        stack.extend(waiting)
    return lengths[start]
