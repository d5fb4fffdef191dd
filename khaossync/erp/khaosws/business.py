"""Looks for a business in Khaos Control before an order is put on its account."""

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.sales_order import SalesOrder
from khaossync.erp.khaosws.client import Client
from khaossync.erp.khaosws.soap import FaultError
from khaossync.erp.khaosws.wire import is_listable


async def objection(order: SalesOrder, client: Client) -> RejectedError | None:
    """Why the order cannot be booked to its customer code; None when it can.

    What the import does with a code that nobody has is not documented: matched by name or address, the order would end
    with a stranger. That an order's currency is the customer's is (revision 7.4). Raises SyncError.
    """
    code = order.customer_code
    if not is_listable(code):
        return _unmapped(order, f"{code!r} cannot be a customer code")
    try:
        known = await client.companies(code)
    except FaultError as fault:
        why = f"whether {code} exists could not be confirmed ({fault.reason})"
        why = f"{why}; a server without GetCompanyInfo needs verify_companies = false"
        return _unmapped(order, why, final=False)  # a fault does not tell who is to blame: the server may recover
    found = {name.strip().casefold(): currency for name, currency in known.items()}
    if code.casefold() not in found:
        return _unmapped(order, f"there is no customer {code}")
    currency = found[code.casefold()].strip()
    if currency and currency != order.currency:
        return _unmapped(order, f"customer {code} is kept in {currency} and the order is in {order.currency}")
    return None


def _unmapped(order: SalesOrder, why: str, *, final: bool = True) -> RejectedError:
    return RejectedError(
        f"order {order.number} ({order.ref}): {why}",
        CaseClass.UNMAPPED_CUSTOMER,
        evidence={"customer code": order.customer_code, "company": order.invoice_address.company},
        final=final,
    )
