"""The verdicts on random pairs of specs are those found by listing every row."""

from __future__ import annotations

import os
from collections import Counter
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, seed, settings

from synllm.diff.compare_specs import compare_specs
from synllm.diff.model import Change, SpecChange
from synllm.spec.evaluate import evaluate_rule
from synllm.spec.model import Rule, Spec
from synllm.spec.values import Value, Verdict
from tests.diff.spec_pairs import Judged, judge_rows, parse_cells, spec_pairs, true_change

OPPOSITE = {Change.NARROWER: Change.WIDER, Change.WIDER: Change.NARROWER}


def _check(pairs: int) -> Counter[Change]:
    met: Counter[Change] = Counter()

    @settings(
        max_examples=pairs, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @seed(20)
    @given(spec_pairs())
    def compare(pair: tuple[Spec, Spec]) -> None:
        old, new = pair
        judged = judge_rows(old, new)
        truth = true_change(judged)
        forward, backward = compare_specs(old, new, "pair"), compare_specs(new, old, "pair")
        met[truth] += 1

        assert forward.change is truth
        assert backward.change is OPPOSITE.get(truth, truth)
        _check_rows(forward, old, new, judged)
        _check_rules(forward, old, new, judged)

    compare()
    return met


def _check_rows(change: SpecChange, old: Spec, new: Spec, judged: list[Judged]) -> None:
    """Each shown row does its job, and no part of it does."""
    assert (change.refused is not None) is change.refuses_more
    assert (change.admitted is not None) is change.accepts_more
    for shown, accepting in ((change.refused, 0), (change.admitted, 1)):
        if shown is None:
            continue
        cells = parse_cells(shown.cells, old, new)
        for size in range(len(cells) + 1):
            for names in combinations(cells, size):
                fitting = {
                    each.accepted
                    for each in judged
                    if all(each.row[name] == cells[name] for name in names)
                }
                accepted = any(each[accepting] for each in fitting)
                surely_refused = not any(each[1 - accepting] for each in fitting)

                assert (accepted and surely_refused) is (size == len(cells)), (names, cells)


def _check_rules(change: SpecChange, old: Spec, new: Spec, judged: list[Judged]) -> None:
    """Each rule's verdict is that of listing every row that both versions can record."""
    rows = [each.row for each in judged if all(each.recorded)]
    listed = {each.name: each for each in change.rules if each.kind == "rule"}
    before = {rule.name: rule for rule in old.rules}
    for rule in new.rules:
        shown = listed.get(rule.name)
        earlier = before.get(rule.name if shown is None else shown.old_name or rule.name)
        if earlier is None or not (earlier.hard and rule.hard):
            continue
        pairs = [(_refuses(earlier, row, old), _refuses(rule, row, new)) for row in rows]
        narrower, wider = (False, True) in pairs, (True, False) in pairs

        assert (Change.SAME if shown is None else shown.change) is Change.of(narrower, wider)


def _refuses(rule: Rule, row: dict[str, Value], spec: Spec) -> bool:
    return evaluate_rule(rule, row, spec) in (Verdict.VIOLATED, Verdict.UNDEFINED)


def test_verdicts_and_rows_are_those_of_listing_every_row() -> None:
    met = _check(150)

    assert set(met) == {Change.SAME, Change.NARROWER, Change.WIDER, Change.DIFFERENT}


@pytest.mark.slow
def test_verdicts_and_rows_are_those_of_listing_every_row_of_many_specs() -> None:
    met = _check(int(os.environ.get("SYNLLM_PAIRS", "1000")))

    assert min(met[each] for each in Change if each is not Change.UNDECIDED) >= 50
