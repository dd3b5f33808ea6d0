"""synllm run: generate rows that obey every hard rule."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from synllm.cli.console import say, show_findings
from synllm.cli.exits import Exit
from synllm.cli.given_option import read_given, say_given
from synllm.cli.inputs import read_examples, read_spec
from synllm.cli.journal_text import say_cannot_begin, say_finished, say_stopped
from synllm.cli.progress import progress_line
from synllm.cli.run_text import DEFAULT_PROMPT, say_about_model, say_figures, say_history
from synllm.cli.why_not import no_valid_patient, say_why_not

if TYPE_CHECKING:
    from synllm.generate.run import Delivered, Progress
    from synllm.generate.run_manifest import RunManifest
    from synllm.generate.sampler import Sampled
    from synllm.spec.model import Spec

LEVELS = ("seed-ex", "feat-desc", "stat-guide", "clin-rule")
FORMATS = (".csv", ".jsonl", ".parquet")
SAMPLER = "sampler"
FOR_MODELS: dict[str, object] = {
    "prompt": "clin-rule",
    "examples": None,
    "temperature": 1.0,
    "batch": 64,
    "device": "auto",
    "dtype": "auto",
    "engine": "decoder",
    "steer": 1.0,
    "weights": False,
}
"""The options that only language models follow, with what they are unless given."""

FOR_DECODER: dict[str, object] = {"steer": 1.0, "weights": False, "given": None, "resume": False}
"""The options that only the decoder follows."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument("spec", type=Path, metavar="SPEC")
    parser.add_argument("--rows", type=int, required=True, metavar="N", help="rows to deliver")
    parser.add_argument(
        "-o", "--output", type=Path, required=True, metavar="FILE", help=".csv, .jsonl or .parquet"
    )
    parser.add_argument(
        "--prompt",
        choices=LEVELS,
        default=DEFAULT_PROMPT,
        help="what the model is told (clin-rule)",
    )
    parser.add_argument(
        "--examples", type=Path, metavar="FILE", help="a table whose first 20 rows the prompt shows"
    )
    parser.add_argument(
        "--model",
        metavar="M",
        help="a model folder, a Hugging Face id, or `sampler`: rows without a language model, "
        "from the rules and statistics alone (default: the embedded model)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, help="same seed, same machine, same rows (0)"
    )
    parser.add_argument("--temperature", type=float, default=1.0, help="0 takes the likeliest")
    parser.add_argument("--batch", type=int, default=64, help="rows written side by side (64)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--dtype", default="auto", help="auto, float32, bfloat16 or float16")
    parser.add_argument(
        "--engine",
        choices=("decoder", "outlines"),
        default="decoder",
        help="hold rules while rows are written, or let Outlines write and check after (decoder)",
    )
    parser.add_argument(
        "--steer",
        type=float,
        default=1.0,
        metavar="S",
        help="how strongly rows are steered to the declared figures; 0: the model alone (1)",
    )
    parser.add_argument(
        "--weights",
        action="store_true",
        help="write beside the table how probable the model finds each row",
    )
    parser.add_argument(
        "--given", metavar="CONDITION", help="a condition that is true on every row"
    )
    parser.add_argument(
        "--receipts",
        action="store_true",
        help="write beside the table what narrowed each cell, for `synllm show FILE --row N`",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that stopped, asked for as it was",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="write over an existing output, and give up an unfinished run of it",
    )


