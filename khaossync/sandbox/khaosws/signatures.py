"""The operations that this server offers: their parameters in order, and the strict reading of arguments."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from khaossync.sandbox.khaosws import dates
from khaossync.sandbox.khaosws.soap import Argument, SoapFaultError


@dataclass(frozen=True)
class Parameter:
    """One parameter; `kind` is the XSD type."""

    name: str
    kind: str
    required: bool = False


def _described(text: str) -> tuple[Parameter, ...]:
    """`Name:kind` words; an exclamation mark makes the parameter compulsory."""
    words = (word.partition(":") for word in text.split())
    return tuple(Parameter(name, kind.rstrip("!"), kind.endswith("!")) for name, _, kind in words)


SIGNATURES: Mapping[str, tuple[Parameter, ...]] = {
    "ImportOrders": _described("Orders:string!"),
    "ExportOrderStatus": (),
    "ExportOrderStatusEx": _described(
        "IDs:string MappingType:int! WebOnly:boolean ConfirmedOnly:boolean IncludeTracking:boolean "
        "IncludeCancelled:boolean DateFrom:dateTime DateTo:dateTime InvoiceStageIDs:string ShowItems:boolean"
    ),
    "ExportOrders": _described("OrderCode:string! MappingType:int!"),
    "GetStockList": _described("DateType:int DateValue:dateTime StockItemType:int"),
    "ExportStock": _described("StockCode:string MappingType:int LastUpdated:dateTime"),
    "ExportStockStatus": _described(
        "StockCode:string MappingType:int LastUpdated:dateTime SiteID:int PotentialLeadTime:boolean"
    ),
    "GetStockPotential": _described("StockCode:string! MappingType:int"),
    "GetSiteList": (),
    "GetSOPData": _described(
        "Courier:boolean DelRate:boolean CourierBanding:boolean BOGOF:boolean SpecialOffer:boolean "
        "TelesalePrompt:boolean KeyCode:boolean BarredItems:boolean"
    ),
    "GetSaleSource": (),
    "GetCompanyInfo": _described("CompanyCode:string! MappingType:int"),
    "GetCompanyList": _described("LastUpdated:dateTime CompanyClassList:string"),
    "GetPriceLists": (),
    "GetCompanyClass": _described("CompanyClassType:int"),
    "GetCountryList": (),
    "GetVersion": (),
}

_FLAGS = {"true": True, "1": True, "-1": True, "false": False, "0": False}
_INTEGER = re.compile(r"-?\d{1,9}", re.ASCII)


class Arguments:
    """The arguments of one call, read by their declared types. Omitted and empty ones are None, or their default."""

    def __init__(self, operation: str, given: Mapping[str, Argument]) -> None:
        """Raises SoapFaultError for an unknown operation, or an unknown, missing or mistyped argument."""
        if operation not in SIGNATURES:
            raise SoapFaultError(f"Method '{operation}' not found in interface IKosWeb", "EIntfCastError")
        parameters = {parameter.name: parameter for parameter in SIGNATURES[operation]}
        for name in given.keys() - parameters.keys():
            raise SoapFaultError(f"{operation} has no parameter {name}")
        self._values = {name: _read(parameter, given.get(name)) for name, parameter in parameters.items()}

    def text(self, name: str) -> str:
        """A string, empty when omitted."""
        value = self._values[name]
        return value if isinstance(value, str) else ""

    def codes(self, name: str) -> list[str]:
        """A comma-separated list, without its empty parts."""
        return [part.strip() for part in self.text(name).split(",") if part.strip()]

    def integer(self, name: str, default: int) -> int:
        """An int, or `default` when omitted."""
        value = self._values[name]
        return value if isinstance(value, int) else default

    def flag(self, name: str) -> bool:
        """A boolean, false when omitted."""
        return self._values[name] is True

    def instant(self, name: str) -> datetime | None:
        """A moment in UTC, None when omitted."""
        value = self._values[name]
        return value if isinstance(value, datetime) else None


def _read(parameter: Parameter, argument: Argument | None) -> str | int | bool | datetime | None:
    if argument is None:
        if parameter.required:
            raise SoapFaultError(f"Parameter {parameter.name} is missing")
        return None
    if argument.type_name not in ("", parameter.kind):
        raise SoapFaultError(f"Parameter {parameter.name} must be {parameter.kind}, not {argument.type_name}")
    if parameter.kind == "string":
        return argument.text
    text = argument.text.strip()
    return _convert(parameter, text) if text else None


def _convert(parameter: Parameter, text: str) -> int | bool | datetime:
    if parameter.kind == "boolean" and text in _FLAGS:
        return _FLAGS[text]
    if parameter.kind == "int" and _INTEGER.fullmatch(text):
        return int(text)
    if parameter.kind == "dateTime":
        try:
            return dates.parse(text)
        except ValueError as error:
            raise SoapFaultError(str(error)) from error
    raise SoapFaultError(f"'{text}' is not a valid {parameter.kind} value for {parameter.name}")
