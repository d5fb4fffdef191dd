"""What the simulated merchant sells: the same goods under the shops' SKUs and the ERP's stock codes."""

from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Product:
    """One article. `stock` is units per ERP site; an empty `stock_code` means that the ERP does not know it.

    `pack` is what the ERP makes a unit of, by stock code; a `gift_card` is money and lies on no shelf.
    """

    sku: str
    stock_code: str
    title: str
    price: Decimal
    vat: Decimal
    stock: dict[str, int] = field(default_factory=dict)
    pack: tuple[tuple[str, int], ...] = ()
    gift_card: bool = False


STANDARD, REDUCED, ZERO = Decimal("0.20"), Decimal("0.05"), Decimal("0.00")
TAX_CODES = {STANDARD: 1, ZERO: 2, REDUCED: 4}

_COLOURS = ("Red", "Blue", "Green", "Black", "White", "Grey")
_SIZES = ("S", "M", "L", "XL")
_BOOKS = ("Bread", "Tea", "Knots", "Birds", "Maps", "Bees")


def _tees() -> list[Product]:
    return [
        Product(
            f"TEE-{colour.upper()}-{size}",
            f"TEE/{colour.upper()}/{size}",
            f"T-shirt {colour} {size}",
            Decimal("18.50"),
            STANDARD,
            {"1": 90, "2": 15},
        )
        for colour in _COLOURS
        for size in _SIZES
    ]


def _books() -> list[Product]:
    return [
        Product(
            f"BOOK-{name.upper()}", f"BOOK-{name.upper()}", f"The Book of {name}", Decimal("12.99"), ZERO, {"1": 140}
        )
        for name in _BOOKS
    ]


WAREHOUSE, FLOOR = "Warehouse", "Shop floor"
STORED, ON_THE_FLOOR = ("1", "2"), ("3",)
"""The ERP's sites: those of the warehouse, and that of the shop floor."""

PLACES = {WAREHOUSE: STORED, FLOOR: ON_THE_FLOOR}
"""The places of the shop that has both, and the ERP's sites whose stock each of them shows."""

MUG = Product("MUG", "MUG", "Stoneware mug", Decimal("9.95"), STANDARD, {"1": 300, "2": 60, "3": 40})
TEA = Product("TEA", "TEA", "Breakfast tea", Decimal("4.75"), ZERO, {"1": 400, "3": 60})

RANGE: tuple[Product, ...] = (
    *_tees(),
    *_books(),
    MUG,
    TEA,
    Product("SAUCER", "SAUCER", "Saucer", Decimal("5.50"), STANDARD, {"1": 200}),
    Product("SEAT", "SEAT", "Child seat", Decimal("89.00"), REDUCED, {"1": 60}),
)

GIFT_SET = Product(
    "GIFT-SET", "GIFT-SET", "Mug and saucer", Decimal("14.00"), STANDARD, {"1": 40}, (("MUG", 1), ("SAUCER", 1))
)
"""A pack in the ERP: the shop sells the header, the warehouse despatches its parts."""

DUO = Product("DUO", "", "Two T-shirts", Decimal("33.35"), STANDARD, {"1": 40})
BUNDLES = {DUO.sku: {"TEE/RED/M": 1, "TEE/BLUE/M": 1}}
"""The [bundles] table: what only the shop sells as one."""

POSTER, ETCHING, LITHOGRAPH = (
    Product(name, name, f"Numbered {name.lower()}", Decimal("25.00"), STANDARD, {"1": units})
    for name, units in (("POSTER", 14), ("ETCHING", 6), ("LITHOGRAPH", 6))
)
"""Few of each, and no more will come: whoever is late finds it sold out. Each is sold by one shop only, for of what
several sell the last unit may be sold by each of them."""

LAMP = Product("LAMP", "LAMP", "Reading lamp", Decimal("45.00"), STANDARD, {"1": 30})
VASE = Product("VASE", "VASE", "Bud vase", Decimal("16.00"), STANDARD, {"1": 25})
CLOCK = Product("CLOCK", "CLOCK", "Wall clock", Decimal("32.00"), STANDARD, {"1": 25})
RUG = Product("RUG", "RUG", "Kilim", Decimal("120.00"), STANDARD, {"1": 20, "3": 12})
QUIET = (LAMP, VASE, CLOCK, RUG)
"""Nobody buys these today: what happens to their stock is the doing of people in the house."""

GIFT_CARD = Product("GIFTCARD", "", "Gift card", Decimal("25.00"), ZERO, gift_card=True)

GHOST = Product("GHOST", "", "An article that nobody created in the ERP", Decimal("7.00"), STANDARD, {"1": 50})
"""Listed in the shop and unknown to the ERP until late in the day: its orders must be held, and only they."""

LISTED = (*RANGE, GIFT_SET, DUO, *QUIET, GHOST)
"""What every shop offers."""

SKU_MAP = {product.sku: product.stock_code for product in RANGE if product.sku != product.stock_code}
"""The [skus] table that the merchant would write."""

MONEY_CODES = {"tip": "TIP", "duties": "DUTIES", "cash_rounding": "ROUNDING", "gift_card": GIFT_CARD.sku}
"""The [money_codes] table: fees of the shop are forgotten in it."""

KNOWN, ON_ACCOUNT, NEW = "HARB01", "MILL01", "NEWC01"
COMPANIES = {KNOWN: "Harbour Tea Rooms", ON_ACCOUNT: "Mill Stores", NEW: "The New Canteen"}
"""Customer code → name of the businesses that the ERP knows."""

TERMS = 30
"""Days until a business pays what it bought on account."""
