"""synllm witness: write rows that obey a spec, sit on its boundaries or break one rule."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synllm.cli.console import say, show_findings
from synllm.cli.exits import Exit
from synllm.cli.inputs import read_spec
from synllm.cli.why_not import no_valid_patient, say_why_not

if TYPE_CHECKING:
    from synllm.proof.inquiry import Inquiry, RuleCase
    from synllm.proof.witnesses.witness_rows import Witnesses, WitnessRow
    from synllm.spec.core import Formula
    from synllm.spec.model import Spec

KINDS = ("valid", "boundary", "violating")
FORMATS = (".csv", ".jsonl", ".parquet")
_ROWS = 10
_GIVEN = "--given"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("spec", type=Path, metavar="SPEC")
    parser.add_argument("--kind", choices=KINDS, default="valid", help="what rows (valid)")
    parser.add_argument(
        "--rule",
        metavar="RULE",
        help="with violating: the one rule to break (default: each in turn)",
    )
    parser.add_argument(
        "--rows",
        type=int,
        metavar="N",
        help="rows to write (default: 10; with boundary one for each)",
    )
    parser.add_argument("--seed", type=int, default=0, help="same seed, same rows (0)")
    parser.add_argument(
        "--given", metavar="CONDITION", help="a condition that is true on every row"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help=".csv, .jsonl or .parquet (default: print CSV)",
    )
    parser.add_argument(
        "--explain", action="store_true", help="add a column that says what each row shows"
    )
    parser.add_argument("--force", action="store_true", help="write over an existing output")


def run(options: argparse.Namespace) -> int:
    """Write the rows; exit 1 with the clashing statements where there are none."""
    mistake = _mistake(options)
    if mistake is not None:
        say(f"error: {mistake[0]}\nhelp: {mistake[1]}")
        return Exit.BAD_INPUT
    spec = read_spec(options.spec)
    if spec is None:
        return Exit.BAD_INPUT
    from synllm.language.given import read_condition
    from synllm.proof.check import DEFAULT_BUDGET
    from synllm.proof.inquiry import Inquiry
    from synllm.spec.passes.conditions import split
    from synllm.spec.passes.formulas import TRUE
    from synllm.spec.passes.lower import lower
    from synllm.spec.passes.terms import Scope

    core = lower(spec)
    given: Formula = TRUE
    if options.given is not None:
        condition, mistakes = read_condition(options.given, _GIVEN, spec)
        show_findings(mistakes)
        if condition is None:
            return Exit.BAD_INPUT
        given = split(condition, Scope(spec, core.by_name)).true
    inquiry = Inquiry(spec, core, DEFAULT_BUDGET)
    if options.kind == "violating":
        cases = _choose_rules(inquiry, options.rule)
        if cases is None:
            return Exit.BAD_INPUT
        return _write_violating(inquiry, cases, given, options)
    return _write_obeying(inquiry, given, options)


def _mistake(options: argparse.Namespace) -> tuple[str, str] | None:
    """Return what is wrong with the options, and what to do; None where nothing is."""
    output: Path | None = options.output
    if options.rows is not None and options.rows < 1:
        return f"{options.rows} rows can't be written", "ask for at least 1: --rows 10"
    if options.rule is not None and options.kind != "violating":
        return f"--kind {options.kind} breaks no rule", "use --rule with --kind violating"
    if output is None:
        return None
    if output.suffix.lower() not in FORMATS:
        return (
            f"the format of {output} is not known",
            "name the output FILE.csv, FILE.jsonl or FILE.parquet",
        )
    if output.is_dir():
        return f"{output} is a folder", "choose another name for the table"
    if output.exists() and not options.force:
        return f"{output} exists already", "choose another name, or write over it with --force"
    return None


def _choose_rules(inquiry: Inquiry, name: str | None) -> list[RuleCase] | None:
    """Return the rule named, or all of them; None after saying that there is no such rule."""
    from synllm.diagnostics.suggest import did_you_mean

    if name is None:
        if not inquiry.rules:
            say(f"error: {inquiry.spec.name} has no rule that a row could break")
            say("help: use --kind valid or boundary")
            return None
        return list(inquiry.rules)
    chosen = [case for case in inquiry.rules if case.rule.name == name]
    if chosen:
        return chosen
    say(f"error: there is no rule `{name}`")
    fix = did_you_mean(name, [case.rule.name for case in inquiry.rules])
    if fix:
        say(f"help: {fix}")
    return None


def _write_obeying(inquiry: Inquiry, given: Formula, options: argparse.Namespace) -> int:
    from synllm.proof.session import Undecided
    from synllm.proof.witnesses.witness_rows import NoRow, find_boundary, find_valid

    boundary = options.kind == "boundary"
    found = (
        find_boundary(inquiry, options.rows, options.seed, given)
        if boundary
        else find_valid(inquiry, options.rows or _ROWS, options.seed, given)
    )
    subject = no_valid_patient(options.given)
    if isinstance(found, Undecided):
        return _leave_open("a valid patient exists")
    if isinstance(found, NoRow):
        say_why_not(subject, found)
        return Exit.FINDINGS
    _write_table(inquiry.spec, found.rows, options)
    noun = "boundaries" if boundary else "values, range ends, absences and outcomes of rules"
    never = f"; {len(found.impossible)} can't occur" if found.impossible else ""
    say(f"{_count(found.rows)}, which show {found.shown} of {found.listed} {noun}{never}")
    if boundary and not options.explain:
        _say_what_rows_show(found.rows)
    _say_limits(found, boundary=boundary)
    return Exit.CLEAN


def _write_violating(
    inquiry: Inquiry, cases: Sequence[RuleCase], given: Formula, options: argparse.Namespace
) -> int:
    """Write rows for each rule in turn; a rule that can't be broken alone is told."""
    from synllm.proof.session import Undecided
    from synllm.proof.witnesses.witness_rows import NoRow, find_violating

    count = options.rows or _ROWS
    rows: list[WitnessRow] = []
    left_open = impossible = False
    for place, case in enumerate(cases):
        share = (count - len(rows)) // (len(cases) - place)
        if share == 0 and rows:
            continue
        found = find_violating(inquiry, case, max(1, share), options.seed, given)
        name = f"rule `{case.rule.name}`"
        if isinstance(found, Undecided):
            left_open = True
            _leave_open(f"a patient exists who breaks only {name}")
        elif isinstance(found, NoRow):
            impossible = True
            say_why_not(f"no patient breaks only {name}{_given(options)}", found)
        else:
            if found.breaks_soft:
                say(f"note: patients who break only {name} break a soft rule too")
            rows.extend(found.rows)
    if rows:
        _write_table(inquiry.spec, rows, options)
        broken = "exactly one rule" if len(cases) > 1 else f"exactly rule `{cases[0].rule.name}`"
        say(f"{_count(rows)}, each of which breaks {broken}")
        if len(cases) > 1 and not options.explain:
            _say_what_rows_show(rows)
    if impossible and (options.rule is not None or not rows):
        return Exit.FINDINGS
    return Exit.UNDECIDED if left_open else Exit.CLEAN


