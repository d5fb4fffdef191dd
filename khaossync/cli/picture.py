"""The simulated trading day as a person watches it: a live panel on a terminal, a plain line now and then elsewhere."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from khaossync.clock import Clock, SystemClock

if TYPE_CHECKING:  # rich is an optional extra: whoever has no sandbox needs no pictures
    from rich.console import RenderableType
    from rich.live import Live
    from rich.table import Table
    from rich.text import Text

_WIDTH = 78
_CASES_SHOWN = 4
_COLOURS = {"pass": "green", "warn": "yellow", "fail": "red"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What has happened so far. `progress` runs from 0 to 1; `cases_open` counts open cases by class.

    `told` counts what people were told of, `resolved` that it was over, `heartbeats` those of all flows.
    """

    orders_in: int
    orders_posted: int
    orders_held: int
    stock_pushed: int
    despatches_told: int
    refunds_mirrored: int
    cases_open: Mapping[str, int] = field(default_factory=dict)
    oldest_seconds: float = 0.0
    health: str = "pass"
    health_url: str = ""
    metrics_url: str = ""
    clock_text: str = ""
    progress: float = 0.0
    notes: Sequence[str] = ()
    memory_mb: float = 0.0
    told: int = 0
    resolved: int = 0
    heartbeats: int = 0


class Picture:
    """Shows one snapshot after the other; used as a context manager.

    Off a terminal, or without rich, a line is written at most every `every`, and the last snapshot at the end.
    """

    def __init__(
        self, stream: TextIO | None = None, clock: Clock | None = None, every: timedelta = timedelta(seconds=5)
    ) -> None:
        self._stream = stream or sys.stdout
        self._clock = clock or SystemClock()
        self._every = every.total_seconds()
        self._live: Live | None = None
        self._next_line = 0.0
        self._unsaid: Snapshot | None = None

    def __enter__(self) -> Self:
        self._live = _live_on(self._stream)
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
        elif self._unsaid:
            self._say(self._unsaid)

    def show(self, snapshot: Snapshot) -> None:
        """Bring the picture up to date."""
        if self._live:
            self._live.update(render(snapshot), refresh=True)
        elif self._clock.monotonic() >= self._next_line:
            self._say(snapshot)
        else:
            self._unsaid = snapshot

    def _say(self, snapshot: Snapshot) -> None:
        self._next_line, self._unsaid = self._clock.monotonic() + self._every, None
        print(line(snapshot), file=self._stream, flush=True)


def line(snapshot: Snapshot) -> str:
    """The snapshot in one plain line whose columns stand under each other."""
    return "  ".join(
        (
            f"{snapshot.clock_text:>5} {snapshot.progress:>4.0%} {snapshot.health}",
            f"orders {snapshot.orders_in:>4} in {snapshot.orders_posted:>4} posted {snapshot.orders_held:>3} held",
            f"stock {snapshot.stock_pushed:>5}",
            f"despatches {snapshot.despatches_told:>4}",
            f"refunds {snapshot.refunds_mirrored:>3}",
            f"cases {sum(snapshot.cases_open.values()):>3} told {snapshot.told:>3} over {snapshot.resolved:>3}",
            f"oldest {_spoken(snapshot.oldest_seconds):>6}",
            f"{snapshot.memory_mb:.0f} MB",
        )
    )


def render(snapshot: Snapshot) -> "RenderableType":
    """The snapshot as a panel for 80 columns. Needs rich (the extra `sandbox`)."""
    from rich import box
    from rich.console import Group
    from rich.panel import Panel

    colour = _COLOURS.get(snapshot.health, "white")
    return Panel(
        Group(_progress(snapshot), "", _flows(snapshot), "", _condition(snapshot), *_footer(snapshot)),
        title="[bold]khaossync[/] [dim]· a simulated trading day[/]",
        title_align="left",
        subtitle=f"[{colour}]●[/] [dim]{snapshot.health}[/]",
        subtitle_align="right",
        box=box.ROUNDED,
        border_style="dim",
        padding=(1, 2),
        width=_WIDTH,
    )


def _progress(snapshot: Snapshot) -> "Table":
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(width=5)
    grid.add_column(ratio=1)
    grid.add_column(width=4, justify="right")
    bar = ProgressBar(total=1.0, completed=snapshot.progress, complete_style="cyan", finished_style="green")
    grid.add_row(Text(snapshot.clock_text, "bold"), bar, Text(f"{snapshot.progress:.0%}", "dim"))
    return grid


def _flows(snapshot: Snapshot) -> "Table":
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(width=11)
    grid.add_column(ratio=1, style="dim")
    for _ in range(3):
        grid.add_column(width=13, justify="right")
    held = _figure(snapshot.orders_held, "held", "yellow" if snapshot.orders_held else "dim")
    grid.add_row(
        Text("Orders"),
        "shops → ERP",
        _figure(snapshot.orders_in, "in"),
        _figure(snapshot.orders_posted, "posted"),
        held,
    )
    for name, way, count, unit in (
        ("Stock", "ERP → shops", snapshot.stock_pushed, "pushed"),
        ("Despatches", "ERP → shops", snapshot.despatches_told, "told"),
        ("Refunds", "shops → ERP", snapshot.refunds_mirrored, "mirrored"),
    ):
        grid.add_row(Text(name), way, "", _figure(count, unit), "")
    told, resolved = _figure(snapshot.told, "told"), _figure(snapshot.resolved, "over")
    grid.add_row(Text("Alerts"), "to people", _figure(snapshot.heartbeats, "beats"), told, resolved)
    return grid


def _condition(snapshot: Snapshot) -> "Table":
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 2), expand=True)
    grid.add_column(width=11)
    grid.add_column(ratio=1)
    count = sum(snapshot.cases_open.values())
    grid.add_row("Cases", Text(_cases(snapshot.cases_open), "yellow" if count else "dim"))
    grid.add_row("Oldest", Text(f"{_spoken(snapshot.oldest_seconds)} in the queue", "dim"))
    grid.add_row("Memory", Text(f"{snapshot.memory_mb:,.0f} MB", "dim"))
    return grid


def _footer(snapshot: Snapshot) -> "list[RenderableType]":
    from rich.text import Text

    urls = [Text(f"{name:<11}  {url}", "dim") for name, url in _urls(snapshot) if url]
    notes = [Text(f"· {note}", "dim italic", no_wrap=True, overflow="ellipsis") for note in snapshot.notes]
    return [*urls, *([Text()] if notes else []), *notes]


def _urls(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    return (("Health", snapshot.health_url), ("Metrics", snapshot.metrics_url))


def _figure(count: int, unit: str, style: str = "bold") -> "Text":
    from rich.text import Text

    return Text.assemble((f"{count:,}", style), (f" {unit}", "dim"))


def _cases(cases: Mapping[str, int]) -> str:
    ranked = sorted(((count, name) for name, count in cases.items() if count), key=lambda one: (-one[0], one[1]))
    if not ranked:
        return "none open"
    shown = [f"{count} {name.replace('_', ' ')}" for count, name in ranked[:_CASES_SHOWN]]
    rest = sum(count for count, _ in ranked[_CASES_SHOWN:])
    return " · ".join([*shown, f"{rest} more"] if rest else shown)


def _spoken(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def _live_on(stream: TextIO) -> "Live | None":
    if not stream.isatty():
        return None
    try:
        from rich.console import Console
        from rich.live import Live
    except ImportError:
        return None
    return Live(console=Console(file=stream), auto_refresh=False)
