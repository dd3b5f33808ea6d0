"""How many declared figures a model's rows meet, steered and not, beside the sampler.

Prints a Markdown table for the shipped specs: 2,000 rows each by the embedded model.
"""

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from synllm.compiler import compile_spec
from synllm.generate.decode import decode_to_file
from synllm.generate.models import load_model
from synllm.generate.run_manifest import RunManifest, TargetRecord
from synllm.generate.sampler import sample_to_file
from synllm.generate.settings import RunSettings
from synllm.language.load import load_spec
from synllm.resources import specs_folder

SPECS = ("diabetes", "stroke", "cirrhosis")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--model", help="a model folder (default: the embedded model)")
    options = parser.parse_args()
    model = load_model(options.model, device="cpu")
    print(
        "| spec | declared | model alone | steered | farthest off | nats a row | rows/s | sampler |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name in SPECS:
        spec, _ = load_spec(specs_folder() / f"{name}.synspec")
        assert spec is not None
        compiled = compile_spec(spec)
        with TemporaryDirectory() as folder:
            place = Path(folder)

            def run(steer: float, compiled=compiled, place=place) -> tuple[RunManifest, float]:
                settings = RunSettings(rows=options.rows, seed=options.seed, steer=steer)
                started = time.monotonic()
                done = decode_to_file(compiled, model, settings, place / f"{steer}.csv")
                return done.manifest, time.monotonic() - started

            alone, _ = run(0.0)
            steered, seconds = run(1.0)
            settings = RunSettings(rows=options.rows, seed=options.seed, model="sampler")
            sampled = sample_to_file(spec, settings, place / "sampler.csv").manifest
        assert steered.decoding is not None
        met = [sum(each.met for each in run.targets) for run in (alone, steered, sampled)]
        print(
            f"| {name} | {len(steered.targets)} | {met[0]} | {met[1]} | "
            f"{max(map(times_tolerance, steered.targets)):.1f} tolerances | "
            f"{steered.decoding.divergence:.1f} | {options.rows / seconds:,.0f} | {met[2]} |"
        )


def times_tolerance(target: TargetRecord) -> float:
    return (target.distance or 0.0) / target.tolerance if target.tolerance else 0.0


if __name__ == "__main__":
    main()