def _given(options: argparse.Namespace) -> str:
    return "" if options.given is None else f" and meets `{options.given}`"


def _leave_open(question: str) -> int:
    say(f"undecided: it could not be worked out whether {question}")
    say("help: `synllm check` names the statements that are too intricate")
    return Exit.UNDECIDED


def _say_what_rows_show(rows: Sequence[WitnessRow]) -> None:
    width = len(str(len(rows)))
    for number, row in enumerate(rows, 1):
        say(f"  row {number:>{width}}: {row.shows}")


def _say_limits(found: Witnesses, *, boundary: bool) -> None:
    """Say what no valid row shows, and what stayed open."""
    listed = found.impossible if boundary else ()
    if listed:
        say("no valid patient is on these:")
        for words in listed:
            say(f"  {words}")
    for words in found.undecided:
        say(f"note: it could not be worked out whether any patient is on this: {words}")


def _write_table(spec: Spec, rows: Iterable[WitnessRow], options: argparse.Namespace) -> None:
    from synllm.generate.sinks import CsvWriter, open_sink

    listed = list(rows)
    remark = _remark_column(spec) if options.explain else None
    remarks = [each.shows for each in listed] if options.explain else []
    if options.output is None:
        CsvWriter(spec, sys.stdout, remark).write([each.row for each in listed], remarks)
        sys.stdout.flush()
        return
    options.output.parent.mkdir(parents=True, exist_ok=True)
    sink = open_sink(spec, options.output, remark)
    try:
        sink.write([each.row for each in listed], remarks)
    finally:
        sink.close()
    sink.partial.replace(options.output)
    say(f"wrote {options.output}")


def _remark_column(spec: Spec) -> str:
    """Return a name for the column of remarks that no column has."""
    name = "shows"
    while name in spec.by_name:
        name += "_"
    return name


def _count(rows: Sequence[WitnessRow]) -> str:
    return f"{len(rows)} row{'' if len(rows) == 1 else 's'}"
