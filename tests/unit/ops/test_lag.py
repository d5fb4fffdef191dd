"""Whatever holds up the event loop is seen, and said once a second at most."""

import asyncio
import time
from datetime import timedelta

from structlog.testing import capture_logs

from khaossync.clock import SystemClock
from khaossync.ops.lag import LagMonitor


class Gauges:
    """A meter that remembers gauges, and tells when one is set."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, float]] = []
        self.set = asyncio.Event()

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        raise AssertionError("nothing is counted")

    def gauge(self, name: str, value: float, **labels: str) -> None:
        self.seen.append((name, value))
        self.set.set()

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        raise AssertionError("nothing is observed")


async def test_a_blocked_event_loop_is_measured_and_warned_about() -> None:
    meter, stop = Gauges(), asyncio.Event()
    with capture_logs() as logs:
        watching = asyncio.create_task(LagMonitor(SystemClock(), meter).run(stop))
        await asyncio.sleep(0)
        time.sleep(0.3)  # noqa: ASYNC251 -- blocking is what is to be noticed
        await meter.set.wait()
        stop.set()
        await watching
    name, value = meter.seen[0]
    assert name == "event_loop_lag_seconds"
    assert 0.25 <= value < 5
    blocked = [line for line in logs if line["event"] == "event_loop_blocked"]
    assert blocked[0]["milliseconds"] >= 250
    assert len(blocked) <= len(meter.seen)


async def test_a_delay_below_the_threshold_warns_nobody_and_stopping_takes_no_second() -> None:
    meter, stop = Gauges(), asyncio.Event()
    with capture_logs() as logs:
        watching = asyncio.create_task(LagMonitor(SystemClock(), meter, timedelta(seconds=30)).run(stop))
        await asyncio.sleep(0)
        time.sleep(0.1)  # noqa: ASYNC251 -- blocking is what is to be noticed
        stop.set()
        async with asyncio.timeout(0.9):
            await watching
    assert logs == []
    assert meter.seen[-1][1] >= 0.05
