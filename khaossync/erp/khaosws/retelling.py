"""Makes a document anew from the text that was kept of it, by the mapping and the settings of today."""

from collections.abc import Sequence
from datetime import datetime

from khaossync.domain.documents import Document, DocumentBody, Kind, Unreadable
from khaossync.domain.stock import StockLevel
from khaossync.erp.khaosws.config import Settings
from khaossync.erp.khaosws.mapping import stock_item, stock_level
from khaossync.erp.khaosws.markup import Element, UnintelligibleError, children, name, parse
from khaossync.erp.khaosws.order_states import Rule, despatches, order_state
from khaossync.erp.khaosws.reading import told
from khaossync.erp.khaosws.stock_sources import site_names


def retell(kept: Document | Unreadable, settings: Settings, now: datetime) -> Document | Unreadable | None:
    """The same as it would be read today; None where its text does not suffice.

    A variant lacks what its style said, and rows of stock do not name their site.
    """
    moment = kept.moment if isinstance(kept, Document) else now
    try:
        body = _body(kept, list(children(parse(f"<kept>{kept.raw}</kept>"))), settings, moment)
    except UnintelligibleError as error:
        return Unreadable(kept.source, kept.kind, kept.key, str(error), kept.raw)
    return None if body is None else told(kept.source, kept.kind, kept.key, body, moment, kept.raw)


def _body(
    kept: Document | Unreadable, records: Sequence[Element], settings: Settings, moment: datetime
) -> DocumentBody | None:
    if not records:
        raise UnintelligibleError("its text holds no record")
    if kept.kind is Kind.STOCK_LEVEL:
        sites = _sites(kept, len(records), settings)
        return stock_level(kept.key, dict(zip(sites, records, strict=True)), settings.stock_formula) if sites else None
    if kept.kind is Kind.STOCK_ITEM:
        return None if name(records[0]) == "SCS_ITEM" else stock_item(records[0])
    rule = Rule.of(settings, moment)
    if kept.kind is Kind.ORDER_STATE:
        return order_state(records[0], rule)
    found = {one.despatch_id: one for one in despatches(records[0], rule)}
    if kept.key not in found:
        raise UnintelligibleError("by the rules of today nothing has left the warehouse under this id")
    return found[kept.key]


def _sites(kept: Document | Unreadable, count: int, settings: Settings) -> Sequence[str]:
    """The sites that so many rows are of: those the level told then, else all that are read; empty when unknown."""
    then = tuple(kept.body.available) if isinstance(kept, Document) and isinstance(kept.body, StockLevel) else ()
    return next((sites for sites in (then, site_names(settings)) if len(sites) == count), ())
