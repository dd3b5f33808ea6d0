"""What `synllm check` tells the shell: the gravest finding decides, and undecided is no success."""

from __future__ import annotations

from dataclasses import replace

import pytest

from synllm.cli.check_command import exit_code
from synllm.cli.main import main
from synllm.diagnostics.diagnostic import report


@pytest.mark.parametrize(
    ("findings", "code"),
    [
        ([], 0),
        (["complete-row"], 0),
        (["rule-without-sentence"], 1),
        (["undecidable-in-practice"], 3),
        (["undecidable-in-practice", "complete-row"], 3),
        (["undecidable-in-practice", "contradictory-rules"], 1),
        (["unreadable-spec", "contradictory-rules"], 2),
    ],
)
def test_the_gravest_finding_decides(findings: list[str], code: int) -> None:
    assert exit_code([report(name, "…") for name in findings]) == code


def test_an_allowed_finding_counts_for_nothing() -> None:
    allowed = replace(report("rule-without-sentence", "…"), allowed="the name says it")
    undecided = replace(report("undecidable-in-practice", "…"), allowed="too intricate")

    assert exit_code([allowed]) == 0
    assert exit_code([allowed, undecided]) == 0
    assert exit_code([allowed, report("undecidable-in-practice", "…")]) == 3
    assert exit_code([allowed, report("never-missing", "…")]) == 1


def test_an_unknown_finding_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--enable", "uncited-rules", "nowhere.synspec"]) == 2
    assert "did you mean `uncited-rule`?" in capsys.readouterr().err


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "exit codes:" in capsys.readouterr().out


def test_an_unknown_command_is_bad_input() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["chek"])

    assert stop.value.code == 2
