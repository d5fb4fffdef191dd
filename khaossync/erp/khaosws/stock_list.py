"""The list of all stock codes, read while it arrives: a large catalogue's is too long to be held in memory."""

import codecs
import re
from typing import cast

from lxml import etree

from khaossync.erp.khaosws.markup import Element, UnintelligibleError, clean, content, declares, hardened
from khaossync.erp.khaosws.soap import answered
from khaossync.erp.khaosws.wire import number

# A reference that the next piece of text may go on with.
_CUT = re.compile(r"&[^;&<\s]{0,12}\Z")


class StockList:
    """Takes a TStockList in pieces of bytes and keeps only its codes.

    Every member stands for itself or is pointed to, before or after: whichever way, its StockCode passes by. What has
    been read is dropped at once, and only the envelope remains to be judged, and what a StockCode may point to.
    """

    def __init__(self, operation: str) -> None:
        self._operation = operation
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")()
        self._parser = etree.XMLPullParser(events=("end",), tag="{*}StockCode", **hardened(huge=True))
        self._tail = ""
        self._begun = False
        self._codes: list[str] = []
        self._pointers: list[str] = []
        self._member: Element | None = None

    def feed(self, piece: bytes) -> None:
        """Take the next piece. Raises UnintelligibleError."""
        self._take(self._decoded(piece))

    def codes(self) -> tuple[str, ...]:
        """All codes, each once, after the last piece.

        Raises FaultError for a fault, UnintelligibleError for what is no answer, or holds fewer codes than it promises.
        """
        self._take(self._decoded(b"", last=True))
        try:
            result = answered(self._operation, self._parser.close())
        except etree.XMLSyntaxError as error:
            raise UnintelligibleError(f"it is no XML: {str(error)[:200]}") from error
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
        if not self._begun and declares(text):
            raise UnintelligibleError("it declares a DOCTYPE, which no honest answer does")
        self._begun = self._begun or bool(text.strip())
        try:
            self._parser.feed(text.encode())
            for _, element in self._parser.read_events():
                self._keep(cast("Element", element))
        except etree.XMLSyntaxError as error:
            raise UnintelligibleError(f"it is no XML: {str(error)[:200]}") from error

    def _keep(self, element: Element) -> None:
        if pointer := element.get("href"):
            self._pointers.append(pointer)
        else:
            self._codes.append(content(element).strip())
        read, self._member = self._member, element.getparent()
        if read is not None and read is not self._member and (above := read.getparent()) is not None:
            above.remove(read)
