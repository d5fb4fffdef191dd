"""Names what is odd about an order's taxes although it adds up: whoever works them out anew stumbles over it."""

from khaossync.channels.adobe.charges import effective_rate, is_near, is_taxed_in_full
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.rows import Row, charged
from khaossync.domain.money import minor_unit, rounded

TAX_ON_FULL_PRICE = "tax on the full price"
"""The tax was charged on what the discount took off too ("apply tax before discount")."""

TAX_OFF_ITS_RATE = "tax off its rate"
"""The tax of a line is neither that of its discounted nor of its full price."""

FRACTION = "fraction of a penny"
"""The total has more decimals than its currency; it is told rounded."""


def oddities(order: Node, rows: list[Row], currency: str) -> tuple[str, ...]:
    """The names of everything odd, each once. Raises MalformedError."""
    found = [name for row in rows if row.payer is row.item and (name := _of_row(row))]
    total = order.number("grand_total")
    if total != rounded(total, currency):
        found.append(FRACTION if minor_unit(currency) < 1 else FRACTION.replace("penny", "unit"))
    return tuple(dict.fromkeys(found))


def _of_row(row: Row) -> str:
    money = charged(row.payer)
    if is_near(money.net * effective_rate(row.rate, money), money, row):
        return ""
    return TAX_ON_FULL_PRICE if is_taxed_in_full(row) else TAX_OFF_ITS_RATE
