"""Names what is odd about an order's taxes although it adds up, for whoever works them out anew will stumble over it."""

from decimal import Decimal

from khaossync.channels.adobe.charges import effective_rate
from khaossync.channels.adobe.fields import Node
from khaossync.channels.adobe.rows import Row, charged
from khaossync.domain.money import minor_unit, rounded

TAX_ON_FULL_PRICE = "tax on the full price"
"""The tax was charged on what the discount took off too ("apply tax before discount")."""

TAX_OFF_ITS_RATE = "tax off its rate"
"""The tax of a line is neither that of its discounted nor of its full price."""

FRACTION = "fraction of a penny"
"""The total has more decimals than its currency; it is told rounded."""

_OFF = Decimal("0.02")
"""What the total algorithm may move onto one line; the unit algorithm adds half a penny for each unit."""


def oddities(order: Node, rows: list[Row], currency: str) -> tuple[str, ...]:
    """The names of everything odd, each once. Raises MalformedError."""
    found = [name for row in rows if row.payer is row.item and (name := _of_row(row))]
    total = order.number("grand_total")
    if total != rounded(total, currency):
        found.append(FRACTION if minor_unit(currency) < 1 else FRACTION.replace("penny", "unit"))
    return tuple(dict.fromkeys(found))


def _of_row(row: Row) -> str:
    money, off = charged(row.payer), row.payer.number_or("discount_amount")
    rate = effective_rate(row.rate, money)
    tolerance = _OFF + row.ordered * Decimal("0.005")
    if abs(money.net * rate - money.tax) <= tolerance:
        return ""
    full = money.net + off - row.payer.number_or("discount_tax_compensation_amount")
    return TAX_ON_FULL_PRICE if off and abs(full * rate - money.tax) <= tolerance else TAX_OFF_ITS_RATE
