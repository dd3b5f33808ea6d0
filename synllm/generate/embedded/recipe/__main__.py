"""Train the embedded model, measure how well it follows specs, and write its folder.

`train` begins a training or goes on with one; `export` writes a checkpoint as a model folder;
`evaluate` prints how far a model's rows are from what specs declare, and `curve` draws how that
changed in training.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from tempfile import TemporaryDirectory

from synllm.generate.embedded.recipe.chart import draw_curve
from synllm.generate.embedded.recipe.evaluation import draw_specs, tell_card
from synllm.generate.embedded.recipe.export import export_model
from synllm.generate.embedded.recipe.network import Shape
from synllm.generate.embedded.recipe.tokenizer import SIZE, train_tokenizer
from synllm.generate.embedded.recipe.training import (
    CONFIGURATIONS,
    Training,
    begin_training,
    load_checkpoint,
    save_checkpoint,
    train,
)
from synllm.generate.embedded.recipe.untrained import write_untrained
from synllm.generate.models import load_model
from synllm.generate.trial.judge import judge_model, judge_sampler
from synllm.generate.trial.quality import Quality, average
from synllm.language.load import load_spec
from synllm.spec.model import Spec


def main(arguments: Sequence[str] | None = None) -> None:
    """Do what the command line says."""
    options = _make_parser().parse_args(arguments)
    options.run(options)


def _make_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m synllm.generate.embedded.recipe")
    commands = parser.add_subparsers(required=True)

    training = commands.add_parser("train", help="begin a training, or go on with one")
    training.add_argument("checkpoint", type=Path, help="read where it exists, and written")
    training.add_argument("--configuration", choices=CONFIGURATIONS, default="cpu")
    training.add_argument("--minutes", type=float, default=10.0, help="how long this run lasts")
    training.add_argument("--device", default="cpu")
    training.add_argument(
        "--decay",
        type=int,
        metavar="STEPS",
        help="let the learning rate fall to zero: the last run",
    )
    training.set_defaults(run=_train)

    exporting = commands.add_parser("export", help="write a checkpoint as a model folder")
    exporting.add_argument("checkpoint", type=Path)
    exporting.add_argument("-o", "--output", type=Path, required=True)
    exporting.set_defaults(run=_export)

    evaluating = commands.add_parser("evaluate", help="measure how a model follows specs")
    evaluating.add_argument("model", help="a folder, or `embedded`")
    evaluating.add_argument("specs", type=Path, nargs="*", help=".synspec files")
    evaluating.add_argument("--random", type=int, default=10, help="unseen random specs as well")
    evaluating.add_argument(
        "--fields",
        type=int,
        nargs="+",
        metavar="N",
        help="random ones of N fields, too, for each N",
    )
    evaluating.add_argument("--rows", type=int, default=2000)
    evaluating.set_defaults(run=_evaluate)

    drawing = commands.add_parser("curve", help="draw quality against tokens read in training")
    drawing.add_argument("checkpoints", type=Path, nargs="+", help="of one training, two at least")
    drawing.add_argument("-o", "--output", type=Path, required=True, help="an SVG file")
    drawing.add_argument("--random", type=int, default=10, help="how many unseen random specs")
    drawing.add_argument("--rows", type=int, default=500)
    drawing.set_defaults(run=_draw)
    return parser


def _train(options: argparse.Namespace) -> None:
    known = options.checkpoint.exists()
    tokenizer = train_tokenizer()
    configuration = CONFIGURATIONS[options.configuration]
    first = Shape(SIZE, layers=configuration.stage(0).layers)
    training = _load_checkpoint(options.checkpoint) if known else begin_training(first, tokenizer)
    training.move(options.device)
    train(
        training,
        tokenizer,
        configuration,
        until=time.monotonic() + 60 * options.minutes,
        decay=options.decay,
        report=lambda line: print(json.dumps(line), flush=True),
        save=lambda state: save_checkpoint(state, options.checkpoint),
    )


def _load_checkpoint(path: Path) -> Training:
    if not path.is_file():
        raise SystemExit(f"error: there is no checkpoint {path}\nhelp: `train {path}` writes one")
    try:
        return load_checkpoint(path)
    except Exception as error:  # Reading bytes that are no checkpoint fails in any way whatever.
        raise SystemExit(
            f"error: {path} is no checkpoint of this recipe, or a damaged one\n"
            "help: begin a training with another name"
        ) from error


def _export(options: argparse.Namespace) -> None:
    network = _load_checkpoint(options.checkpoint).network
    export_model(network, train_tokenizer().to_str(), options.output)


def _evaluate(options: argparse.Namespace) -> None:
    specs = {f"random ({options.random})": draw_specs(options.random, seed=5)}
    for many in options.fields or ():
        unseen = draw_specs(options.random, seed=6, fewest=many, most=many)
        specs[f"random, {many} fields"] = unseen
    specs |= {path.stem: [_load(path)] for path in options.specs}
    model = load_model(options.model)
    with TemporaryDirectory() as folder:
        write_untrained(Path(folder), Shape(SIZE), reads_cards=True)
        untrained = load_model(folder)
    print(" | ".join(["", "rows of", *(field.name for field in fields(Quality)), ""]).strip())
    for name, own in specs.items():
        if not own:
            continue
        for label, writer in ((model.name, model), ("untrained", untrained)):
            told = [judge_model(spec, writer, tell_card(spec), options.rows) for spec in own]
            _print(name, label, average(told))
        _print(name, "sampler", average([judge_sampler(spec, options.rows) for spec in own]))


def _draw(options: argparse.Namespace) -> None:
    specs = draw_specs(options.random, seed=5)
    points = []
    for checkpoint in options.checkpoints:
        training = _load_checkpoint(checkpoint)
        with TemporaryDirectory() as folder:
            export_model(training.network, train_tokenizer().to_str(), Path(folder))
            model = load_model(folder)
        told = [judge_model(spec, model, tell_card(spec), options.rows) for spec in specs]
        points.append((training.tokens, average(told)))
        _print(f"{training.tokens / 1e6:.1f} M tokens", checkpoint.name, points[-1][1])
    sampler = average([judge_sampler(spec, options.rows) for spec in specs])
    points.sort(key=lambda point: point[0])
    options.output.write_text(draw_curve(points, sampler), encoding="utf-8")


def _load(path: Path) -> Spec:
    spec, diagnostics = load_spec(path)
    if spec is None:
        raise SystemExit(f"{path}: {diagnostics[0].headline}")
    return spec


def _print(spec: str, source: str, quality: Quality) -> None:
    numbers = [f"{getattr(quality, field.name):.3f}" for field in fields(Quality)]
    print(" | ".join(["", spec, source, *numbers, ""]).strip(), flush=True)


if __name__ == "__main__":
    main()
