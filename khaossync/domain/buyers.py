"""Which customer of the ERP a business order belongs to."""

from khaossync.domain.cases import CaseClass
from khaossync.domain.errors import RejectedError
from khaossync.domain.orders import Order
from khaossync.domain.rules import ChannelRules


def customer_code(order: Order, rules: ChannelRules) -> str:
    """The ERP's code of the business that buys; "" for a private customer, whom the ERP recognises by itself.

    What the configuration says of the company (by its id, whole or its last part, or by its code in the shop) comes
    before the code that the shop keeps. Raises RejectedError (UNMAPPED_CUSTOMER) for a business without either: as a
    stranger it would get neither its terms nor its account.
    """
    company = order.company
    if company is None:
        return ""
    names = (company.company_id, company.company_id.rsplit("/", 1)[-1], company.code)
    mapped = (rules.companies[name] for name in names if name in rules.companies)
    code = next(mapped, company.code)
    if not code:
        raise RejectedError(
            f"order {order.number} is for a business that has no customer code: neither in the shop nor in [companies]",
            CaseClass.UNMAPPED_CUSTOMER,
            evidence={"company": company.name, "company id": company.company_id},
        )
    return code
