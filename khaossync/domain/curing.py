"""What cures a case without a person's word: a new configuration, or an item that the ERP's catalogue tells."""

from khaossync.domain.cases import CaseClass

STOCK_CODES = "stock codes"
"""The name in a case's evidence of the stock codes it hangs on, parted by a comma and a blank."""

CURED_BY_CATALOGUE = frozenset({CaseClass.UNMAPPED_SKU, CaseClass.DISCONTINUED_ITEM, CaseClass.UNALLOCATED_DESPATCH})
"""Judged again when the ERP tells one of the stock codes in the evidence anew."""

CURED_BY_CONFIGURATION = frozenset(
    {
        CaseClass.UNMAPPED_SKU,
        CaseClass.UNMAPPED_DELIVERY_METHOD,
        CaseClass.UNMAPPED_TAX_RATE,
        CaseClass.UNMAPPED_CUSTOMER,
        CaseClass.UNKNOWN_MONEY,
        CaseClass.TOTAL_MISMATCH,
        CaseClass.TAX_MISMATCH,
        CaseClass.FOREIGN_CURRENCY,
        CaseClass.REFERENCE_TOO_LONG,
        CaseClass.ORDER_HELD,
        CaseClass.ORDER_REFUSED,
        CaseClass.UNALLOCATED_DESPATCH,
        CaseClass.NO_ROUTE,
        CaseClass.UNREADABLE_DOCUMENT,
    }
)
"""Judged again when the daemon starts with another configuration or release."""
