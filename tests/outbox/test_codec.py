"""Bodies come back from the database as they went in, to the last digit."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from khaossync.domain.despatch import Despatch, OrderState
from khaossync.domain.documents import DocumentBody, Kind
from khaossync.domain.links import SentLine
from khaossync.domain.messages import MessageBody
from khaossync.domain.orders import Order
from khaossync.domain.refunds import Refund
from khaossync.domain.stock import ChannelLevel, Listing, StockItem, StockLevel
from khaossync.outbox import codec

TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False, places=4))
st.register_type_strategy(str, TEXT)
st.register_type_strategy(
    datetime,
    st.datetimes(datetime(1980, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)

DOCUMENTS: dict[Kind, type[DocumentBody]] = {
    Kind.ORDER: Order,
    Kind.REFUND: Refund,
    Kind.DESPATCH: Despatch,
    Kind.ORDER_STATE: OrderState,
    Kind.STOCK_ITEM: StockItem,
    Kind.STOCK_LEVEL: StockLevel,
    Kind.LISTING: Listing,
}
MESSAGES: dict[Kind, type[MessageBody]] = {
    Kind.ORDER: Order,
    Kind.CANCELLATION: Order,
    Kind.AMENDMENT: Order,
    Kind.REFUND: Refund,
    Kind.DESPATCH: Despatch,
    Kind.STOCK_LEVEL: ChannelLevel,
}


@pytest.mark.parametrize("kind", DOCUMENTS)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_document_body_survives(kind: Kind, data: st.DataObject) -> None:
    body = data.draw(st.from_type(DOCUMENTS[kind]))
    text = codec.dump_document(kind, body)
    again = codec.load_document(kind, text)
    assert again == body
    assert codec.dump_document(kind, again) == text


@pytest.mark.parametrize("kind", MESSAGES)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_every_message_body_survives(kind: Kind, data: st.DataObject) -> None:
    body = data.draw(st.from_type(MESSAGES[kind]))
    assert codec.load_message(kind, codec.dump_message(kind, body)) == body


@given(lines=st.from_type(tuple[SentLine, ...]))
def test_the_lines_of_a_link_survive(lines: tuple[SentLine, ...]) -> None:
    assert codec.load_lines(codec.dump_lines(lines)) == lines


@given(st.text())
def test_storable_text_can_be_stored(text: str) -> None:
    clean = codec.storable(text)
    assert "\x00" not in clean
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert codec.storable(clean) == clean


@pytest.mark.parametrize("title", ["a\x00b", "a\ud800b", "\\u0000", 'quote " and \\'])
def test_only_what_postgres_cannot_hold_is_replaced(title: str) -> None:
    body = StockItem("MUG", title)
    again = codec.load_document(Kind.STOCK_ITEM, codec.dump_document(Kind.STOCK_ITEM, body))
    assert isinstance(again, StockItem)
    assert again.description == title.replace("\x00", "\ufffd").replace("\ud800", "\ufffd")


def test_a_body_of_another_shape_is_refused_at_the_door() -> None:
    with pytest.raises(TypeError, match="StockItem where Order belongs"):
        codec.dump_message(Kind.ORDER, StockItem("MUG", ""))  # type: ignore[arg-type]  # that is the mistake


def test_text_of_another_release_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="validation error"):
        codec.load_message(Kind.ORDER, '{"unknown": 1}')
