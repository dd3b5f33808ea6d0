"""What is measured of a model's rows, and the commands of the recipe."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from synllm.compiler import parse_spec
from synllm.generate.embedded.recipe.__main__ import main
from synllm.generate.embedded.recipe.chart import draw_curve
from synllm.generate.embedded.recipe.evaluation import draw_specs, tell_card
from synllm.generate.models import load_model
from synllm.generate.trial.judge import judge_model, judge_sampler
from synllm.generate.trial.quality import Quality, average, judge_rows
from synllm.rowspace.place_table import make_table
from synllm.rowspace.sample import list_cells
from synllm.spec.passes.lower import lower

SPEC = """synspec 1

table t "T" {
  a : integer in 0..9       "A"
  b : yes/no coded 1/0      "B"  may be missing coded "NA"
}

statistics {
  a  mean 4, sd 2
  b  shares {yes: 50%}, missing 20%
  a by b  mean {yes: 6}
  pearson(a, b) 0.40
}
"""


@pytest.fixture(scope="module")
def quality():
    spec, mistakes = parse_spec(SPEC)
    assert spec is not None, mistakes
    core = lower(spec)
    listings = {column.name: list_cells(column) for column in core.columns}
    # A mean of 5 for 4, and the larger numbers with `yes`.
    a = np.array([2, 2, 2, 2, 8, 8, 8, 8])
    yes = int(np.flatnonzero(listings["b"].values == core.by_name["b"].values.intervals[0][0])[0])
    b = np.array([1 - yes, 1 - yes, 1 - yes, 1 - yes, yes, yes, yes, 2])
    return judge_rows(spec, make_table(spec, core, listings, {"a": a, "b": b}))


def test_means_are_off_in_deviations_and_deviations_as_a_part(quality) -> None:
    assert quality.means == pytest.approx(0.5)
    assert quality.deviations == pytest.approx(np.std([2, 2, 2, 2, 8, 8, 8, 8], ddof=1) / 2 - 1)


def test_shares_are_off_by_the_total_variation_with_missing_cells_among_them(quality) -> None:
    # Declared are 40, 40 and 20 %, found 37.5, 50 and 12.5 %.
    assert quality.shares == pytest.approx(0.1)


def test_means_of_groups_are_off_in_deviations_of_all(quality) -> None:
    assert quality.groups == pytest.approx(1.0)


def test_the_sign_of_a_correlation_is_right_or_wrong(quality) -> None:
    assert quality.signs == 1.0
    assert quality.correlations == pytest.approx(0.6)


def test_missing_shares_are_off_by_their_difference(quality) -> None:
    assert quality.missing == pytest.approx(0.075)


def test_skews_are_off_by_how_lopsided_the_outer_percentiles_lie() -> None:
    spec, mistakes = parse_spec(
        'synspec 1\n\ntable t "T" {\n  a : integer in 0..100 "A"\n}\n'
        "statistics {\n  a quantiles {5%: 0, 50%: 10, 95%: 40}\n}\n"
    )
    assert spec is not None, mistakes
    core = lower(spec)
    listings = {column.name: list_cells(column) for column in core.columns}

    even = judge_rows(spec, make_table(spec, core, listings, {"a": np.arange(101)}))

    # Declared are 10 below the median and 30 above it: half of the width more.
    assert even.skews == pytest.approx(0.5)


def test_the_average_leaves_out_what_a_spec_does_not_declare(quality) -> None:
    assert np.isnan(average([quality, quality]).quantiles)
    assert average([quality, quality]).means == pytest.approx(0.5)


def test_the_sampler_follows_unseen_specs_and_an_untrained_model_does_not() -> None:
    (spec,) = draw_specs(1, seed=1, most=4)

    untrained = judge_model(spec, load_model(None, device="cpu"), tell_card(spec), rows=200)

    sampled = judge_sampler(spec, rows=2000)
    assert sampled.means < 0.05
    assert untrained.means > 2 * sampled.means


def test_a_training_becomes_a_model_folder_and_its_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["train", str(tmp_path / "one.pt"), "--minutes", "0"])
    main(["export", str(tmp_path / "one.pt"), "-o", str(tmp_path / "model")])
    main(["evaluate", str(tmp_path / "model"), "--random", "1", "--rows", "20", "--fields", "4"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| rows of | means | deviations | shares")
    assert [line.split(" | ")[1] for line in lines[1:]] == [
        str(tmp_path / "model"),
        "untrained",
        "sampler",
    ] * 2
    size = sum(file.stat().st_size for file in (tmp_path / "model").iterdir())
    assert size < 10_000_000


def test_a_file_that_is_no_checkpoint_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "one.pt").write_text("junk")

    for arguments in (["export", "-o", str(tmp_path / "model")], ["train", "--minutes", "0"]):
        with pytest.raises(SystemExit, match="is no checkpoint of this recipe"):
            main([arguments[0], str(tmp_path / "one.pt"), *arguments[1:]])
    with pytest.raises(SystemExit, match="there is no checkpoint"):
        main(["export", str(tmp_path / "two.pt"), "-o", str(tmp_path / "model")])


def test_the_curve_shows_each_error_of_each_checkpoint() -> None:
    far = Quality(1.0, 0.5, 0.2, 0.1, 1.0, 0.5, correlations=0.3)
    near = Quality(0.1, 0.05, 0.02, 0.01, 0.1, 0.9, correlations=0.1)

    drawn = ElementTree.fromstring(draw_curve([(1_000_000, far), (4_000_000, near)], near))

    space = "{http://www.w3.org/2000/svg}"
    lines = [each.get("points", "").split() for each in drawn.iter(f"{space}polyline")]
    assert len(lines) == 4
    for line in lines:
        (left, high), (right, low) = ([float(n) for n in point.split(",")] for point in line)
        assert left < right
        assert high < low
