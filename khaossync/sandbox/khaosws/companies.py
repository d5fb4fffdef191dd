"""The calls about customers: which changed, and what is known of them.

Only what the guide names by a plain word is answered; the documents of ExportCompany and ExportPriceList are not known
well enough to be imitated, so a client finds these calls missing.
"""

from khaossync.sandbox.khaosws.customers import CustomerFile
from khaossync.sandbox.khaosws.dates import stamp
from khaossync.sandbox.khaosws.encode import Array, Stamp, Struct
from khaossync.sandbox.khaosws.records import Customer
from khaossync.sandbox.khaosws.signatures import Arguments
from khaossync.sandbox.khaosws.soap import SoapFaultError

_KEYS = {1: "COMPANY_CODE", 2: "OTHER_REF", 3: "WEB_USER", 4: "COMPANY_NAME"}


class CompanyDesk:
    """Answers from the customer file."""

    def __init__(self, customers: CustomerFile) -> None:
        self._customers = customers

    def info(self, arguments: Arguments) -> Array:
        """GetCompanyInfo: terms and price lists of companies; who does not exist is left out without a word."""
        mapping = arguments.integer("MappingType", 1)
        if mapping not in _KEYS:
            raise SoapFaultError(f"MappingType {mapping} is not valid for GetCompanyInfo")
        found = (self._customers.find(_KEYS[mapping], name) for name in arguments.codes("CompanyCode"))
        return Array("TCompanyInfo", [_info(customer) for customer in found if customer])

    def list_codes(self, arguments: Arguments) -> Struct:
        """GetCompanyList: the companies taken up since a date, of all classes or of those named."""
        since, classes = arguments.instant("LastUpdated"), arguments.codes("CompanyClassList")
        found = [
            _listed(customer)
            for customer in self._customers
            if (since is None or customer.created_at >= since) and (not classes or customer.company_class in classes)
        ]
        return Struct("TCompanyList", {"Count": len(found), "List": Array("TCompany", found)})


def _info(customer: Customer) -> Struct:
    return Struct(
        "TCompanyInfo",
        {
            "CompanyCode": customer.code,
            "CompanyName": customer.name,
            "OtherRef": customer.other_ref,
            "CreditLimit": customer.credit_limit,
            "CurrencyCode": customer.currency,
            "TermsLength": customer.terms_days,
            "CreditStop": customer.credit_stop,
            "PriceLists": ",".join(customer.price_lists),
        },
    )


def _listed(customer: Customer) -> Struct:
    return Struct(
        "TCompany",
        {
            "CompanyCode": customer.code,
            "OtherRef": customer.other_ref,
            "LastUpdated": Stamp(stamp(customer.created_at)),
        },
    )
