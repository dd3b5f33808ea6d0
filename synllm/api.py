"""The Python API: the commands as methods of a loaded spec.

spec = synllm.load("stroke.synspec")
spec.check()
frame = spec.generate(rows=200, seed=1)
spec.validate(frame).clean
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from synllm.compiler import check_loaded, compile_spec, emit
from synllm.diagnostics.diagnostic import Diagnostic
from synllm.diagnostics.show_text import render_text
from synllm.language.load import load_spec, parse_spec
from synllm.spec.model import Spec
from synllm.targets.prompt.levels import PromptLevel
from synllm.targets.write import CompiledSpec

if TYPE_CHECKING:
    import pandas as pd

    from synllm.coverage.report import CoverageReport
    from synllm.rowspace.given import Given
    from synllm.validate.report import Report


class SynllmError(Exception):
    """Bad input: a spec or table that can't be used. `diagnostics` say what, where and how to fix
    it; the message is their text.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("\n" + render_text(diagnostics))
        self.diagnostics = tuple(diagnostics)


@dataclass(frozen=True, slots=True)
class LoadedSpec:
    """A spec without errors, ready to check, compile, generate from and validate against."""

    spec: Spec
    warnings: tuple[Diagnostic, ...] = ()

    def check(self, *, enable: Collection[str] = ()) -> list[Diagnostic]:
        """Return all findings: warnings from reading the spec, then what can be proved about it.

        Those that the spec allows are among them; their `allowed` is the reason. `enable` names
        findings to look for that are off by default.
        """
        return check_loaded(self.spec, self.warnings, frozenset(enable))

    def compile(self, examples: Sequence[Mapping[str, str]] = ()) -> CompiledSpec:
        """Return prompts, schemas, row regex and guarantees; `synllm.targets.write.write_targets`
        writes them to a folder. `examples` are rows as the data file holds them.
        """
        return compile_spec(self.spec, examples)

    def emit(self, phase: str) -> str:
        """Return the stable text of one phase: syntax, spec, core, schema, regex or prompt."""
        return emit(self.spec, phase)

    def generate(
        self,
        rows: int,
        *,
        prompt: str = "clin-rule",
        model: str | None = None,
        seed: int = 0,
        temperature: float = 1.0,
        batch: int = 64,
        device: str = "auto",
        dtype: str = "auto",
        examples: Sequence[Mapping[str, str]] = (),
        engine: Literal["decoder", "outlines"] = "decoder",
        steer: float = 1.0,
        given: str | None = None,
    ) -> pd.DataFrame:
        """Return exactly `rows` rows that obey every hard rule, with the data file's codes.

        Missing and not applicable cells are null. Rows are steered to the declared figures with the
        strength `steer`, from 0 to 1; all meet the condition `given`, if there is one. With the
        model "sampler" rows are drawn from rules and statistics alone, and the options for language
        models have no effect.

        Raises SynllmError for example rows or a condition that can't be read, ModelError where the
        model can't be loaded or can't write such rows, CannotDecodeError and CannotSampleError for
        a spec whose rows can't be held to its rules as they are written, and NoPatientError, which
        names the statements that rule the condition out. The engine "outlines" checks rows after
        they are written: it steers nothing, takes no condition (ValueError), and raises
        RuntimeError, saying which rules stood in the way, where not all rows could be delivered.
        """
        from synllm.generate.frame import make_frame
        from synllm.generate.settings import RunSettings

        condition = self._read_given(given)
        if model == "sampler":
            from synllm.generate.sampler import RowSampler

            sampler = RowSampler(self.spec, rows, condition)
            return make_frame(self.spec, list(sampler.sample(rows, seed)))
        from synllm.generate.models import load_model

        settings = RunSettings(
            rows=rows,
            prompt=PromptLevel(prompt),
            model=model,
            seed=seed,
            temperature=temperature,
            batch=batch,
            device=device,
            dtype=dtype,
            engine=engine,
            steer=steer,
            given=given,
        )
        compiled = self.compile(examples)
        if compiled.diagnostics:
            raise SynllmError(compiled.diagnostics)
        loaded = load_model(model, device=device, dtype=dtype)
        if engine == "decoder":
            from synllm.generate.decode import RowDecoder

            decoder = RowDecoder(compiled, loaded, settings, condition)
            return make_frame(self.spec, list(decoder.sample(rows)))
        from synllm.generate.run import generate_rows

        if given is not None:
            raise ValueError('a condition takes engine="decoder" or model="sampler"')
        delivered = generate_rows(compiled, loaded, settings)
        if not delivered.complete:
            state = delivered.progress
            worst = ", ".join(name for name, _ in state.rejected.most_common(3))
            raise RuntimeError(
                f"{state.delivered} of {rows} rows after {state.candidates} candidates; "
                f"most often broken: {worst or 'none'}"
            )
        return make_frame(self.spec, delivered.rows)

    def _read_given(self, text: str | None) -> Given | None:
        if text is None:
            return None
        from synllm.language.given import read_condition
        from synllm.rowspace.given import lower_given
        from synllm.spec.passes.lower import lower

        condition, mistakes = read_condition(text, "given", self.spec)
        if condition is None:
            raise SynllmError(mistakes)
        return lower_given(text, condition, self.spec, lower(self.spec))

    def validate(
        self,
        table: pd.DataFrame | Path | str,
        *,
        engine: Literal["columns", "exact", "z3"] = "columns",
        offenders: int = 5,
    ) -> Report:
        """Return the report on a table. Raises SynllmError where the table can't be read."""
        from synllm.validate.validate import validate_table

        source = Path(table) if isinstance(table, str) else table
        report, diagnostics = validate_table(self.spec, source, engine=engine, offenders=offenders)
        if report is None:
            raise SynllmError(diagnostics)
        return report

    def coverage(self, table: pd.DataFrame | Path | str) -> CoverageReport:
        """Return what a table exercises of the spec. Raises SynllmError where it can't be read."""
        from synllm.coverage.measure import measure_coverage

        source = Path(table) if isinstance(table, str) else table
        report, diagnostics = measure_coverage(self.spec, source)
        if report is None:
            raise SynllmError(diagnostics)
        return report


def load(path: Path | str) -> LoadedSpec:
    """Return the spec in a file. Raises SynllmError where it holds mistakes."""
    return _loaded(*load_spec(path))


def loads(text: str, name: str = "<text>") -> LoadedSpec:
    """Return the spec in a text. Raises SynllmError where it holds mistakes."""
    return _loaded(*parse_spec(text, name))


def _loaded(spec: Spec | None, diagnostics: list[Diagnostic]) -> LoadedSpec:
    if spec is None:
        raise SynllmError(diagnostics)
    return LoadedSpec(spec, tuple(diagnostics))
