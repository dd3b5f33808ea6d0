"""What `synllm check` tells the shell: the gravest finding decides, and undecided is no success."""

from __future__ import annotations

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


def test_no_command_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "exit codes:" in capsys.readouterr().out


def test_an_unknown_command_is_bad_input() -> None:
    with pytest.raises(SystemExit) as stop:
        main(["chek"])

    assert stop.value.code == 2
