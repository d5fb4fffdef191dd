"""The master data that an order must refer to by its exact name."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from khaossync.sandbox.khaosws.soap import SoapFaultError

TAX_RATES: Mapping[int, Decimal] = {1: Decimal("0.20"), 2: Decimal(0), 4: Decimal("0.05")}

_COUNTRIES = """GB GBR GBP 1 United Kingdom|IE IRL EUR 1 Ireland|FR FRA EUR 1 France|DE DEU EUR 1 Germany
ES ESP EUR 1 Spain|IT ITA EUR 1 Italy|NL NLD EUR 1 Netherlands|BE BEL EUR 1 Belgium|LU LUX EUR 1 Luxembourg
PT PRT EUR 1 Portugal|AT AUT EUR 1 Austria|FI FIN EUR 1 Finland|GR GRC EUR 1 Greece|DK DNK DKK 1 Denmark
SE SWE SEK 1 Sweden|PL POL PLN 1 Poland|CZ CZE CZK 1 Czechia|HU HUN HUF 1 Hungary|RO ROU RON 1 Romania
NO NOR NOK 0 Norway|CH CHE CHF 0 Switzerland|JE JEY GBP 0 Jersey|GG GGY GBP 0 Guernsey|IM IMN GBP 1 Isle of Man
US USA USD 0 United States|CA CAN CAD 0 Canada|AU AUS AUD 0 Australia|NZ NZL NZD 0 New Zealand|JP JPN JPY 0 Japan"""
_NOT_IN_EU = frozenset({"GB", "IM"})


@dataclass(frozen=True, slots=True)
class Country:
    """One country of the server's table."""

    code2: str
    code3: str
    currency: str
    pays_vat: bool
    name: str

    @property
    def in_eu(self) -> bool:
        """Whether it is a member of the European Union: here, whoever pays VAT and is not British."""
        return self.pays_vat and self.code2 not in _NOT_IN_EU


def _country(words: str) -> Country:
    code2, code3, currency, pays_vat, name = words.split(maxsplit=4)
    return Country(code2, code3, currency, pays_vat == "1", name)


COUNTRIES = {country.code2: country for country in map(_country, _COUNTRIES.replace("\n", "|").split("|"))}


@dataclass(frozen=True)
class Masters:
    """Sites and couriers as (id or code, name); the first site and the first class are the defaults."""

    sites: tuple[tuple[str, str], ...]
    couriers: tuple[tuple[str, str], ...]
    sales_sources: tuple[str, ...]
    company_classes: tuple[str, ...]
    price_lists: tuple[str, ...]
    tax_rates: Mapping[int, Decimal]

    def site(self, name: str) -> str:
        """The id of a site by its name, the default's for an empty one."""
        if not name:
            return self.sites[0][0]
        return self._known("site", name, {site: site_id for site_id, site in self.sites})

    def site_name(self, site_id: str) -> str:
        """The name of a site; a fault for a strange id."""
        return self._known("site id", site_id, dict(self.sites))

    def courier(self, header: Mapping[str, str]) -> str:
        """The courier's description, by COURIER_CODE or COURIER_DESC; empty when neither is given."""
        code, description = header.get("COURIER_CODE", ""), header.get("COURIER_DESC", "")
        if code:
            return self._known("courier code", code, dict(self.couriers))
        return description and self._known("courier", description, {name: name for _, name in self.couriers})

    def sales_source(self, name: str) -> str:
        """The sales source as written, case and all."""
        return name and self._known("sales source", name, {source: source for source in self.sales_sources})

    def company_class(self, name: str) -> str:
        """The company class as written, the default for an empty one."""
        classes = {known: known for known in self.company_classes}
        return self._known("company class", name or self.company_classes[0], classes)

    def tax_rate(self, code: int) -> Decimal:
        """The rate, a fraction, behind a TAX_RATE code."""
        return Decimal(
            self._known("tax rate", str(code), {str(key): str(rate) for key, rate in self.tax_rates.items()})
        )

    @staticmethod
    def check_country(address: Mapping[str, str]) -> None:
        """A strange country code is a fault; a blank one means the system's default."""
        code = address.get("COUNTRY_CODE", "GB")
        if code not in COUNTRIES:
            raise SoapFaultError(f"There is no country '{code}'")

    @staticmethod
    def _known(kind: str, name: str, names: Mapping[str, str]) -> str:
        if name not in names:
            raise SoapFaultError(f"There is no {kind} '{name}'")
        return names[name]
