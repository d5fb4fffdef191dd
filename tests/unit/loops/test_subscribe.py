"""Webhooks that were dropped are subscribed again, and only those."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pytest
from examples import NOON
from structlog.testing import capture_logs

from khaossync.domain.errors import ConnectorDownError, TransientError
from khaossync.domain.findings import Finding
from khaossync.loops.outage import Outage
from khaossync.loops.subscribe import Subscribe
from khaossync.ports import Connector

URL = "https://sync.example.org/hooks/shop"


class StillClock:
    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return 0.0


@dataclass
class Answering:
    error: ConnectorDownError | None = None

    async def ping(self) -> None:
        if self.error:
            raise self.error

    async def check(self) -> Sequence[Finding]:
        return ()


@dataclass
class Platform:
    """Knows what is told to which address, and refuses some topics."""

    told: set[tuple[str, str]] = field(default_factory=set)
    refuses: Mapping[str, str] = field(default_factory=dict)
    error: Exception | None = None

    async def missing(self, url: str) -> Sequence[str]:
        if self.error:
            raise self.error
        return [topic for topic in ("orders", "refunds") if (url, topic) not in self.told]

    async def subscribe(self, url: str, topics: Sequence[str]) -> Mapping[str, str]:
        refused = {topic: self.refuses[topic] for topic in topics if topic in self.refuses}
        self.told |= {(url, topic) for topic in topics if topic not in refused}
        return refused


def keeping(platform: Platform, error: ConnectorDownError | None = None) -> Subscribe:
    outage = Outage(Connector("shop", "scripted", Answering(error)), StillClock())
    return Subscribe(outage, platform, URL)


async def test_what_is_missing_is_made_and_told_in_the_log() -> None:
    """SHO-21: a platform that drops a subscription does so in silence."""
    platform = Platform(told={(URL, "orders"), ("https://elsewhere", "refunds")})
    with capture_logs() as logs:
        assert await keeping(platform).tick() == {"made": 1, "refused": 0}
    assert platform.told == {(URL, "orders"), (URL, "refunds"), ("https://elsewhere", "refunds")}
    assert [(one["event"], one["topics"]) for one in logs] == [("webhooks_subscribed", ["refunds"])]


async def test_when_nothing_is_missing_nothing_is_done_or_said() -> None:
    platform = Platform(told={(URL, "orders"), (URL, "refunds")})
    with capture_logs() as logs:
        assert await keeping(platform).tick() == {"made": 0, "refused": 0}
    assert logs == []


async def test_a_topic_that_the_platform_refuses_holds_up_no_other() -> None:
    platform = Platform(refuses={"orders": "protected data"})
    with capture_logs() as logs:
        assert await keeping(platform).tick() == {"made": 1, "refused": 1}
    assert logs[-1] == {
        "event": "webhook_refused",
        "log_level": "warning",
        "connector": "shop",
        "topic": "orders",
        "reason": "protected data",
    }


async def test_a_shop_that_is_down_is_left_to_its_outage() -> None:
    down = ConnectorDownError("401")
    keeper = keeping(Platform(error=down), down)
    assert await keeper.tick() == {}
    assert keeper.outage.since == NOON


@pytest.mark.parametrize("error", [ConnectorDownError("no scope"), TransientError("502")])
async def test_a_failure_of_this_call_alone_is_the_loops_to_tell(error: Exception) -> None:
    keeper = keeping(Platform(error=error))
    with pytest.raises(type(error)):
        await keeper.tick()
    assert keeper.outage.since is None
