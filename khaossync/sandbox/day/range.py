"""What the simulated merchant sells: the same goods under the shop's SKUs and the ERP's stock codes."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Product:
    """One article. `stock` is units per ERP site; an empty `stock_code` means that the ERP does not know it."""

    sku: str
    stock_code: str
    title: str
    price: Decimal
    vat: Decimal
    stock: dict[str, int]
    pack: tuple[tuple[str, int], ...] = ()


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


RANGE: tuple[Product, ...] = (
    *_tees(),
    *_books(),
    Product("MUG", "MUG", "Stoneware mug", Decimal("9.95"), STANDARD, {"1": 300, "2": 60}),
    Product("TEA", "TEA", "Breakfast tea", Decimal("4.75"), ZERO, {"1": 400}),
    Product("SAUCER", "SAUCER", "Saucer", Decimal("5.50"), STANDARD, {"1": 200}),
    Product("SEAT", "SEAT", "Child seat", Decimal("89.00"), REDUCED, {"1": 60}),
)

GIFT_SET = Product(
    "GIFT-SET", "GIFT-SET", "Mug and saucer", Decimal("14.00"), STANDARD, {"1": 40}, (("MUG", 1), ("SAUCER", 1))
)
"""A pack in the ERP: the shop sells the header, the warehouse despatches its parts."""

GHOST = Product("GHOST", "", "An article that nobody created in the ERP", Decimal("7.00"), STANDARD, {"1": 50})
"""Listed in the shop, unknown to the ERP: its orders must be held, and only they."""

SKU_MAP = {product.sku: product.stock_code for product in RANGE if product.sku != product.stock_code}
"""The [skus] table that the merchant would write."""
