"""What compiling a spec writes: complete, the same every time, and whole or not at all."""

import json
import subprocess
import sys
from decimal import Decimal
from hashlib import sha256
from pathlib import Path

import pytest

from synllm.compiler import parse_spec
from synllm.language import load_spec
from synllm.resources import specs_folder
from synllm.spec.model import Spec
from synllm.spec.passes.lower import lower
from synllm.targets.guarantees import Enforcement, GuaranteeTable
from synllm.targets.json_text import render_json
from synllm.targets.write import CompiledSpec, compile_targets, write_targets
from tests.specs_in_code import cirrhosis_like, stroke_like

SHIPPED = ["cirrhosis", "diabetes", "stroke"]


def compiled(spec: Spec) -> CompiledSpec:
    return compile_targets(spec, lower(spec))


def shipped(name: str) -> Spec:
    spec, _ = load_spec(specs_folder() / f"{name}.synspec")
    assert spec is not None
    return spec


STRESS = Path(__file__).parents[1] / "rowspace/stress"

ENDLESS = """synspec 1
table t "Incomes" {
  low  : decimal(2) in 0..1000000  "Lower bound"
  high : decimal(2) in 0..1000000  "Upper bound"
}
rule above "The upper bound is above the lower one"
  always low <= high
"""


def parsed(source: str | Path) -> Spec:
    loaded = load_spec(source) if isinstance(source, Path) else parse_spec(source)
    assert loaded[0] is not None
    return loaded[0]


def test_all_files_are_written_as_the_manifest_says(tmp_path: Path) -> None:
    result = compiled(cirrhosis_like())
    paths = write_targets(result, tmp_path / "out" / "deep")
    manifest = json.loads((tmp_path / "out/deep/manifest.json").read_text(encoding="utf-8"))

    found = {path.relative_to(tmp_path / "out/deep").as_posix() for path in paths}
    assert found == {file["name"] for file in manifest["files"]} | {"manifest.json"}
    assert {path for path in (tmp_path / "out/deep").rglob("*") if path.is_file()} == set(paths)
    for file in manifest["files"]:
        content = (tmp_path / "out/deep" / file["name"]).read_bytes()
        assert sha256(content).hexdigest() == file["sha256"]
    assert manifest["fields"] == list(result.field_order)
    chat = json.loads((tmp_path / "out/deep/prompts/clin-rule.json").read_text(encoding="utf-8"))
    assert [message["role"] for message in chat] == ["system", "user"]


def test_the_same_spec_compiles_to_the_same_bytes() -> None:
    assert compiled(cirrhosis_like()).files == compiled(cirrhosis_like()).files


def test_another_hash_seed_compiles_to_the_same_bytes() -> None:
    code = (
        "from synllm.language import load_spec; from synllm.resources import specs_folder\n"
        "from synllm.spec.passes.lower import lower\n"
        "from synllm.targets.write import compile_targets\n"
        "spec, _ = load_spec(specs_folder() / 'cirrhosis.synspec')\n"
        "print(compile_targets(spec, lower(spec)).files['manifest.json'])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(outputs) == 1


def test_a_file_that_can_not_be_written_is_left_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_targets(compiled(stroke_like()), tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_targets(compiled(cirrhosis_like()), tmp_path)

    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_file_in_the_folders_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")

    with pytest.raises(OSError, match="out"):
        write_targets(compiled(stroke_like()), tmp_path / "out")


def enforcement(table: GuaranteeTable, subject: str, part: str) -> tuple[Enforcement, str | None]:
    (found,) = [g for g in table.guarantees if (g.subject, g.part) == (subject, part)]
    return found.enforcement, found.reason


def test_every_part_of_a_spec_has_its_guarantee() -> None:
    stroke = compiled(stroke_like()).guarantees
    cirrhosis = compiled(cirrhosis_like()).guarantees
    body = compiled(parsed(STRESS / "body_mass.synspec")).guarantees
    endless = compiled(parsed(ENDLESS)).guarantees
    grammar = (Enforcement.GRAMMAR, None)

    assert enforcement(stroke, "id", "key") == (Enforcement.COMPUTED, None)
    assert enforcement(stroke, "age", "range") == grammar
    assert enforcement(stroke, "bmi", "missing codes") == grammar
    assert enforcement(stroke, "whole_years", "rule") == grammar
    assert enforcement(stroke, "child_status", "rule") == grammar
    assert enforcement(body, "grown", "rule")[0] is Enforcement.DECODING
    assert enforcement(body, "index", "rule")[0] is Enforcement.DECODING
    assert enforcement(endless, "above", "rule") == (
        Enforcement.CHECKED,
        "it ties columns together that the grammar writes independently of each other, and the "
        "decoder can't hold it: `low` has too many possible values to go through",
    )
    assert enforcement(stroke, "smoker_age", "usually")[0] is Enforcement.PROMPT
    assert len([g for g in stroke.guarantees if g.part == "statistic"]) == 13
    assert enforcement(cirrhosis, "Pregnancies", "applicability") == grammar
    assert enforcement(cirrhosis, "Drug, Ascites, Cholesterol", "missing together") == grammar
    assert enforcement(cirrhosis, "Bilirubin_umol", "derived range") == grammar
    assert enforcement(cirrhosis, "Bilirubin_umol", "derived value")[0] is Enforcement.COMPUTED
    for table in (stroke, cirrhosis, body, endless):
        assert sum(table.count().values()) == len(table.guarantees)
        strong = (Enforcement.GRAMMAR, Enforcement.COMPUTED)
        assert all((g.reason is None) == (g.enforcement in strong) for g in table.guarantees)


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_specs_compile_without_findings(name: str) -> None:
    spec = shipped(name)
    result = compile_targets(spec, lower(spec))

    assert not result.diagnostics
    assert not result.grammar.weaker


def test_compiling_imports_no_torch() -> None:
    code = "import sys, synllm.targets.write; sys.exit('torch' in sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_data_dictionary_names_columns_rules_and_statistics() -> None:
    text = compiled(stroke_like()).dictionary

    assert "| bmi " in text
    assert "- **child_status**: Children recorded as such are at most 16 and unmarried." in text
    assert "## Statistics: Table 1, training cohort, 5,110 records" in text


def test_json_text_keeps_digits_and_refuses_floats() -> None:
    value = {"a": [Decimal("0.10"), 1, None, "é"], "b": [{"c": []}], "d": {}}

    assert json.loads(render_json(value), parse_float=str) == {**value, "a": ["0.10", 1, None, "é"]}
    with pytest.raises(TypeError):
        render_json({"a": 0.5})  # type: ignore[dict-item]
