"""The small lists that a client checks its settings against."""

from khaossync.sandbox.khaosws.encode import Array, Struct
from khaossync.sandbox.khaosws.masters import COUNTRIES, Country, Masters
from khaossync.sandbox.khaosws.signatures import Arguments
from khaossync.sandbox.khaosws.xmlout import element, leaf

VERSION = "8.190.36.0"


class ListDesk:
    """Answers from the master data."""

    def __init__(self, masters: Masters) -> None:
        self._masters = masters

    def sites(self, _: Arguments) -> Struct:
        """GetSiteList."""
        sites = [Struct("TSite", {"SiteID": int(key), "SiteName": name}) for key, name in self._masters.sites]
        return Struct("TSiteList", {"List": Array("TSite", sites), "CurrentSiteID": int(self._masters.sites[0][0])})

    def order_processing(self, arguments: Arguments) -> str:
        """GetSOPData; of its eight parts this server has only the couriers."""
        if not arguments.flag("Courier"):
            return element("SOPDATA")
        couriers = (
            element("COURIER", leaf("COURIER_CODE", code), leaf("COURIER_DESC", name))
            for code, name in self._masters.couriers
        )
        return element("SOPDATA", element("COURIERS", *couriers))

    def sales_sources(self, _: Arguments) -> Array:
        """GetSaleSource."""
        return Array("string", self._masters.sales_sources)

    def company_classes(self, arguments: Arguments) -> Array:
        """GetCompanyClass: all (0), price lists only (1), or those that are none (2)."""
        classes, lists = self._masters.company_classes, self._masters.price_lists
        wanted = {0: (*classes, *lists), 1: lists, 2: classes}
        return Array("string", wanted.get(arguments.integer("CompanyClassType", 0), ()))

    def price_lists(self, _: Arguments) -> Array:
        """GetPriceLists."""
        return Array("string", self._masters.price_lists)

    def countries(self, _: Arguments) -> Struct:
        """GetCountryList."""
        countries = [_country(country) for country in COUNTRIES.values()]
        return Struct("TCountryList", {"Count": len(countries), "List": Array("TCountry", countries)})

    def version(self, _: Arguments) -> str:
        """GetVersion."""
        return VERSION


def _country(country: Country) -> Struct:
    return Struct(
        "TCountry",
        {
            "CountryName": country.name,
            "CountryCode2": country.code2,
            "CountryCode3": country.code3,
            "EUMember": country.in_eu,
            "PaysVAT": country.pays_vat,
            "CurrencyName": "",
            "CurrencyCode": country.currency,
            "Zone": "",
        },
    )