def run(options: argparse.Namespace) -> int:
    """Generate a table and its manifest; exit 1 where not all rows could be delivered."""
    mistake = _mistake(options)
    if mistake is not None:
        say(f"error: {mistake[0]}\nhelp: {mistake[1]}")
        return Exit.BAD_INPUT
    spec = read_spec(options.spec)
    if spec is None:
        return Exit.BAD_INPUT
    if options.model == SAMPLER:
        return _sample(options, spec)
    if options.engine == "decoder":
        from synllm.cli.decode_run import decode

        return decode(options, spec)
    if options.receipts and not _can_have_receipts(spec):
        return Exit.BAD_INPUT
    from synllm.compiler import compile_spec
    from synllm.generate.errors import ModelError
    from synllm.generate.models import load_model
    from synllm.generate.run import run_to_file
    from synllm.generate.settings import RunSettings

    examples = read_examples(spec, options.examples)
    if examples is None:
        return Exit.BAD_INPUT
    compiled = compile_spec(spec, examples)
    show_findings(compiled.diagnostics)
    settings = RunSettings(
        rows=options.rows,
        prompt=options.prompt,
        model=options.model,
        seed=options.seed,
        temperature=options.temperature,
        batch=options.batch,
        device=options.device,
        dtype=options.dtype,
        engine=options.engine,
    )
    partial = options.output.with_name(options.output.name + ".partial")
    if partial.exists():
        say(f"note: {partial}, left by an earlier run, is written over")
    try:
        with progress_line() as show:
            show("loading the model")
            model = load_model(settings.model, device=settings.device, dtype=settings.dtype)
            say_about_model(model, options)
            delivered, manifest = run_to_file(
                compiled,
                model,
                settings,
                options.output,
                receipts=options.receipts,
                progress=lambda state: show(_describe(state)),
            )
    except ModelError as error:
        say(f"error: {error.what} ({error.where})\nhelp: {error.fix}")
        return Exit.ENVIRONMENT
    except (KeyboardInterrupt, OSError):
        if partial.exists():
            say(f"stopped: the rows delivered so far are in {partial}")
        raise
    code = _conclude(options.output, delivered, manifest)
    if options.receipts and delivered.complete:
        say(f"wrote {options.output}.receipts.parquet")
    return code


def _mistake(options: argparse.Namespace) -> tuple[str, str] | None:
    """Return what is wrong with the options, and what to do; None where nothing is."""
    if options.rows < 1:
        return f"{options.rows} rows can't be generated", "ask for at least 1: --rows 200"
    if options.output.suffix.lower() not in FORMATS:
        return (
            f"the format of {options.output} is not known",
            "name the output FILE.csv, FILE.jsonl or FILE.parquet",
        )
    if options.output.is_dir():
        return f"{options.output} is a folder", "choose another name for the table"
    for given in (options.spec, options.examples):
        if given and given.exists() and options.output.exists() and given.samefile(options.output):
            return (
                f"{options.output} is a file that the run reads, and its rows would replace it",
                "choose another name for the output",
            )
    if options.output.exists() and not options.force and not options.resume:
        return (
            f"{options.output} exists already",
            "choose another name, or write over it with --force",
        )
    if options.model == SAMPLER:
        idle = [name for name, usual in FOR_MODELS.items() if getattr(options, name) != usual]
        if idle:
            return (
                f"--{idle[0]} has no effect: the sampler is no language model",
                f"leave --{idle[0]} out, or choose another --model",
            )
    elif options.engine == "outlines":
        idle = [name for name, usual in FOR_DECODER.items() if getattr(options, name) != usual]
        if idle:
            return (
                f"--{idle[0]} has no effect with --engine outlines",
                f"leave --{idle[0]} out, or use --engine decoder",
            )
    if not 0 <= options.steer <= 1:
        return f"{options.steer} is no strength to steer with", "use --steer 0 to 1"
    if options.batch < 1 or options.batch > 4096:
        return f"a batch of {options.batch} rows can't be written", "use --batch 1 to 4096"
    if not 0 <= options.temperature <= 10:
        return f"{options.temperature} is no temperature", "use --temperature 0 to 10"
    if not 0 <= options.seed < 2**63:
        return f"{options.seed} is no seed", f"use a whole number from 0 to {2**63 - 1}"
    if options.examples is not None and options.prompt == "clin-rule":
        return (
            "the clin-rule prompt never shows rows, so --examples has no effect",
            "leave --examples out, or use --prompt seed-ex, feat-desc or stat-guide",
        )
    if options.examples is None and options.prompt == "seed-ex":
        return (
            "the seed-ex prompt shows example rows, and none are given",
            "name a table of real or made-up rows: --examples FILE",
        )
    return None


def _can_have_receipts(spec: Spec) -> bool:
    """Return whether all columns have values that can be listed, or say which has not."""
    from synllm.rowspace.sample import find_unlistable
    from synllm.spec.passes.lower import lower

    column = find_unlistable(lower(spec).columns)
    if column is not None:
        say(f"error: `{column.name}` has too many possible values for receipts")
        say("help: narrow its range or record fewer decimals, or leave --receipts out")
    return column is None


