"""What staff do to goods and to the shop's configuration."""

from collections.abc import Sequence
from decimal import Decimal

from khaossync.sandbox.shopware import catalogue, furnishing, writing
from khaossync.sandbox.shopware.entities import ENTITIES
from khaossync.sandbox.shopware.lines import product_of
from khaossync.sandbox.shopware.looks import Looks


class Shopkeeping(Looks):
    """Goods with their stock, and the ways to deliver them."""

    def list_product(
        self,
        sku: str,
        title: str,
        price: Decimal,
        stock: int = 0,
        *,
        tax_rate: Decimal = Decimal("0.20"),
        oversell: bool = False,
    ) -> str:
        """Put something up for sale at a gross price. Returns the product's id.

        What may not be oversold is a closeout (`isCloseout`); everything else is sold whatever its stock. Raises
        ValueError for a SKU that there is: Shopware lets no number stand twice.
        """
        listed = catalogue.list_product(self.state, sku, title, price, tax_rate, units=stock, closeout=not oversell)
        return str(listed["id"])

    def list_variant(self, sku: str, parent: str, options: Sequence[tuple[str, str]], stock: int = 0) -> str:
        """Put up a variant of `parent` (a SKU), by (group, option) each. Returns the product's id."""
        return str(catalogue.list_variant(self.state, sku, parent, options, units=stock)["id"])

    def staff_sets(self, sku: str, quantity: int) -> None:
        """Staff (or another app) type in the stock of a SKU."""
        writing.write(self.state, ENTITIES["product"], {"id": product_of(self.state, sku)["id"], "stock": quantity})

    def rename_product(self, sku: str, title: str) -> None:
        """Staff give a product another name."""
        writing.write(self.state, ENTITIES["product"], {"id": product_of(self.state, sku)["id"], "name": title})

    def delete_product(self, sku: str) -> None:
        """Staff delete a product for good; lines that sold it lose their `productId`, not their number."""
        catalogue.delete_product(self.state, sku)

    def add_delivery_method(self, name: str, technical: str | None = None) -> str:
        """Staff set up a delivery method; before 6.7 it may be without a technical name. Returns its id."""
        return str(furnishing.add_shipping_method(self.state, name, technical)["id"])

    def rename_delivery_method(self, name: str, new: str) -> None:
        """Staff give a delivery method another name; its technical name and its id stay."""
        self.state.live.change("shipping_method", furnishing.shipping_method(self.state, name)["id"], name=new)
