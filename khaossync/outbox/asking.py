"""Asking: what a judge has looked at, and whether another page that is not stored yet has to do with it."""

from collections.abc import Iterable, Iterator

from khaossync.domain.despatch import OrderState
from khaossync.domain.documents import Document, Kind
from khaossync.domain.knowledge import Question
from khaossync.outbox.codec import about
from khaossync.ports import Acceptance


class Asked:
    """The names of all records that were looked at, whatever their kind: what shares a name is never independent."""

    def __init__(self) -> None:
        self._names: set[str] = set()
        self._packs = self._catalogues = self._all = False

    def about(self, documents: Iterable[Document]) -> None:
        """These were held against their stored versions."""
        self._names.update(document.key for document in documents)

    def question(self, question: Question) -> None:
        """This was answered."""
        self._packs |= bool(question.packs_of)
        self._catalogues |= bool(question.complete)
        self._names.update(one.code for one in question.unposted)
        self._names |= question.orders | question.refunds | question.held
        for addresses in (question.refs, question.stock_items, question.stock_levels, question.listings):
            self._names.update(name for _, name in addresses)
        self._names.update(name for _, name in question.packs_of | question.despatches)

    def everything(self) -> None:
        """There is nothing that was not looked at."""
        self._all = True

    def concerns(self, changes: "Changes") -> bool:
        """Whether the answers may be others once these pages are stored."""
        if not changes.pages:
            return False
        known_otherwise = (self._catalogues and changes.catalogues) or (self._packs and changes.items)
        return self._all or known_otherwise or not self._names.isdisjoint(changes.names)


class Changes:
    """What storing some pages changes: the names of all records.

    A pack is found by its parts, and a catalogue by its end, so their names do not tell. What was told to other
    systems, and how far streams were read, no page changes.
    """

    def __init__(self) -> None:
        self.pages = 0
        self.names: set[str] = set()
        self.items = self.catalogues = False

    def add(self, acceptance: Acceptance) -> None:
        """Another page."""
        self.pages += 1
        self.names.update(_told(acceptance))
        self.items |= any(one.kind is Kind.STOCK_ITEM for one in acceptance.page.documents)
        self.catalogues |= acceptance.page.complete


def _told(acceptance: Acceptance) -> Iterator[str]:
    """The names of all records that storing a page changes."""
    for document in acceptance.page.documents:
        yield from (document.key, about(document))
        if isinstance(document.body, OrderState):
            yield document.body.ref
    yield from (message.key for message in acceptance.messages)
    yield from (wanted.level.sku for wanted in acceptance.levels)
    for order, (_, ref) in acceptance.refs.items():
        yield from (order, ref)
    for order, (_, held) in acceptance.holds.items():
        yield order
        yield from held
    yield from (code for _, code in acceptance.counted)
