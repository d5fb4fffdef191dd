"""What the shop sells: simple, virtual, configurable, bundle and grouped products, and their custom options."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from khaossync.sandbox.adobe.money import NOTHING
from khaossync.sandbox.adobe.taxes import Rate


@dataclass(frozen=True)
class CustomValue:
    """One choice of a custom option. Its SKU, if it has one, is appended to the item's when chosen."""

    title: str
    price: Decimal = NOTHING
    sku: str = ""


@dataclass(frozen=True)
class CustomOption:
    """Something a shopper tells of a product. With `values` one (or, if `multiple`, some) of them, else free text."""

    title: str
    values: Sequence[CustomValue] = ()
    price: Decimal = NOTHING
    sku: str = ""
    multiple: bool = False

    @property
    def type(self) -> str:
        """Magento's name of the kind of option."""
        if not self.values:
            return "field"
        return "multiple" if self.multiple else "drop_down"


@dataclass(frozen=True)
class Choice:
    """A position of a basket with custom options: title → what was chosen or written."""

    sku: str
    units: int
    options: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class OptionRecord:
    """A custom option as the shop keeps it, with the ids of its values."""

    number: int
    told: CustomOption
    values: dict[int, CustomValue] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Product:
    """One product. `parts` are SKU → units of a bundle or grouped product; `parent` is a variant's configurable."""

    number: int
    sku: str
    title: str
    type: str
    price: Decimal
    rates: tuple[Rate, ...]
    created_at: datetime
    updated_at: datetime
    store_percent: Decimal | None = None
    parts: Mapping[str, int] = field(default_factory=dict)
    part_options: dict[str, int] = field(default_factory=dict)
    dynamic: bool = True
    ships_together: bool = True
    parent: "Product | None" = None
    variants: list["Product"] = field(default_factory=list)
    attribute_value: int = 0
    options: list[OptionRecord] = field(default_factory=list)
    backorders: bool = False
    weight: Decimal = Decimal(1)
    enabled: bool = True

    @property
    def is_virtual(self) -> bool:
        """Whether nothing of it is sent."""
        return self.type == "virtual"


class Catalogue:
    """All products, by SKU and by number. A SKU belongs to one product; upper and lower case are the same."""

    def __init__(self) -> None:
        self.by_number: dict[int, Product] = {}
        self._by_sku: dict[str, Product] = {}

    def add(self, product: Product) -> None:
        """List a product, or list it anew under the SKU it has."""
        self.by_number[product.number] = self._by_sku[product.sku.casefold()] = product

    def find(self, sku: str) -> Product | None:
        """The product of a SKU."""
        return self._by_sku.get(sku.casefold())

    def sold_as(self, sku: str) -> Product:
        """The product of a SKU. Raises KeyError."""
        return self._by_sku[sku.casefold()]
