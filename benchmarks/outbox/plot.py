"""The figures as a picture: a bar for each contender, as long as its part of the best one."""

from collections.abc import Sequence
from html import escape
from statistics import median

from benchmarks.outbox.report import pace
from benchmarks.outbox.rounds import Plan, Runs

_COLOURS = ("#1b6e5a", "#c98a2b", "#5a77a8", "#9a9a9a")
_LEFT, _WIDE, _BAR, _GAP = 190, 760, 16, 14


def svg(plan: Plan, runs: Runs, names: Sequence[str]) -> str:
    """Messages a second, group by group; each group has a scale of its own."""
    groups = [("taken in, 64 producers", "ingest")]
    groups += [(f"worked off, {count:,} waiting", f"drain {count}") for count in plan.backlogs]
    groups += [(f"in order, {keys:,} key{'s'[: keys > 1]}", f"keys {keys}") for keys in plan.keys]
    drawn, y = [], 34
    for title, what in groups:
        speeds = {name: median(map(pace, runs[name, what])) for name in names if runs[name, what]}
        drawn.append(_text(_LEFT - 10, y + 13, title, "end"))
        for name, speed in speeds.items():
            drawn.append(_bar(y, speed / max(speeds.values()), _COLOURS[names.index(name)], f"{speed:,.0f}/s"))
            y += _BAR
        y += _GAP
    legend = "".join(
        f'<rect x="{_LEFT + 130 * place}" y="8" width="11" height="11" fill="{_COLOURS[place]}"/>'
        + _text(_LEFT + 130 * place + 16, 18, name)
        for place, name in enumerate(names)
    )
    style = 'font-family="sans-serif" font-size="12" fill="#222"'
    size = f'width="{_WIDE}" height="{y}" viewBox="0 0 {_WIDE} {y}"'
    body = "\n".join(
        ["<title>Messages a second</title>", f'<rect width="{_WIDE}" height="{y}" fill="#fff"/>', legend, *drawn]
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} {style}>\n{body}\n</svg>\n'


def _bar(y: int, part: float, colour: str, text: str) -> str:
    wide = max(1.0, part * (_WIDE - _LEFT - 90))
    rect = f'<rect x="{_LEFT}" y="{y}" width="{wide:.1f}" height="{_BAR - 2}" fill="{colour}"/>'
    return rect + _text(_LEFT + wide + 5, y + 11, text)


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'
