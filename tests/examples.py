"""Documents and rules that tests start from; each takes the fields that the test is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from khaossync.domain.despatch import Despatch, DespatchLine
from khaossync.domain.documents import Document, DocumentBody, Kind
from khaossync.domain.links import Link, LinkState, SentLine
from khaossync.domain.messages import LIFETIMES, Message, MessageBody
from khaossync.domain.orders import Address, Customer, Delivery, Order, OrderLine, Payment, PaymentState, Tax
from khaossync.domain.refunds import Refund, RefundLine
from khaossync.domain.rules import ChannelRules
from khaossync.domain.stock import Listing, StockItem, StockLevel

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
VAT = Decimal("0.20")


def rules(**changes: Any) -> ChannelRules:
    """A UK shop that sells with VAT included, from one location fed by one ERP site."""
    base = ChannelRules(
        channel="shop",
        erp="khaos",
        prefix="S",
        go_live_at=NOON - timedelta(days=30),
        currencies=frozenset({"GBP"}),
        couriers={"Standard": "RM48"},
        tax_codes={VAT: 1, Decimal(0): 2, Decimal("0.05"): 4},
        sites={"loc-1": ("1",)},
        site="Main",
        sales_source="Web",
        company_class="Retail",
    )
    return replace(base, **changes)


def address(**changes: Any) -> Address:
    """A delivery address in the UK."""
    base = Address("Test", "Customer", "", "1 High Street", "", "Leeds", "West Yorkshire", "LS1 1AA", "GB", "")
    return replace(base, **changes)


def line(sku: str = "MUG", quantity: int = 1, price: str = "12.00", **changes: Any) -> OrderLine:
    """A line whose price includes 20 % VAT."""
    amount = Decimal(price) * quantity
    tax = (amount - amount / (1 + VAT)).quantize(Decimal("0.01"))
    base = OrderLine(
        line_id=f"line-{sku}",
        sku=sku,
        title=sku.title(),
        quantity=quantity,
        ordered=quantity,
        unit_price=Decimal(price),
        taxes=(Tax(VAT, tax),),
    )
    return replace(base, **changes)


def order(**changes: Any) -> Order:
    """A paid order of one mug at 12.00 and delivery at 6.00, VAT included."""
    base = Order(
        channel="shop",
        order_id="gid://shopify/Order/5001",
        number="#1001",
        placed_at=NOON,
        updated_at=NOON,
        currency="GBP",
        gross=True,
        payment=PaymentState.PAID,
        confirmed=True,
        test=False,
        cancelled_at=None,
        customer=Customer("gid://shopify/Customer/7", "test@example.com", "Test", "Customer", ""),
        billing=address(),
        shipping=address(),
        lines=(line(),),
        deliveries=(Delivery("Standard", Decimal("6.00"), taxes=(Tax(VAT, Decimal("1.00")),)),),
        payments=(Payment("shopify_payments", Decimal("18.00"), "txn-1", captured=True),),
        extras=(),
        tax=Decimal("3.00"),
        total=Decimal("18.00"),
    )
    return replace(base, **changes)


def refund(**changes: Any) -> Refund:
    """The mug came back and its money was returned."""
    base = Refund(
        channel="shop",
        order_id="gid://shopify/Order/5001",
        order_number="#1001",
        order_placed_at=NOON,
        refund_id="gid://shopify/Refund/9001",
        refunded_at=NOON + timedelta(days=2),
        currency="GBP",
        total=Decimal("12.00"),
        pending=False,
        lines=(RefundLine("line-MUG", "MUG", 1, True, Decimal("12.00"), Decimal("2.00")),),
        delivery=Decimal(0),
        adjustment=Decimal(0),
    )
    return replace(base, **changes)


def link(**changes: Any) -> Link:
    """The order above, in the ERP."""
    base = Link(
        channel="shop",
        order_id="gid://shopify/Order/5001",
        erp="khaos",
        ref="S5001",
        state=LinkState.SENT,
        sales_order_code="SO100001",
        fingerprint=order().fingerprint,
        lines=(SentLine("line-MUG", "MUG", "MUG", 1),),
        sent_at=NOON,
    )
    return replace(base, **changes)


def despatch(**changes: Any) -> Despatch:
    """The mug left the warehouse."""
    base = Despatch(
        ref="S5001",
        sales_order_code="SO100001",
        despatch_id="INV1/TRACK1",
        despatched_at=NOON + timedelta(hours=3),
        courier="Royal Mail 48",
        tracking_number="TRACK1",
        tracking_url="",
        lines=(DespatchLine("MUG", Decimal(1)),),
    )
    return replace(base, **changes)


def stock_item(code: str = "MUG", **changes: Any) -> StockItem:
    """An ordinary stock item."""
    return replace(StockItem(code, code.title()), **changes)


def stock_level(available: str = "10", code: str = "MUG") -> StockLevel:
    """So many free to sell at site 1."""
    return StockLevel(code, {"1": Decimal(available)})


def listing(sku: str = "MUG", shown: int = 10, **changes: Any) -> Listing:
    """A tracked listing at the one location."""
    return replace(Listing(sku, f"gid://shopify/InventoryItem/{sku}", sku.title(), {"loc-1": shown}), **changes)


def document(source: str, kind: Kind, key: str, body: DocumentBody, **changes: Any) -> Document:
    """A document of version 1, told at noon."""
    return replace(Document(source, kind, key, "1", NOON, body, "{}"), **changes)


def message(kind: Kind, body: MessageBody, **changes: Any) -> Message:
    """A message accepted at noon, never tried."""
    to_shop = kind in (Kind.DESPATCH, Kind.STOCK_LEVEL)
    base = Message(
        id=1,
        destination="shop" if to_shop else "khaos",
        kind=kind,
        key=order().key,
        version="1",
        source="khaos" if to_shop else "shop",
        body=body,
        created_at=NOON,
        expires_at=NOON + LIFETIMES[kind],
    )
    return replace(base, **changes)
