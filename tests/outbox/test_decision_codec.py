"""Decisions come back as they were made, and what is made of them again has the same text."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args, get_origin, get_type_hints

import examples
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outbox.test_codec import DOCUMENTS, MESSAGES

from khaossync.domain.decision import Preparation, Prepared, Routed, Routing
from khaossync.domain.difference import canonical
from khaossync.domain.documents import Document, Kind
from khaossync.domain.knowledge import Knowledge
from khaossync.domain.messages import NewMessage, Payload, Verdict, Withdraw
from khaossync.domain.plan import Plan
from khaossync.domain.preparation import Ready
from khaossync.outbox import decision_codec as codec

AT = examples.NOON.replace(microsecond=7)
SOME = settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def few(hint: Any) -> st.SearchStrategy[Any]:
    """At most one entry of a mapping: whole catalogues would only take long."""
    if get_origin(hint) is not Mapping:
        return st.from_type(hint)
    key, one = get_args(hint)
    return st.dictionaries(st.from_type(key), st.from_type(one), max_size=1)


KNOWN = st.builds(Knowledge, **{name: few(hint) for name, hint in get_type_hints(Knowledge).items()})


def routing(documents: tuple[Document, ...], known: Knowledge, made: tuple[Routed, ...]) -> Routing:
    return Routing("khaos", "stock", AT, documents, known, made)


def again(decision: Routing | Preparation) -> tuple[Routing | Preparation, list[str]]:
    sort, of = ("routing", "khaos") if isinstance(decision, Routing) else ("preparation", "khaos")
    loaded, made = codec.load(sort, of, codec.dump(decision))
    return loaded, [canonical(one) for one in made]


def texts(decision: Routing | Preparation) -> list[str]:
    pairs = zip(decision.made, decision.bodies, strict=True)
    return [canonical(codec.plain_outcome(one, body)) for one, body in pairs]


@pytest.mark.parametrize("kind", DOCUMENTS)
@SOME
@given(data=st.data())
def test_a_routing_survives(kind: Kind, data: st.DataObject) -> None:
    document = examples.document("khaos", kind, data.draw(st.text()), data.draw(st.from_type(DOCUMENTS[kind])), raw="")
    known, plan = data.draw(KNOWN), data.draw(st.from_type(Plan))
    decision = routing((document,), known, (plan,))
    loaded, made = again(decision)
    assert loaded == replace(decision, made=())
    assert made == texts(decision)


@pytest.mark.parametrize("kind", MESSAGES)
@SOME
@given(data=st.data())
def test_a_preparation_survives(kind: Kind, data: st.DataObject) -> None:
    message = replace(examples.message(kind, data.draw(st.from_type(MESSAGES[kind]))), doubt=True, failures=3)
    look = examples.document("shop", Kind.ORDER, "k", examples.order(), raw="")
    made: tuple[Prepared, ...] = (data.draw(st.one_of([st.from_type(one) for one in (Ready, *get_args(Verdict))])),)
    decision = Preparation("khaos", kind, AT, (message,), (look,), Knowledge(), True, made)
    loaded, told = again(decision)
    assert loaded == replace(decision, made=())
    assert told == texts(decision)


@pytest.mark.parametrize("shape", [*get_args(Payload), *get_args(Verdict)], ids=lambda shape: shape.__name__)
@SOME
@given(data=st.data())
def test_no_two_outcomes_have_the_same_text(shape: type, data: st.DataObject) -> None:
    """A replay that could not tell them apart would find everything equal."""
    one, other = data.draw(st.from_type(shape)), data.draw(st.from_type(shape))
    if shape in get_args(Payload):
        one, other = Ready(one), Ready(other)
    told = [canonical(codec.plain_outcome(each, None)) for each in (one, other)]
    assert (repr(one) == repr(other)) <= (told[0] == told[1])
    assert (told[0] == told[1]) <= (one == other)


def test_a_body_that_a_rule_changed_is_told_and_the_own_one_is_not() -> None:
    order = examples.order()
    asked = Plan((NewMessage("khaos", Kind.ORDER, order.key, "1", "shop", order),))
    own, other = codec.plain_outcome(asked, order), codec.plain_outcome(asked, examples.order())
    assert "bodies" not in own
    assert other["bodies"][0]["number"] == "#1001"


def test_half_an_emoji_and_a_nul_survive() -> None:
    body = replace(examples.stock_item(), description="half \ud83d and \x00")
    decision = routing((examples.document("khaos", Kind.STOCK_ITEM, "MUG", body, raw=""),), Knowledge(), (Plan(),))
    loaded, _ = again(decision)
    assert loaded == replace(decision, made=())


def test_the_last_digit_of_an_amount_counts() -> None:
    texts = {canonical(codec.plain_outcome(Withdraw(why), None)) for why in ("1.0", "1.00")}
    assert len(texts) == 2
    levels = (examples.stock_level("1.0"), examples.stock_level("1.00"))
    told = [codec.plain_document(examples.document("khaos", Kind.STOCK_LEVEL, "MUG", one)) for one in levels]
    assert told[0] != told[1]
    assert told[1]["body"]["available"] == {"1": "1.00"}


def test_raw_texts_are_not_in_it() -> None:
    document = examples.document("khaos", Kind.STOCK_ITEM, "MUG", examples.stock_item(), raw="the raw text")
    assert b"the raw text" not in zlib.decompress(codec.dump(routing((document,), Knowledge(), (Plan(),))))


@pytest.mark.parametrize("field", ["documents", "known", "at", "made"])
def test_what_another_release_wrote_otherwise_is_a_value_error(field: str) -> None:
    document = examples.document("khaos", Kind.STOCK_ITEM, "MUG", examples.stock_item())
    told = json.loads(zlib.decompress(codec.dump(routing((document,), Knowledge(), (Plan(),)))))
    del told[field]
    with pytest.raises(ValueError, match=field):
        codec.load("routing", "khaos", zlib.compress(json.dumps(told).encode()))
    with pytest.raises(ValueError, match="header"):
        codec.load("routing", "khaos", b"nonsense")


@pytest.mark.parametrize("told", ["[]", "7", '{"at": "2026-01-01T00:00:00Z", "known": []}', '{"at": 7, "known": {}}'])
@pytest.mark.parametrize("sort", ["routing", "preparation"])
def test_what_is_no_decision_at_all_is_a_value_error_too(sort: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"no {sort} of this release's shape"):
        codec.load(sort, "khaos", zlib.compress(told.encode()))


def test_a_page_of_stock_takes_little() -> None:
    """Some hundred thousand of them a day: a document and what came of it cost less than a hundred bytes."""
    codes = [f"SKU-{number:05}" for number in range(500)]
    documents = tuple(
        examples.document("khaos", Kind.STOCK_LEVEL, code, examples.stock_level(str(Decimal(number * 7919 % 97)), code))
        for number, code in enumerate(codes)
    )
    known = Knowledge(
        stock_items={("khaos", code): examples.stock_item(code) for code in codes},
        listings={("shop", code): examples.listing(code) for code in codes},
    )
    made: tuple[Routed, ...] = tuple(Plan() for _ in codes)
    assert len(codec.dump(routing(documents, known, made))) < 100 * len(codes)
