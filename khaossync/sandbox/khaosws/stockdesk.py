"""The four stock calls: which codes changed, what they are, what is available, what might become available."""

from collections.abc import Iterable
from decimal import Decimal

from khaossync.sandbox.khaosws.dates import stamp
from khaossync.sandbox.khaosws.encode import Array, Stamp, Struct
from khaossync.sandbox.khaosws.habits import Habits
from khaossync.sandbox.khaosws.masters import Masters
from khaossync.sandbox.khaosws.recent import Recent
from khaossync.sandbox.khaosws.signatures import Arguments
from khaossync.sandbox.khaosws.soap import SoapFaultError
from khaossync.sandbox.khaosws.stock import ZERO, StockItem, Stockroom
from khaossync.sandbox.khaosws.stockxml import StockWriter
from khaossync.sandbox.khaosws.xmlout import element

_REVISION, _LAUNCH, _MOVEMENT, _ALL = 0, 1, 2, -1
_NAMES = {1: "code", 2: "other_ref", 4: "description"}
_ALL_SITES = -1


class StockDesk:
    """Answers about stock."""

    def __init__(self, stockroom: Stockroom, masters: Masters, habits: Habits, writer: StockWriter) -> None:
        self._stockroom, self._masters, self._habits, self._writer = stockroom, masters, habits, writer

    def list_codes(self, arguments: Arguments) -> Struct:
        """GetStockList: the codes revised, launched or moved since a date; all of them without one."""
        kind, since = arguments.integer("DateType", _ALL), arguments.instant("DateValue")
        if kind not in (_REVISION, _LAUNCH, _MOVEMENT, _ALL) or arguments.integer("StockItemType", 0) not in (0, 1, 2):
            raise SoapFaultError(f"DateType {kind} is not valid for GetStockList")
        register = self._stockroom.moved if kind == _MOVEMENT else self._stockroom.revised
        if kind == _LAUNCH:
            items: Iterable[StockItem] = (item for item in self._stockroom if since is None or item.created_at >= since)
        else:
            items = self._changed(register, arguments)
        listed = [_listed(item, register) for item in items] if arguments.integer("StockItemType", 0) == 0 else []
        return Struct("TStockList", {"Count": len(listed), "List": Array("TStockInfo", listed)})

    def export(self, arguments: Arguments) -> str:
        """ExportStock: the full record of codes, or of whatever was revised."""
        items = self._chosen(arguments, self._stockroom.revised)
        return element("STOCK_ITEMS", *(self._writer.item(item) for item in items))

    def levels(self, arguments: Arguments) -> str:
        """ExportStockStatus: what is available to sell on one site, or a row for each site of each code."""
        site = arguments.integer("SiteID", int(self._masters.sites[0][0]))
        everywhere = [site_id for site_id, _ in self._masters.sites]
        groups = [everywhere] if self._habits.all_sites_as_one else [[site_id] for site_id in everywhere]
        name = "All"
        if site != _ALL_SITES:
            name, groups = self._masters.site_name(str(site)), [[str(site)]]
        items = self._chosen(arguments, self._stockroom.moved)
        return element(
            "STOCK_STATUS", *(self._writer.level(item, group) for item in items for group in groups), SITE=name
        )

    def potential(self, arguments: Arguments) -> Array:
        """GetStockPotential: available, due in and owed, on the default site; by stock id unless told otherwise."""
        mapping = arguments.integer("MappingType", 0)
        kind = "id" if mapping == 0 else self._name_kind(mapping)
        found = (self._stockroom.find(code, kind) for code in arguments.codes("StockCode"))
        return Array("TStockPotential", [self._potential(item) for item in found if item])

    def _chosen(self, arguments: Arguments, register: Recent) -> Iterable[StockItem]:
        """Codes win over a date; a code that does not exist is left out without a word."""
        codes = arguments.codes("StockCode")
        if not codes:
            return self._changed(register, arguments, "LastUpdated")
        kind = self._name_kind(arguments.integer("MappingType", 1))
        return [item for code in codes if (item := self._stockroom.find(code, kind))]

    def _changed(self, register: Recent, arguments: Arguments, name: str = "DateValue") -> Iterable[StockItem]:
        return (self._stockroom[code] for code in register.since(arguments.instant(name)))

    @staticmethod
    def _name_kind(mapping: int) -> str:
        if mapping not in _NAMES:
            raise SoapFaultError(f"MappingType {mapping} is not valid for stock")
        return _NAMES[mapping]

    def _potential(self, item: StockItem) -> Struct:
        level = self._stockroom.level(item, self._masters.sites[0][0])
        available, owed = max(level.available, ZERO), max(-level.available, ZERO)
        figures: dict[str, Decimal] = {
            "Available": available,
            "OnOrder": level.on_order,
            "BackOrder": owed,
            "Potential": available + level.on_order - owed,
        }
        return Struct(
            "TStockPotential", {"StockCode": item.code, "OtherRef": item.other_ref, "StockDesc": "", **figures}
        )


def _listed(item: StockItem, register: Recent) -> Struct:
    return Struct(
        "TStockInfo",
        {
            "StockCode": item.code,
            "OtherRef": item.other_ref,
            "StockDesc": item.description,
            "ParentCode": "",
            "ParentOtherRef": "",
            "LastUpdated": Stamp(stamp(register.at(item.code))),
        },
    )