def _sample(options: argparse.Namespace, spec: Spec) -> int:
    """Draw a table from the fitted row space, without a language model."""
    # Small matrices on several threads wait for each other on a busy machine, and their sums would
    # depend on the number of cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from synllm.generate.journal.errors import JournalError
    from synllm.generate.sampler import CannotSampleError, NoPatientError, sample_to_file
    from synllm.generate.settings import RunSettings

    given, mistakes = read_given(options.given, spec)
    show_findings(mistakes)
    if mistakes:
        return Exit.BAD_INPUT
    settings = RunSettings(rows=options.rows, model=SAMPLER, seed=options.seed, given=options.given)
    if options.resume:
        finished = say_finished(options.output, spec, settings)
        if finished is not None:
            return finished
    try:
        with progress_line() as show:
            show("fitting the declared figures")
            sampled = sample_to_file(
                spec,
                settings,
                options.output,
                given=given,
                receipts=options.receipts,
                resume=options.resume,
                force=options.force,
                progress=lambda done: show(f"{done:,} of {options.rows:,} rows"),
            )
    except CannotSampleError as error:
        say(f"error: {error.what}\nhelp: {error.fix}")
        return Exit.BAD_INPUT
    except NoPatientError as error:
        say_why_not(no_valid_patient(options.given), error.why)
        return Exit.FINDINGS
    except JournalError as error:
        return say_cannot_begin(error)
    except (KeyboardInterrupt, OSError):
        say_stopped(options.output, options.rows)
        raise
    _conclude_sample(sampled, spec)
    if options.receipts:
        say(f"wrote {sampled.place}.receipts.parquet")
    return Exit.CLEAN


def _conclude_sample(sampled: Sampled, spec: Spec) -> None:
    manifest = sampled.manifest
    rate = manifest.delivered / max(sampled.drawing, 1e-9)
    say(
        f"{manifest.delivered:,} rows by the sampler: {sampled.fitting:.1f} s to fit, "
        f"{sampled.drawing:.1f} s to draw ({rate:,.0f} rows/s), {sampled.writing:.1f} s to write; "
        f"{manifest.distinct:,} distinct; {manifest.audited} audited"
    )
    say_history(manifest, sampled.drawn_anew)
    if manifest.settings.given is not None:
        say_given(manifest, spec)
    say_figures(manifest)
    say(f"wrote {sampled.place} and {sampled.place}.manifest.json")


def _describe(state: Progress) -> str:
    text = f"{state.delivered:,} of {state.asked:,} rows, {state.rate:.1f} rows/s"
    if state.rejected:
        worst, number = state.rejected.most_common(1)[0]
        text += f", {state.rejected_rows:,} written anew (most often: {worst}, {number:,})"
    return text


def _conclude(output: Path, delivered: Delivered, manifest: RunManifest) -> int:
    state = delivered.progress
    untrained = "" if manifest.model.trained else " (untrained)"
    say(
        f"{state.delivered:,} of {state.asked:,} rows in {state.seconds:.1f} s "
        f"({state.rate:.1f} rows/s) by {manifest.model.name}{untrained}; "
        f"{manifest.distinct:,} distinct; {manifest.audited} audited"
    )
    if state.rejected:
        say(f"{state.rejected_rows:,} of {state.candidates:,} candidate rows broke a rule:")
        width = len(f"{max(state.rejected.values()):,}")
        for name, number in state.rejected.most_common():
            say(f"  {number:>{width},}  {name}")
    if state.unfinished:
        say(f"{state.unfinished:,} candidate rows were cut short")
    for alarm in manifest.alarms:
        say(f"alarm: {alarm.text}")
    place = output.with_name(manifest.output)
    if delivered.complete:
        say(f"wrote {place} and {place}.manifest.json")
        return Exit.CLEAN
    if state.rejected:
        worst = state.rejected.most_common(1)[0][0]
        why = f"almost every row breaks `{worst}` or another rule across columns"
        fix = (
            "try another --model or --temperature, or narrow the columns' ranges to what the "
            "rules allow; `synllm check` says whether the rules fit together"
        )
    else:
        why = "the model's rows were cut short"
        fix = "try another --model"
    say(f"error: {state.asked - state.delivered:,} rows are missing: {why}")
    say(f"help: {fix}")
    say(f"the rows delivered so far are in {place}")
    return Exit.FINDINGS
