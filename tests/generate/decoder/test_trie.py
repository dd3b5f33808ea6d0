"""The tree of a field's cells holds exactly their token sequences, each behind its places."""

from collections.abc import Iterator

import numpy as np
from hypothesis import event, given
from hypothesis import strategies as st

from synllm.generate.decoder.piece_tokens import ABSENT
from synllm.generate.decoder.trie import LEAF, Trie, build_trie

Sequence = tuple[int, ...]


def sequences_in(trie: Trie, beginning: Sequence) -> Iterator[tuple[Sequence, set[int]]]:
    """Every sequence of the tree, with the places behind its last branch."""

    def walk(node: int, before: Sequence) -> Iterator[tuple[Sequence, set[int]]]:
        for branch in range(trie.first[node], trie.first[node + 1]):
            own = trie.tokens[trie.place[branch], trie.start[branch] : trie.stop[branch]]
            written = (*before, *own.tolist())
            runs = range(trie.span[branch], trie.span[branch + 1])
            places = [
                place for run in runs for place in range(int(trie.low[run]), int(trie.high[run]))
            ]
            assert len(set(places)) == len(places)
            if trie.node[branch] == LEAF:
                yield written, set(places)
                continue
            below = list(walk(int(trie.node[branch]), written))
            assert set(places) == {place for _, own in below for place in own}
            yield from below

    return walk(0, beginning)


def table_of(sequences: list[Sequence]) -> np.ndarray:
    longest = max((len(each) for each in sequences), default=0)
    table = np.full((len(sequences), longest), ABSENT, dtype=np.int32)
    for place, each in enumerate(sequences):
        table[place, : len(each)] = each
    return table


def ended(sequences: list[Sequence]) -> list[Sequence]:
    """The same, each closed by a token of its own, so that none begins with another."""
    return [(*each, 9) if each else () for each in sequences]


tokens = st.integers(0, 4)
beginnings = st.lists(tokens, max_size=3).map(tuple)
bodies = st.lists(tokens, max_size=4).map(tuple)


@given(
    beginnings,
    st.lists(st.one_of(st.none(), bodies), min_size=1, max_size=30).filter(
        lambda drawn: any(each is not None for each in drawn)
    ),
)
def test_it_holds_every_sequence_once_behind_its_own_places(
    beginning: Sequence, drawn: list[Sequence | None]
) -> None:
    written = [() if each is None else (*beginning, 5, *each) for each in drawn]
    sequences = ended(written)
    expected: dict[Sequence, set[int]] = {}
    for place, each in enumerate(sequences):
        if each:
            expected.setdefault(each, set()).add(place)
    trie = build_trie(table_of(sequences))
    event(f"different: {min(len(expected), 10)}")
    if len(expected) < 2:
        assert trie.nodes == 0
        assert trie.shared == trie.longest
        return

    first = next(each for each in sequences if each)
    found = list(sequences_in(trie, first[: trie.shared]))

    assert dict(found) == expected
    assert len(found) == len(expected)
    assert trie.longest == max(map(len, sequences))


@given(st.lists(bodies, min_size=2, max_size=30))
def test_branches_of_a_node_begin_with_different_tokens_and_only_those_are_choices(
    drawn: list[Sequence],
) -> None:
    trie = build_trie(table_of(ended([(5, *each) for each in drawn])))
    chosen = set()
    for node in range(trie.nodes):
        branches = np.arange(trie.first[node], trie.first[node + 1])
        begins = trie.tokens[trie.place[branches], trie.start[branches]].tolist()

        assert len(begins) >= 2
        assert len(set(begins)) == len(begins)

        chosen.update(begins)

    assert set(trie.choices.tolist()) == chosen


@given(st.lists(bodies, min_size=1, max_size=20, unique=True), st.integers(1, 6))
def test_runs_of_places_that_are_written_alike_are_one_range(
    drawn: list[Sequence], times: int
) -> None:
    repeated = [(5, *each) for each in drawn for _ in range(times)]
    trie = build_trie(table_of(ended(repeated)))
    if trie.nodes:
        leaves = np.flatnonzero(trie.node == LEAF)

        assert (trie.span[leaves + 1] - trie.span[leaves] == 1).all()
        assert (trie.high[trie.span[leaves]] - trie.low[trie.span[leaves]] == times).all()
