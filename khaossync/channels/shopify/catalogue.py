"""What the shop sells: the whole catalogue now and then, and what changed in between."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from khaossync.channels.shopify import operations as op
from khaossync.channels.shopify.client import Client
from khaossync.channels.shopify.config import Settings
from khaossync.channels.shopify.documents import Harvest, listing_document
from khaossync.channels.shopify.fields import MalformedError, Node
from khaossync.channels.shopify.listing_mapping import read_listing
from khaossync.channels.shopify.whole import whole_listing, whole_named
from khaossync.channels.shopify.windows import Position, Window, dump, load, reaching_back, stamp, updated_at
from khaossync.clock import Clock
from khaossync.domain.documents import Document, Kind, Page
from khaossync.transport.priority import Priority

SKEW = timedelta(minutes=1)
"""By how much the clocks of two daemons that follow each other may differ; a full reading later than that has not been,
so it was noted by a clock that was ahead."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to read next; `began` is when this reading began, `full_at` when the last full one did (or this one)."""

    full: bool
    full_at: str
    began: str
    position: Position


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every inventory item with a SKU; a full reading ends with a complete page.

    Between full readings only items that changed themselves are read: a quantity that somebody else changed is seen
    when a webhook names its item, else at the next full reading.
    """

    channel: str
    client: Client
    settings: Settings
    clock: Clock
    name: str = "catalogue"

    @property
    def interval(self) -> timedelta:
        return timedelta(seconds=self.settings.catalogue_interval)

    async def changes(self, cursor: str | None) -> AsyncIterator[Page]:
        now = self.clock.now()
        plan = next_plan(cursor, now, self.settings)
        window = _WHOLE if plan.full else _CHANGED
        window = replace(window, page=self.settings.catalogue_page)
        client = self.client.at(Priority.BACKFILL if plan.full else Priority.STOCK)
        asked_at = now  # what a page shows was so at some moment after it was asked for
        async for stretch in window.read(client, plan.position):
            reader = _Reader(self.channel, client, asked_at, self.settings.catalogue_page)
            harvest = await Harvest.of(stretch.records, self.channel, Kind.LISTING, reader.read)
            after = cursor_after(plan, stretch.position)
            ended = plan.full and not stretch.position.under_way
            yield Page(tuple(harvest.documents), after, tuple(harvest.unreadable), complete=ended)
            if _too_deep(plan, stretch.position):
                return
            asked_at = self.clock.now()

    async def named(self, subjects: Sequence[str]) -> Page:
        """Items by their gids, with what they show; so a quantity that somebody changed is seen. Raises SyncError."""
        client = self.client.at(Priority.STOCK)
        reader = _Reader(self.channel, client, self.clock.now(), self.settings.catalogue_page)
        harvest = await Harvest.of(
            await whole_named(client, op.NAMED_LISTINGS, subjects), self.channel, Kind.LISTING, reader.read
        )
        return harvest.page("")


def next_plan(cursor: str | None, now: datetime, settings: Settings) -> Plan:
    """Go on where a reading broke off; else read all when it is time, and what changed when it is not."""
    full = Plan(True, stamp(now), stamp(now), Position())
    if cursor is None:
        return full
    position, kept = load(cursor)
    full_at = kept.get("full_at", "")
    if position.under_way:
        return Plan(kept.get("full") == "yes", full_at, kept.get("began", full_at), position)
    rest = timedelta(seconds=settings.catalogue_full_interval)
    since = now - datetime.fromisoformat(full_at) if full_at else rest
    if not -SKEW <= since < rest:
        return full
    floor = reaching_back(position.floor, settings.overlap)
    return Plan(False, full_at, stamp(now), Position(floor=floor, top=position.floor))


def cursor_after(plan: Plan, position: Position) -> str:
    """The cursor behind a page.

    A reading that has ended leaves as the next floor its own beginning, for the list is in the order of ids: what
    changed meanwhile may lie on pages that were read already. The highest mark of a reading of changes counts where
    it is earlier, for then our clock is ahead of the shop's. Changes too many to be paged leave a full reading due.
    """
    if _too_deep(plan, position):
        return dump(Position(), full="no", full_at="", began="")
    if not position.under_way:
        position = Position(floor=plan.began if plan.full else min(plan.began, position.top or plan.began))
    return dump(position, full="yes" if plan.full else "no", full_at=plan.full_at, began=plan.began)


def _too_deep(plan: Plan, position: Position) -> bool:
    """Whether a reading of changes would start anew from its highest mark, which says nothing about its order."""
    return not plan.full and position.after == ""


@dataclass(slots=True)
class _Reader:
    """Reads the items of one page; items that share a SKU are one document, told by the one with the lowest id."""

    channel: str
    client: Client
    now: datetime
    page: int
    _told: set[str] = field(default_factory=set)

    async def read(self, node: Node) -> Iterable[Document]:
        sku = node.text_or("sku").strip()
        if not sku or sku in self._told:
            return []
        group = await self._group(node, sku)
        self._told.add(sku)
        handles = tuple(each.text("id") for each in group)
        first = await whole_listing(self.client, group[0])
        return [listing_document(first, read_listing(first, handles), self.channel, self.now)]

    async def _group(self, node: Node, sku: str) -> list[Node]:
        if not node.integer("duplicateSkuCount"):
            return [node]
        data = await self.client.run(op.LISTINGS, query=f"sku:{quoted(sku)}", first=self.page, after=None)
        found = data.node("inventoryItems").items("nodes")
        # The search does not tell upper from lower case; a SKU does.
        same = {each.text("id"): each for each in found if each.text_or("sku").strip() == sku}
        same.setdefault(node.text("id"), node)
        return [same[item] for item in sorted(same, key=number_mark)]


def quoted(text: str) -> str:
    """A text as one term of Shopify's search. https://shopify.dev/docs/api/usage/search-syntax"""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def number_mark(gid: str) -> str:
    """The number of a gid, sortable as text. Raises MalformedError where there is none."""
    digits = gid.rsplit("/", 1)[-1]
    if not (digits.isascii() and digits.isdigit()):
        raise MalformedError(f"{gid[:60]!r} is no id with a number")
    return digits.rjust(20, "0")


_WHOLE = Window(
    op.LISTINGS,
    "inventoryItems",
    page=1,
    query=lambda floor: f"id:>={int(floor)}" if floor else "",
    mark=lambda node: number_mark(node.text("id")),
)
_CHANGED = Window(
    op.LISTINGS,
    "inventoryItems",
    page=1,
    query=lambda floor: f"updated_at:>='{floor}'" if floor else "",
    mark=updated_at,
)
