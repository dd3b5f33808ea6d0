"""The part of `synllm run` that lets a language model write rows through the decoder."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from synllm.cli.console import say, show_findings
from synllm.cli.exits import Exit
from synllm.cli.given_option import read_given
from synllm.cli.inputs import read_examples
from synllm.cli.journal_text import say_cannot_begin, say_finished, say_stopped
from synllm.cli.progress import progress_line
from synllm.cli.run_text import say_about_model, say_figures, say_history
from synllm.cli.why_not import no_valid_patient, say_why_not

if TYPE_CHECKING:
    from synllm.generate.decode import Decoded
    from synllm.spec.model import Spec


def decode(options: argparse.Namespace, spec: Spec) -> int:
    """Generate a table with a language model; every row that it writes is valid."""
    # As for the sampler: small matrices on several threads wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from synllm.compiler import compile_spec
    from synllm.generate.decode import CannotDecodeError, decode_to_file
    from synllm.generate.errors import ModelError
    from synllm.generate.journal.begin import check_beginning
    from synllm.generate.journal.errors import JournalError
    from synllm.generate.models import load_model
    from synllm.generate.sampler import NoPatientError
    from synllm.generate.settings import RunSettings

    examples = read_examples(spec, options.examples)
    given, mistakes = read_given(options.given, spec)
    show_findings(mistakes)
    if examples is None or mistakes:
        return Exit.BAD_INPUT
    settings = RunSettings(
        rows=options.rows,
        prompt=options.prompt,
        model=options.model,
        seed=options.seed,
        temperature=options.temperature,
        batch=options.batch,
        device=options.device,
        dtype=options.dtype,
        steer=options.steer,
        weights=options.weights,
        given=options.given,
    )
    if options.resume:
        finished = say_finished(options.output, spec, settings)
        if finished is not None:
            return finished
    compiled = compile_spec(spec, examples)
    show_findings(compiled.diagnostics)
    try:
        check_beginning(options.output, resume=options.resume, force=options.force)
        with progress_line() as show:
            show("loading the model")
            model = load_model(settings.model, device=settings.device, dtype=settings.dtype)
            say_about_model(model, options)
            decoded = decode_to_file(
                compiled,
                model,
                settings,
                options.output,
                given=given,
                receipts=options.receipts,
                resume=options.resume,
                force=options.force,
                progress=lambda done: show(f"{done:,} of {options.rows:,} rows"),
                notice=lambda text: say(f"note: {text}"),
            )
    except ModelError as error:
        say(f"error: {error.what} ({error.where})\nhelp: {error.fix}")
        return Exit.ENVIRONMENT
    except CannotDecodeError as error:
        say(f"error: {error.what}\nhelp: {error.fix}, or use --engine outlines")
        return Exit.BAD_INPUT
    except NoPatientError as error:
        say_why_not(no_valid_patient(options.given), error.why)
        return Exit.FINDINGS
    except JournalError as error:
        return say_cannot_begin(error)
    except (KeyboardInterrupt, OSError):
        say_stopped(options.output, options.rows)
        raise
    _conclude(decoded)
    if options.receipts:
        say(f"wrote {decoded.place}.receipts.parquet")
    return Exit.CLEAN


def _conclude(decoded: Decoded) -> None:
    manifest = decoded.manifest
    untrained = "" if manifest.model.trained else " (untrained)"
    rate = manifest.delivered / max(decoded.drawing, 1e-9)
    say(
        f"{manifest.delivered:,} rows in {manifest.seconds:.1f} s ({rate:,.0f} rows/s) by "
        f"{manifest.model.name}{untrained}; {manifest.distinct:,} distinct; "
        f"{manifest.audited} audited"
    )
    say_history(manifest, decoded.drawn_anew)
    decoding = manifest.decoding
    if decoding is not None and decoding.surplus:
        say(
            f"steered to the declared figures: {decoding.divergence:.1f} nats a row away from the "
            f"model alone; {decoding.surplus:,} valid rows more were written for that"
        )
    if manifest.settings.given is not None:
        say("the declared figures describe all patients, so rows are not steered to them")
    if manifest.weights is not None:
        say(
            f"the rules cost the model {manifest.weights.tax:.1f} nats a row; weighted by its own "
            f"probabilities, the rows are worth {manifest.weights.effective_rows:,.0f} independent "
            "ones"
        )
    alone = [each for each in manifest.targets if each.prompted is not None]
    say_figures(manifest)
    if alone:
        say("how each figure is prompted, steered and delivered is in the manifest")
    say(f"wrote {decoded.place} and {decoded.place}.manifest.json")
    if manifest.weights is not None:
        say(f"wrote {decoded.place}.weights.parquet")
