"""A plot of lines over time, as SVG and nothing else."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, RIGHT, TOP, GAP = 820, 220, 70, 130, 34, 62
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#6a3d9a", "#777777")


@dataclass(frozen=True, slots=True)
class Line:
    """A name and its values, one for each moment."""

    name: str
    values: Sequence[float]


def plot(times: Sequence[float], unit: str, panels: Sequence[tuple[str, Sequence[Line]]]) -> str:
    """One panel under the other, all over the same times."""
    whole = TOP + len(panels) * (HEIGHT + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole}" font-family="sans-serif" '
        'font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for place, (title, lines) in enumerate(panels):
        parts += _panel(TOP + place * (HEIGHT + GAP), title, times, unit, lines)
    return "\n".join([*parts, "</svg>\n"])


def _panel(top: int, title: str, times: Sequence[float], unit: str, lines: Sequence[Line]) -> Iterator[str]:
    right, bottom = WIDTH - RIGHT, top + HEIGHT
    most, last = _round(max((max(line.values) for line in lines), default=1)), max(times[-1], 1e-9)
    yield f'<text x="{LEFT}" y="{top - 10}" font-weight="bold">{title}</text>'
    for step in range(5):
        y = bottom - HEIGHT * step / 4
        yield f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#ddd"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{most * step / 4:g}</text>'
        x = LEFT + (right - LEFT) * step / 4
        yield f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{last * step / 4:.3g}</text>'
    yield f'<text x="{right}" y="{bottom + 34}" text-anchor="end">{unit}</text>'
    for place, line in enumerate(lines):
        points = (
            f"{LEFT + (right - LEFT) * at / last:.1f},{bottom - HEIGHT * value / most:.1f}"
            for at, value in zip(times, line.values, strict=True)
        )
        colour = COLOURS[place % len(COLOURS)]
        yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}" stroke-width="1.6"/>'
        yield f'<text x="{right + 10}" y="{top + 12 + 16 * place}" fill="{colour}">{line.name}</text>'


def _round(value: float) -> float:
    """The next of 1, 2, 4, 5 and 10 times a power of ten."""
    if value <= 0:
        return 1
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 5, 10) if step * power >= value)
