"""Quality against tokens read in training, as an SVG that reads on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence

from synllm.generate.trial.quality import Quality

_SHOWN = (
    ("means", "Means, in deviations"),
    ("deviations", "Deviations, as a part"),
    ("shares", "Shares, total variation"),
    ("correlations", "Correlations, of r"),
)
_WIDTH, _HEIGHT = 250, 170
_LEFT, _TOP, _GAP = 52, 44, 66
_STYLE = """<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .grid { stroke: #8c959f; stroke-opacity: .35; }
  .line { fill: none; stroke: #0969da; stroke-width: 2; }
  .sampler { stroke: #bc4c00; stroke-dasharray: 4 3; }
  circle { fill: #0969da; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .line { stroke: #58a6ff; } circle { fill: #58a6ff; } .sampler { stroke: #f0883e; }
  }
</style>"""


def draw_curve(points: Sequence[tuple[int, Quality]], sampler: Quality) -> str:
    """Return a drawing of the errors against millions of tokens; a dashed line is the sampler.

    The points are in the order of their tokens, two at least.
    """
    width = _LEFT + len(_SHOWN) * (_WIDTH + _GAP)
    height = _TOP + _HEIGHT + 52
    drawn = [
        _draw_panel(
            title,
            [(tokens / 1e6, float(getattr(quality, name))) for tokens, quality in points],
            float(getattr(sampler, name)),
            _LEFT + number * (_WIDTH + _GAP),
        )
        for number, (name, title) in enumerate(_SHOWN)
    ]
    label = "Errors of a model's rows against the tokens that it has read in training"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{label}">\n{_STYLE}\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _draw_panel(
    title: str, points: Sequence[tuple[float, float]], sampler: float, left: int
) -> str:
    most = max(error for _, error in points)
    step = next(size for size in (0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0) if most / size <= 5)
    top, last = step * (int(most / step) + 1), points[-1][0]
    bottom = _TOP + _HEIGHT

    def down(error: float) -> float:
        return bottom - _HEIGHT * error / top

    parts = [f'<text class="title" x="{left}" y="{_TOP - 18}">{title}</text>']
    for number in range(round(top / step) + 1):
        y = down(number * step)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}h{_WIDTH}"/>')
        parts.append(
            f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{number * step:.10g}</text>'
        )
    for tokens in (0.0, last / 2, last):
        x = left + _WIDTH * tokens / last
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{tokens:.1f}</text>'
        )
    parts.append(
        f'<text x="{left + _WIDTH / 2}" y="{bottom + 38}" text-anchor="middle">'
        "million tokens</text>"
    )
    parts.append(f'<path class="sampler" d="M{left} {down(sampler):.1f}h{_WIDTH}"/>')
    places = [(left + _WIDTH * tokens / last, down(error)) for tokens, error in points]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    parts.append(f'<polyline class="line" points="{line}"/>')
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places]
    return "\n".join(parts)
