"""The numbers for Prometheus, declared in one table: a name that is not in it is a mistake in the program."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from khaossync import __version__

M = TypeVar("M", Counter, Gauge, Histogram)

_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


@dataclass(frozen=True, slots=True)
class Series:
    """One declared series; labels are few and bounded, never an order or a person."""

    kind: type[Counter] | type[Gauge] | type[Histogram]
    help: str
    labels: tuple[str, ...] = ()


SERIES: Mapping[str, Series] = {
    "requests": Series(Counter, "Requests sent to a system.", ("system", "operation", "outcome")),
    "request_seconds": Series(Histogram, "Time a request took.", ("system", "operation")),
    "limiter_wait_seconds": Series(Histogram, "Time a request waited for its turn.", ("system", "priority")),
    "limiter_tokens": Series(Counter, "What requests cost, where a system charges by cost.", ("system", "priority")),
    "limiter_refusals": Series(Counter, "Requests refused as one too many (429, THROTTLED).", ("system", "priority")),
    "accepted": Series(Counter, "News of a stream, by what it became.", ("connector", "stream", "what")),
    "settled": Series(Counter, "Verdicts on messages.", ("destination", "kind", "verdict")),
    "hooks_received": Series(Counter, "Webhooks, by what became of them.", ("connector", "outcome")),
    "loop_ticks": Series(Counter, "Turns of a loop.", ("loop", "outcome")),
    "loop_last_success_timestamp_seconds": Series(Gauge, "When a loop last turned without failure.", ("loop",)),
    "loop_beat_age_seconds": Series(Gauge, "Time since a loop last turned.", ("loop",)),
    "event_loop_lag_seconds": Series(Gauge, "Longest time in the last 15 s that the event loop was blocked."),
    "outbox_depth": Series(Gauge, "Unfinished messages.", ("destination", "kind")),
    "outbox_oldest_seconds": Series(Gauge, "Age of the oldest deliverable message.", ("destination", "kind")),
    "cases_open": Series(Gauge, "Open cases, by class.", ("case_class",)),
    "connector_up": Series(Gauge, "1 while a system can be used.", ("connector",)),
    "connector_owned": Series(Gauge, "1 where this process works for a system, 0 where another does.", ("connector",)),
    "alerts": Series(Counter, "Messages to a target of alerts, by what became of them.", ("target", "outcome")),
    "database_up": Series(Gauge, "1 while PostgreSQL answers."),
    "build_info": Series(Gauge, "Always 1; the labels tell what runs.", ("version", "python")),
}


class Metrics:
    """The `Meter` of the daemon, in a registry of its own; every name gets the prefix `khaossync_`.

    A name that is not declared, or is declared as something else, raises KeyError; wrong labels raise ValueError.
    """

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._counters: dict[str, Counter] = {}
        self._gauges: dict[str, Gauge] = {}
        self._histograms: dict[str, Histogram] = {}
        for name, series in SERIES.items():
            self._declare(name, series)
        ProcessCollector(registry=self._registry)
        self.gauge("build_info", 1, version=__version__, python=platform.python_version())

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        _child(_declared(self._counters, name), labels).inc(amount)

    def gauge(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        _child(_declared(self._gauges, name), labels).set(value)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        """Record a duration."""
        _child(_declared(self._histograms, name), labels).observe(seconds)

    def replace(self, name: str, values: Iterable[tuple[Mapping[str, str], float]]) -> None:
        """Set all values of a labelled gauge at once: what is not among them any more vanishes."""
        _declared(self._gauges, name).clear()
        for labels, value in values:
            self.gauge(name, value, **labels)

    def render(self) -> tuple[bytes, str]:
        """The page for a scrape, and its content type."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _declare(self, name: str, series: Series) -> None:
        full = f"khaossync_{name}"
        if series.kind is Counter:
            self._counters[name] = Counter(full, series.help, series.labels, registry=self._registry)
        elif series.kind is Gauge:
            self._gauges[name] = Gauge(full, series.help, series.labels, registry=self._registry)
        else:
            buckets, labels = _SECONDS, series.labels
            self._histograms[name] = Histogram(full, series.help, labels, registry=self._registry, buckets=buckets)


def _declared(series: Mapping[str, M], name: str) -> M:
    if name in series:
        return series[name]
    kind = SERIES[name].kind.__name__.lower() if name in SERIES else "nothing"
    raise KeyError(
        f"metric {name!r} is declared as {kind} in khaossync.ops.metrics.SERIES; add it there or mend the call"
    )


def _child(metric: M, labels: Mapping[str, str]) -> M:
    return metric.labels(**labels) if labels else metric
