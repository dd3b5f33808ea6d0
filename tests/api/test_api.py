"""The Python API does what the commands do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import synllm
from synllm.resources import specs_folder

SPEC = """\
synspec 1

table visits "Outpatient visits" {
  id : identifier
  age : integer in 0..110 'a' "Age at the visit"
  weight : decimal(1) in 2.0..300.0 'kg' "Weight" may be missing coded "NA"
  smoker : yes/no coded 1/0 "Smokes"
}

rule smoking_age "Smokers are at least 10"
  when smoker is yes then age >= 10
"""


def test_a_generated_frame_validates() -> None:
    spec = synllm.loads(SPEC)
    frame = spec.generate(rows=12, seed=4, batch=8)

    assert list(frame.columns) == ["id", "age", "weight", "smoker"]
    assert len(frame) == 12
    assert spec.validate(frame).clean
    assert set(frame["smoker"]) <= {0, 1}
    pd.testing.assert_frame_equal(frame, spec.generate(rows=12, seed=4, batch=8))


def test_a_broken_frame_is_reported() -> None:
    frame = pd.DataFrame({"age": [9, 40], "weight": [20.5, None], "smoker": [1, 0]})
    report = synllm.loads(SPEC).validate(frame)

    assert report.of("smoking_age").counts.violated == 1
    assert not report.clean


def test_a_frame_has_its_coverage() -> None:
    frame = pd.DataFrame({"age": [9, 40], "weight": [20.5, None], "smoker": [0, 1]})
    report = synllm.loads(SPEC).coverage(frame)

    assert report.of("smoking_age").exercised
    assert "age is never 10" in [gap.what for gap in report.gaps]


def test_mistakes_are_raised_with_their_message() -> None:
    with pytest.raises(synllm.SynllmError, match="did you mean `smoker`") as caught:
        synllm.loads(SPEC.replace("when smoker", "when smokr"))

    assert [each.finding for each in caught.value.diagnostics] == ["unknown-column"]


def test_a_table_that_cannot_be_read_is_raised() -> None:
    with pytest.raises(synllm.SynllmError, match="no file"):
        synllm.loads(SPEC).validate("nowhere.csv")
    with pytest.raises(synllm.SynllmError, match="no file"):
        synllm.loads(SPEC).coverage("nowhere.csv")


def test_check_and_compile_and_emit() -> None:
    spec = synllm.loads(SPEC)

    assert {each.severity.value for each in spec.check()} <= {"note"}
    assert spec.compile().field_order == ("age", "smoker", "weight")
    assert spec.emit("spec").startswith("Spec(")


def test_check_looks_for_what_is_enabled_and_says_what_is_allowed() -> None:
    cited = SPEC + '  cites "Protocol"\n'
    allowed = SPEC + '  allow uncited-rule because "our own"\n'

    def found(text: str) -> list[str | None]:
        findings = synllm.loads(text).check(enable={"uncited-rule"})
        return [each.allowed for each in findings if each.finding == "uncited-rule"]

    assert (found(cited), found(SPEC), found(allowed)) == ([], [None], ["our own"])
    assert "uncited-rule" not in [each.finding for each in synllm.loads(SPEC).check()]


def test_checking_loads_neither_torch_nor_any_model_library() -> None:
    specs = [
        str(specs_folder() / f"{name}.synspec") for name in ("diabetes", "stroke", "cirrhosis")
    ]
    script = (
        "import sys\n"
        "from synllm.cli.main import main\n"
        f"code = main(['check', '--quiet', *{specs!r}])\n"
        "heavy = {'torch', 'transformers', 'outlines', 'pandas', 'sklearn'} & set(sys.modules)\n"
        "sys.exit(code or (repr(sorted(heavy)) if heavy else 0))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr


def test_importing_the_package_is_instant() -> None:
    script = (
        "import sys, synllm; sys.exit(len([m for m in sys.modules if m.startswith('synllm')]) - 1)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, cwd=Path.cwd())

    assert done.returncode == 0
