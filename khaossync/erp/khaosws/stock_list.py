"""The list of all stock codes, read while it arrives: a large catalogue's is too long to be held in memory."""

import codecs
import re
from typing import cast

from lxml import etree

from khaossync.erp.khaosws.markup import (
    Element,
    UnintelligibleError,
    child,
    clean,
    content,
    declares,
    hardened,
    name,
    raw,
)
from khaossync.erp.khaosws.soap import answered
from khaossync.erp.khaosws.wire import number

# A reference that the next piece of text may go on with.
_CUT = re.compile(r"&[^;&<\s]{0,12}\Z")

_LONGEST_PROLOG = 4096
"""Characters in which the envelope must have begun; an honest answer needs a tenth of it."""

_FIRST = 8
"""Elements at the beginning of each row that stay: more than an envelope, a fault or a TStockList has."""

_SMALL, _MOST = 1000, 500_000
"""Characters of an element that something may point to, and how many of them are held."""


class StockList:
    """Takes a TStockList in pieces of bytes and keeps only its codes.

    Every member stands for itself or is pointed to, before or after: whichever way, its StockCode passes by. What has
    been read is dropped, known or not, and only the envelope remains to be judged, and what is small and pointed to.
    """

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._parser = etree.XMLPullParser(events=("start", "end"), tag=("{*}Envelope", "{*}StockCode"), **hardened())
        self._tail = ""
        self._prolog = ""
        self._root: Element | None = None
        self._codes: list[str] = []
        self._pointers: list[str] = []
        self._held: list[Element] = []

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises UnintelligibleError."""
        self._take(self._decoded(piece))

    def codes(self) -> tuple[str, ...]:
        """All codes, each once, after the last piece.

        Raises FaultError for a fault, UnintelligibleError for what is no answer, or holds fewer codes than it promises.
        """
        self._take(self._decoded(b"", last=True))
        try:
            root = self._parser.close()
        except etree.XMLSyntaxError as error:
            raise UnintelligibleError(f"it is no XML: {str(error)[:200]}") from error
        if (body := child(root, "Body")) is not None:
            body.extend(self._held)
        result = answered(self._operation, root)
        codes = [*self._codes, *map(result.pointed, self._pointers)]
        promised = number(result.get("Count") or "0", "Count")
        if promised > len(codes):
            raise UnintelligibleError(f"it promises {promised:f} stock codes and holds {len(codes)}")
        return tuple(dict.fromkeys(filter(None, codes)))

    def _decoded(self, piece: bytes, *, last: bool = False) -> str:
        try:
            text = self._tail + self._decoder.decode(piece, last)
        except UnicodeDecodeError as error:
            raise UnintelligibleError(f"it is no UTF-8: {error}") from error
        cut = None if last else _CUT.search(text)
        whole, self._tail = (text[: cut.start()], text[cut.start() :]) if cut else (text, "")
        return clean(whole)

    def _take(self, text: str) -> None:
        if self._root is None:
            self._prolog += text
            if declares(self._prolog):
                raise UnintelligibleError("it declares a DOCTYPE, which no honest answer does")
        try:
            self._parser.feed(text.encode())
            for event, element in self._parser.read_events():
                self._keep(event, cast("Element", element))
        except etree.XMLSyntaxError as error:
            raise UnintelligibleError(f"it is no XML: {str(error)[:200]}") from error
        if self._root is None and len(self._prolog) > _LONGEST_PROLOG:
            raise UnintelligibleError("it is no SOAP envelope")
        self._drop()

    def _keep(self, event: str, element: Element) -> None:
        if element.getparent() is None:
            self._root, self._prolog = element, ""
        elif event == "start" or name(element) != "StockCode":
            return
        elif pointer := element.get("href"):
            self._pointers.append(pointer)
        else:
            self._codes.append(content(element).strip())

    def _drop(self) -> None:
        """Drop what was read of every row but its last element: inside or behind that the parser is at work."""
        row = self._root
        while row is not None and len(row):
            for done in list(row)[_FIRST:-1]:
                self._hold(done)
                row.remove(done)
            row = row[-1]

    def _hold(self, done: Element) -> None:
        """Hold what may be pointed to: a string, or a Count and what it stands in."""
        if not done.get("id") or len(self._held) >= _MOST:
            return
        for inner in list(done):
            if name(inner) != "Count":
                done.remove(inner)
        if (len(done) or (done.text or "").strip()) and len(raw(done)) <= _SMALL:
            self._held.append(done)
