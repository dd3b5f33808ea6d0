"""The growth of a proof with its rules, as an SVG that reads on light and dark pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

Point = tuple[int, float, int, int, float]
"""Rules, seconds, questions, searches, megabytes."""

_WIDTH, _HEIGHT = 250, 170
_LEFT, _TOP, _GAP = 52, 44, 66
_STYLE = """<style>
  text { font: 12px system-ui, sans-serif; fill: #24292f; }
  .title { font-weight: 600; }
  .grid { stroke: #8c959f; stroke-opacity: .35; }
  .line { fill: none; stroke-width: 2; }
  .a { stroke: #0969da; } .b { stroke: #bc4c00; }
  circle.a { fill: #0969da; } circle.b { fill: #bc4c00; }
  text.a { fill: #0969da; stroke: none; } text.b { fill: #bc4c00; stroke: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .a { stroke: #58a6ff; } .b { stroke: #f0883e; }
    circle.a { fill: #58a6ff; } circle.b { fill: #f0883e; }
    text.a { fill: #58a6ff; } text.b { fill: #f0883e; }
  }
</style>"""


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing: up to two named series of values over what grows, ascending."""

    title: str
    axis: str
    sizes: Sequence[int]
    series: Sequence[tuple[str, Sequence[float]]]


def draw_growth(points: Sequence[Point]) -> str:
    """Return a drawing of seconds, questions and memory against the number of rules."""
    rules = [point[0] for point in points]
    questions = (
        ("asked", [float(point[2]) for point in points]),
        ("searched", [float(point[3]) for point in points]),
    )
    panels = (
        Panel("Seconds", "rules", rules, (("", [point[1] for point in points]),)),
        Panel("Questions", "rules", rules, questions),
        Panel("Memory, MB", "rules", rules, (("", [point[4] for point in points]),)),
    )
    return draw_panels(panels, "Seconds, questions and memory of a check as a rule set grows")


def draw_panels(panels: Sequence[Panel], label: str) -> str:
    """Return a drawing of panels side by side; `label` says in words what it shows."""
    width = _LEFT + len(panels) * (_WIDTH + _GAP)
    height = _TOP + _HEIGHT + 52
    drawn = [
        _draw_panel(panel, _LEFT + number * (_WIDTH + _GAP)) for number, panel in enumerate(panels)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="{label}">\n{_STYLE}\n' + "\n".join(drawn) + "\n</svg>\n"
    )


def _draw_panel(panel: Panel, left: int) -> str:
    step = _choose_step(max(value for _, values in panel.series for value in values))
    top_value = step * ceil(max(value for _, values in panel.series for value in values) / step)

    def across(size: float) -> float:
        return left + _WIDTH * size / panel.sizes[-1]

    def down(value: float) -> float:
        return _TOP + _HEIGHT * (1 - value / top_value)

    parts = [f'<text class="title" x="{left}" y="{_TOP - 18}">{panel.title}</text>']
    for number in range(round(top_value / step) + 1):
        value, y = number * step, down(number * step)
        parts.append(f'<path class="grid" d="M{left} {y:.1f}h{_WIDTH}"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,.10g}</text>')
    bottom = _TOP + _HEIGHT
    for size in (0, panel.sizes[-1] // 2, panel.sizes[-1]):
        x = across(size)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{size:,}</text>')
    parts.append(
        f'<text x="{left + _WIDTH / 2}" y="{bottom + 38}" text-anchor="middle">{panel.axis}</text>'
    )
    for kind, (name, values) in zip("ab", panel.series, strict=False):
        places = [(across(x), down(y)) for x, y in zip(panel.sizes, values, strict=True)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="line {kind}" points="{path}"/>')
        parts += [f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places]
        x, y = places[-1]
        parts.append(
            f'<text class="{kind}" x="{x - 8:.1f}" y="{y - 8:.1f}" text-anchor="end">{name}</text>'
        )
    return "\n".join(parts)


def _choose_step(most: float) -> float:
    """Return a round step that divides a scale up to `most` into two to five parts."""
    power = 10.0 ** floor(log10(most))
    return next(power * part for part in (0.2, 0.5, 1, 2, 5) if most / (power * part) <= 5)
