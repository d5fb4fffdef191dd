"""Recorded and published answers map to the penny, or become a case that says why."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from channels.adobe.adobe_shop import SAMPLES, SETTINGS, Anything, adds_up
from contract.world import NAME
from examples import rules

from khaossync.channels.adobe.documents import Harvest, order_document, refund_document
from khaossync.channels.adobe.fields import MalformedError, Node
from khaossync.channels.adobe.legacy_stock import shown
from khaossync.channels.adobe.listing_mapping import is_sold
from khaossync.channels.adobe.options import read_options
from khaossync.channels.adobe.shelves import shelf_of
from khaossync.channels.adobe.shipping import read_shipment
from khaossync.domain.composition import compose
from khaossync.domain.documents import Kind
from khaossync.domain.orders import Order, PaymentState
from khaossync.domain.refunds import Refund

pytestmark = pytest.mark.skipif(not SAMPLES.exists(), reason="the published samples are not here")

D = Decimal
RULES = rules(channel=NAME, currencies=frozenset({"USD"}), default_courier="RM48", tax_codes={D("0.0825"): 1, D(0): 2})


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text(), parse_float=Decimal)


def order(name: str) -> Order:
    body = order_document({"order": sample(name), "creditmemos": [], "products": []}, NAME, SETTINGS).body
    assert isinstance(body, Order)
    return body


@pytest.mark.parametrize("name", ["oca_order_11", "oca_order_12"])
def test_a_recorded_order_adds_up_and_goes_to_the_erp(name: str) -> None:
    told, found = sample(name), order(name)
    assert adds_up(found)
    assert (found.total, found.tax) == (told["grand_total"], told["tax_amount"])
    assert compose(found, RULES, Anything()).totals.gross == found.total


def test_the_recorded_row_total_has_its_discount_off() -> None:
    hoodie, dress = order("oca_order_11").lines
    for line, net, tax in ((hoodie, "55.20", "4.55"), (dress, "179.20", "14.79")):
        off = sum(each.amount for each in line.discounts)
        assert line.unit_price * line.quantity - off == D(net) + D(tax)


def test_a_recorded_order_is_told_with_its_people_and_payment() -> None:
    found = order("oca_order_11")
    assert found.payment is PaymentState.PENDING, "a cheque that has not come"
    assert found.payments == ()
    assert found.customer.customer_id == "1"
    assert found.shipping is not None
    assert (found.shipping.line1, found.shipping.county, found.shipping.country_code) == (
        "6146 Honey Bluff Parkway",
        "Michigan",
        "US",
    )
    assert [each.method for each in found.deliveries] == ["tablerate_bestway"]


def test_an_order_that_a_status_write_has_emptied_is_unreadable_and_says_why() -> None:
    """What `POST /V1/orders` leaves behind has lost its total."""
    record = {"order": sample("oca_order_12_post_cancel_response"), "creditmemos": [], "products": []}
    harvest = Harvest.of([record], NAME, Kind.ORDER, lambda each: [order_document(each, NAME, SETTINGS)])
    (found,) = harvest.unreadable
    assert harvest.documents == []
    assert "where " in found.reason
    assert found.key.startswith(f"{NAME}:")
    assert found.raw


def test_the_published_credit_memo_gives_back_its_money_once() -> None:
    memo = sample("kb_creditmemo_simple")
    item = {"item_id": 1, "sku": "simple_1", "product_type": "simple", "qty_ordered": 1, "price": 100, "row_total": 100}
    sold = {"entity_id": 1, "increment_id": "000000001", "created_at": "2021-04-05 23:00:00", "items": [item]}
    found = refund_document({"creditmemo": memo, "order": sold}, NAME).body
    assert isinstance(found, Refund)
    assert (found.total, found.delivery, found.adjustment, found.pending) == (D(105), D(5), D(0), False)
    assert [(line.sku, line.quantity, line.amount) for line in found.lines] == [("simple_1", 1, D(100))]


def test_the_published_option_shape_is_a_choice_that_must_be_mapped() -> None:
    item = Node.of(sample("shape_order_item_custom_options"))
    assert (
        read_options(item, "simple", {}, SETTINGS).sku
        == "simple [option 1 option 1; 2 option 2; 3 option 3; 4 option 4]"
    )
    noted = SETTINGS.model_copy(update={"option_notes": ("1", "2", "3", "4")})
    assert read_options(item, "simple", {}, noted).notes[0] == "option 1: Test value"
    assert read_options(item, "simple", {}, noted).sku == "simple"


@pytest.mark.parametrize("name", ["oca_product_bundle_24-WG080", "oca_product_configurable_MH01"])
def test_recorded_products_that_are_made_of_others_are_no_listings(name: str) -> None:
    assert not is_sold(Node.of(sample(name)))


def test_the_published_source_items_are_what_lies_there() -> None:
    told = {"source_items": sample("docs_msi_source_items_search_response")["items"], "salable": []}
    shelf = shelf_of("new_product2", told, SETTINGS.model_copy(update={"locations": ("central", "east")}))
    assert shelf is not None
    assert shelf.shown(["central", "east", "nowhere"]) == {"central": 500, "east": 250}


def test_the_recorded_stock_item_shows_its_quantity() -> None:
    assert shown(Node.of(sample("oca_stockitem_MH09-L-Blue"))) == 30


def test_the_recorded_track_is_recognised_on_a_shipment() -> None:
    track: Mapping[str, Any] = sample("oca_shipment_track_response")
    shipment = read_shipment(Node.of({"entity_id": track["parent_id"], "items": [], "tracks": [track], "comments": []}))
    assert shipment.tracks == {"XYZ"}


def test_amounts_that_are_no_numbers_make_the_order_unreadable() -> None:
    record = {"order": {**sample("oca_order_11"), "grand_total": "much"}, "creditmemos": [], "products": []}
    with pytest.raises(MalformedError, match="grand_total is a text where a number was expected"):
        order_document(record, NAME, SETTINGS)
