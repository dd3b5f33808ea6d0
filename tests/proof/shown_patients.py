"""The patient that a finding shows, read back from its cells and judged by the semantics."""

from collections.abc import Sequence

from synllm.diagnostics.diagnostic import Diagnostic
from synllm.spec.cells import CellProblem, read_row, write_cell
from synllm.spec.evaluate import broken_statements, column_value, evaluate_condition, evaluate_rule
from synllm.spec.model import Rule, Spec
from synllm.spec.values import Truth, Value, Verdict
from tests.proof.named_statements import Named, named_statements


def read_patient(finding: Diagnostic, spec: Spec) -> dict[str, Value]:
    """The row that a finding shows; each of its cells can be read, computed ones agree."""
    cells = dict(finding.witness)
    row: dict[str, Value] = {}
    for name, value in read_row(spec, cells).items():
        assert not isinstance(value, CellProblem), f"{name} = {cells[name]}: {value}"
        row[name] = value
    for column in spec.columns:
        if column.derivation is not None:
            computed = column_value(column, row, spec)
            assert cells[column.name] == write_cell(column, computed)
    return row


def judge_patient(finding: Diagnostic, spec: Spec) -> None:
    """Fails where the patient does not show what the finding says."""
    row = read_patient(finding, spec)
    broken = set(broken_statements(row, spec))
    named = named_statements(finding, spec)
    rules = [rule for rule in spec.rules if Named("rule", rule.name) in named]
    match finding.finding:
        case "gap-in-cases":
            assert broken == set()
            assert _conditions(rules, row, spec) == {Truth.FALSE}
        case "boundary-seam" if "left out" in finding.headline:
            assert broken == set()
            assert _conditions(rules, row, spec) == {Truth.FALSE}
        case "boundary-seam" | "overlap-in-cases" | "conflict-region":
            # Where one rule is in conflict with several, it comes first: the patient shows one.
            first, *others = (each for each in named if each.kind == "rule")
            met = [
                rule
                for rule in rules
                if rule.name == first.name or _conditions([rule], row, spec) == {Truth.TRUE}
            ]
            assert len(met) > 1
            assert others
            assert _conditions(met, row, spec) == {Truth.TRUE}
            assert broken
            assert broken < {rule.name for rule in met}
        case "unreachable-value" | "range-never-reached" | "constant-feature":
            excluding = {each.name for each in named[1:]}
            assert broken
            assert broken <= excluding
        case "rule-forbids-its-condition":
            (rule,) = rules
            assert _conditions(rules, row, spec) == {Truth.TRUE}
            assert broken == {rule.name}
        case "never-applies-given-others":
            idle, *others = named
            (rule,) = (each for each in rules if each.name == idle.name)
            assert _conditions([rule], row, spec) == {Truth.TRUE}
            assert broken
            assert broken <= {each.name for each in others}
        case "applicability-mismatch":
            (rule,) = rules
            assert broken == set()
            assert _conditions(rules, row, spec) == {Truth.TRUE}
            assert evaluate_rule(rule, row, spec) is Verdict.UNDECIDED
        case "impossible-domain":
            (column,) = (each for each in named if spec.by_name[each.name].derivation is not None)
            assert broken == {column.name}
        case _:
            raise AssertionError(f"nothing is known of patients who show {finding.finding}")


def _conditions(rules: Sequence[Rule], row: dict[str, Value], spec: Spec) -> set[Truth]:
    return {
        Truth.TRUE if rule.when is None else evaluate_condition(rule.when, row, spec)
        for rule in rules
    }
