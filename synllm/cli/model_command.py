"""synllm model: list the models on this machine, describe one, or try one out on a spec."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from synllm.cli.console import say
from synllm.cli.exits import Exit
from synllm.cli.inputs import read_spec
from synllm.cli.progress import progress_line

if TYPE_CHECKING:
    from synllm.generate.errors import ModelError

_ACTIONS = {
    "list": "list the models that run here without a connection",
    "info": "describe a model by what its folder says",
    "check": "load a model, let it write rows of a spec, and say how well it does",
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "actions:\n" + "\n".join(f"  {k:<6} {v}" for k, v in _ACTIONS.items())
    parser.add_argument("action", choices=tuple(_ACTIONS), metavar="list|info|check")
    parser.add_argument(
        "model",
        nargs="?",
        metavar="MODEL",
        help="`embedded`, a model folder or a Hugging Face id; for info and check",
    )
    parser.add_argument(
        "--spec",
        type=Path,
        metavar="SPEC",
        help="check: write rows of this spec (default: a small one)",
    )
    parser.add_argument(
        "--rows", type=int, default=200, metavar="N", help="check: so many rows (default: 200)"
    )
    parser.add_argument("--device", default="auto", help="check: auto, cpu, cuda, cuda:N or mps")
    parser.add_argument("--dtype", default="auto", help="check: auto, float32, bfloat16 or float16")
    parser.add_argument("--format", choices=("text", "json"), default="text")


def run(options: argparse.Namespace) -> int:
    """Print what is known or found out of models."""
    if (options.action == "list") != (options.model is None):
        say(f"error: `synllm model {options.action}` needs {_needs(options.action)}")
        say("help: synllm model list, synllm model info MODEL, or synllm model check MODEL")
        return Exit.BAD_INPUT
    if options.rows < 1:
        say("error: --rows must be 1 or more")
        return Exit.BAD_INPUT
    from synllm.generate.errors import ModelError

    try:
        match options.action:
            case "list":
                return _list(options.format)
            case "info":
                return _describe(options.model, options.format)
            case _:
                return _check(options)
    except ModelError as error:
        return _say_error(error)


def _needs(action: str) -> str:
    return "no model" if action == "list" else "a model"


def _say_error(error: ModelError) -> int:
    say(f"error: {error.what} ({error.where})\nhelp: {error.fix}")
    return Exit.ENVIRONMENT


def _list(form: str) -> int:
    from synllm.cli.model_text import list_json, list_text
    from synllm.generate.trial.known_models import list_models

    models = list_models()
    sys.stdout.write(list_json(models) if form == "json" else list_text(models))
    return Exit.CLEAN


def _describe(name: str, form: str) -> int:
    from synllm.cli.model_text import facts_json, facts_text
    from synllm.generate.trial.facts import read_facts

    facts = read_facts(name)
    sys.stdout.write(facts_json(facts) if form == "json" else facts_text(facts))
    return Exit.CLEAN


def _check(options: argparse.Namespace) -> int:
    from synllm.generate.sampler import CannotSampleError
    from synllm.generate.trial.check_model import check_model, load_probe

    spec = load_probe() if options.spec is None else read_spec(options.spec)
    if spec is None:
        return Exit.BAD_INPUT
    try:
        with progress_line() as show:
            check = check_model(
                options.model,
                spec,
                rows=options.rows,
                device=options.device,
                dtype=options.dtype,
                progress=show,
            )
    except CannotSampleError as error:
        say(f"error: {error.what}\nhelp: {error.fix}")
        return Exit.BAD_INPUT
    from synllm.cli.model_text import check_json, check_text

    sys.stdout.write(check_json(check) if options.format == "json" else check_text(check))
    return Exit.CLEAN if check.quality is not None else Exit.FINDINGS
