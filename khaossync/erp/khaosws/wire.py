"""What KhaosWS is asked and what it answers: calls, arrays, and its dates, booleans and numbers as text."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from decimal import Decimal

from khaossync.erp.khaosws.markup import Element, UnintelligibleError, name
from khaossync.erp.khaosws.soap import Arguments, Result

EVERYTHING = datetime(1899, 12, 31)  # noqa: DTZ001 - KhaosWS speaks naive local time; its nulls lie in 1899
"""What the vendor's own client sends as `LastUpdated` to mean \"since ever\"."""

REVISED, MOVED = 0, 2
"""DateType of GetStockList: the record was edited; its stock moved."""

_BY_STOCK_CODE = 1
_BY_COMPANY_CODE = 1
_BY_ASSOCIATED_REF = 4
_NUMBER = re.compile(r"[-+]?([0-9]{1,18}(\.[0-9]{0,18})?|\.[0-9]{1,18})")
_DAY_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?", re.ASCII)
_LAST_NULL_YEAR = 1899
_LONGEST_CODE = 200


@dataclass(frozen=True, slots=True)
class Call:
    """One operation with its arguments; `safe` tells that calling twice does no harm."""

    operation: str
    arguments: Arguments = field(default_factory=dict)
    safe: bool = True


def import_orders(document: str) -> Call:
    """Import a SALES_ORDERS document."""
    return Call("ImportOrders", {"Orders": document}, safe=False)


def stock_list(date_type: int | None = None, since: datetime | None = None) -> Call:
    """The codes that changed since a local time; all of them without one."""
    if date_type is None or since is None:
        return Call("GetStockList")
    return Call("GetStockList", {"DateType": date_type, "DateValue": since})


def stock(codes: Iterable[str]) -> Call:
    """The records of these stock codes."""
    return Call("ExportStock", {"StockCode": listed(codes), "MappingType": _BY_STOCK_CODE})


def stock_status(codes: Iterable[str], site: int | None) -> Call:
    """The levels of these stock codes on one site, or on the service's default site."""
    arguments: Arguments = {"StockCode": listed(codes), "MappingType": _BY_STOCK_CODE, "LastUpdated": EVERYTHING}
    return Call("ExportStockStatus", arguments if site is None else {**arguments, "SiteID": site})


def company_info(code: str) -> Call:
    """What is known of the company with this code."""
    return Call("GetCompanyInfo", {"CompanyCode": listed([code]), "MappingType": _BY_COMPANY_CODE})


def states_of(refs: Iterable[str]) -> Call:
    """The states of the orders with these references, cancelled ones too."""
    return Call(
        "ExportOrderStatusEx",
        {
            "IDs": listed(refs),
            "MappingType": _BY_ASSOCIATED_REF,
            "IncludeTracking": True,
            "IncludeCancelled": True,
            "ShowItems": True,
        },
    )


def states_between(start: datetime, end: datetime) -> Call:
    """The states of the orders that changed between two local times, or whose tracking did."""
    return Call(
        "ExportOrderStatusEx",
        {
            "IDs": "",
            "MappingType": _BY_COMPANY_CODE,  # what the vendor asks for when no ids are given
            "WebOnly": False,
            "ConfirmedOnly": False,
            "IncludeTracking": True,
            "IncludeCancelled": True,
            "DateFrom": start,
            "DateTo": end,
            "InvoiceStageIDs": "",
            "ShowItems": True,
        },
    )


def listed(codes: Iterable[str]) -> str:
    """A list as KhaosWS takes it: one text with commas. Raises UnintelligibleError for a code that holds one."""
    codes = tuple(codes)
    for code in codes:
        if not is_listable(code):
            raise UnintelligibleError(f"{code!r} cannot be asked for: KhaosWS separates a list by commas")
    return ",".join(codes)


def is_listable(code: str) -> bool:
    """Whether a code can be asked for by name."""
    return bool(code.strip()) and "," not in code


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What became of an import: reference → sales order code, and reference → the ERP's reason for skipping it."""

    imported: Mapping[str, str]
    skipped: Mapping[str, str]


def import_result(result: Result) -> ImportResult:
    """ImportedCount is not looked at: the arrays say more, and neither is trusted without a look-up."""
    return ImportResult(
        {one.get("AssociatedRef"): one.get("SalesOrderCode") for one in result.items("OrderImport")},
        {one.get("OrderRef"): one.get("SkipReason") for one in result.items("OrderSkipped")},
    )


def companies(result: Result) -> Mapping[str, str]:
    """Company code → currency, of those that exist (Web Integration Guide p9-10)."""
    return {one.get("CompanyCode"): one.get("CurrencyCode") for one in result.items()}


def names(result: Result) -> tuple[str, ...]:
    """An array of strings."""
    return tuple(text for one in result.items() if (text := one.text.strip()))


def sites(result: Result) -> Mapping[str, str]:
    """Site id → name."""
    return {one.get("SiteID"): one.get("SiteName") for one in result.items("List")}


def couriers(root: Element) -> tuple[str, ...]:
    """Every code and name of a courier in an SOPDATA document, whose inner tags are nowhere written down."""
    told = [
        str(text).strip()
        for courier in root.iter()
        if isinstance(courier.tag, str) and name(courier).upper() == "COURIER"
        for text in (*courier.values(), *courier.itertext())
    ]
    return tuple(dict.fromkeys(filter(None, told)))


def number(text: str, what: str) -> Decimal:
    """A plain number in one canonical form (5.00 is 5), so that equal figures look equal.

    Raises UnintelligibleError.
    """
    if not _NUMBER.fullmatch(text.strip()):
        raise UnintelligibleError(f"{what} is {text[:60]!r}, which is no plain number")
    figure = Decimal(text.strip())
    return Decimal(int(figure)) if figure == int(figure) else figure.normalize()


def named(text: str, what: str) -> str:
    """What names a record: not blank, and no longer than any code of theirs. Raises UnintelligibleError."""
    if not text:
        raise UnintelligibleError(f"{what} is missing")
    if len(text) > _LONGEST_CODE:
        raise UnintelligibleError(f"{what} has {len(text)} characters, more than any code has")
    return text


def flag(text: str, what: str) -> bool:
    """A boolean in any of their spellings: -1/0, True/False, 1/0; blank is no. Raises UnintelligibleError."""
    match text.strip().lower():
        case "-1" | "1" | "true":
            return True
        case "0" | "false" | "":
            return False
    raise UnintelligibleError(f"{what} is {text[:60]!r}, which is neither -1 nor 0")


def instant(text: str, zone: tzinfo, what: str) -> datetime | None:
    """A date of any of their kinds (DD/MM/YYYY, ISO day, ISO time), aware and in UTC; None for blank and for 1899.

    A time without zone is the server's; the second of two equal hours in autumn is read as the first.
    Raises UnintelligibleError.
    """
    text = text.strip()
    if not text:
        return None
    try:
        day_first = _DAY_FIRST.fullmatch(text)
        if day_first:
            day, month, year, hour, minute, second = (int(part or 0) for part in day_first.groups())
            told = datetime(year, month, day, hour, minute, second)  # noqa: DTZ001 - the zone follows
        else:
            told = datetime.fromisoformat(text)
        if told.year <= _LAST_NULL_YEAR:
            return None
        return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UnintelligibleError(f"{what} is {text[:60]!r}, which is no date") from error


def local(at: datetime, zone: tzinfo) -> datetime:
    """An instant in the server's own clock, without zone, as its filters take it."""
    return at.astimezone(zone).replace(tzinfo=None, microsecond=0)
