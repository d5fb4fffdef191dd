"""Systems are asked within a time, and one that does not answer spoils only its own part."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from examples import document, listing, stock_item

from khaossync.domain.documents import Kind, Page
from khaossync.domain.errors import ConnectorDownError, SyncError, TransientError
from khaossync.domain.findings import Finding, Severity
from khaossync.ops.checking.asking import asked, subscribed, whole
from khaossync.ports import Connector

URL = "https://sync.example.org/hooks/shop"


@dataclass
class Knocking:
    """Answers, fails, or never says a word."""

    error: SyncError | None = None
    silent: bool = False

    async def ping(self) -> None:
        if self.error:
            raise self.error
        if self.silent:
            await asyncio.Event().wait()

    async def check(self) -> Sequence[Finding]:
        return [Finding.ok("version", "8")]


@dataclass
class Told:
    """A catalogue of given pages, which may break off or never end."""

    pages: Sequence[Page]
    error: SyncError | None = None
    endless: bool = False
    name: str = "catalogue"
    interval: timedelta = timedelta(seconds=1)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        assert cursor is None
        for page in self.pages:
            yield page
        if self.error:
            raise self.error
        if self.endless:
            await asyncio.Event().wait()


@dataclass
class Topics:
    left: Sequence[str] = ()
    error: SyncError | None = None
    asked_for: list[str] = field(default_factory=list)

    async def missing(self, url: str) -> Sequence[str]:
        self.asked_for.append(url)
        if self.error:
            raise self.error
        return self.left

    async def subscribe(self, url: str, topics: Sequence[str]) -> Mapping[str, str]:
        raise AssertionError("a check changes nothing")


def soon(seconds: float = 30) -> float:
    return asyncio.get_running_loop().time() + seconds


def page(*skus: str, complete: bool = False) -> Page:
    listings = [document("shop", Kind.LISTING, sku, listing(sku)) for sku in skus]
    item = document("shop", Kind.STOCK_ITEM, "X", stock_item("X"))
    return Page((*listings, item), "1", complete=complete)


async def test_what_a_system_says_of_itself_follows_that_it_answers() -> None:
    found = await asked(Connector("shop", "scripted", Knocking()), soon())
    assert [one.subject for one in found] == ["answers", "version"]
    assert found[0].detail == "scripted answers and lets us in"


async def test_a_system_that_refuses_us_is_told_in_its_words() -> None:
    """S-40."""
    (bad,) = await asked(Connector("shop", "scripted", Knocking(ConnectorDownError("HTTP 401"))), soon())
    assert (bad.severity, bad.subject, bad.detail) == (Severity.FAIL, "answers", "HTTP 401")
    assert bad.remedy


async def test_a_system_that_says_nothing_is_given_up_in_time() -> None:
    (bad,) = await asked(Connector("shop", "scripted", Knocking(silent=True)), soon(0))
    assert (bad.severity, bad.subject) == (Severity.FAIL, "answers")
    assert "too slow" in bad.detail


async def test_a_catalogue_is_read_to_its_end_and_no_further() -> None:
    pages = [page("A", "B"), page("C", complete=True), page("never read")]
    found = await whole(Connector("shop", "scripted", Knocking(), (Told(pages),)), Kind.LISTING, soon(), print)
    assert found == [listing("A"), listing("B"), listing("C")]


async def test_a_long_reading_is_told_as_it_goes_on() -> None:
    pages = [page(*(f"{number}-{each}" for each in range(300))) for number in range(4)]
    told: list[str] = []
    found = await whole(Connector("shop", "scripted", Knocking(), (Told(pages),)), Kind.LISTING, soon(), told.append)
    assert found is not None
    assert (len(found), told) == (1200, [f"shop: {count} records of its catalogue read" for count in (600, 1200)])


@pytest.mark.parametrize(
    ("told", "word"),
    [(Told([page("A")], TransientError("HTTP 502")), "HTTP 502"), (Told([page("A")], endless=True), "too slow")],
)
async def test_half_a_catalogue_is_none_and_it_is_told_why(told: Told, word: str) -> None:
    """SKUs must not be called unknown because the ERP was not read to its end."""
    heard: list[str] = []
    deadline = soon(0.05 if told.endless else 30)
    assert await whole(Connector("shop", "scripted", Knocking(), (told,)), Kind.LISTING, deadline, heard.append) is None
    assert word in heard[-1]


async def test_a_system_without_a_catalogue_has_none() -> None:
    other = Told([page("A")], name="orders")
    assert await whole(Connector("shop", "scripted", Knocking(), (other,)), Kind.LISTING, soon(), print) is None


@pytest.mark.parametrize(
    ("topics", "url", "severity", "word"),
    [
        (None, URL, Severity.OK, "not subscribed from here"),
        (Topics(), "", Severity.OK, "public_url"),
        (Topics(), URL, Severity.OK, "every topic"),
        (Topics(["orders/create"]), URL, Severity.WARN, "not told to"),
        (Topics(error=TransientError("HTTP 502")), URL, Severity.WARN, "HTTP 502"),
    ],
)
async def test_webhooks_are_looked_at_where_they_can_be(
    topics: Topics | None, url: str, severity: Severity, word: str
) -> None:
    """SHO-21."""
    found = await subscribed(Connector("shop", "scripted", Knocking(), subscriptions=topics), url, soon())
    assert (found.severity, word in found.detail) == (severity, True)
    assert found.items == tuple(topics.left if topics else ())
    assert topics is None or topics.asked_for == ([url] if url else [])
