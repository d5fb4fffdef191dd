"""Canaries: whatever is stuffed into a log line, no secret and no e-mail address comes out."""

import json
import re
import time
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from khaossync.ops.redaction import MASK, Redaction, smells

from .conftest import LogFile

log = structlog.get_logger()
SECRET = 'pa/ss wörd&<"it\'s">%'
SAMPLES = Path(__file__).resolve().parents[3] / "../shared/samples"


class Pair(NamedTuple):
    name: str


@dataclass(frozen=True)
class Person:
    name: str
    email: str


@pytest.mark.parametrize(
    "text",
    [
        "postgres://khaos:CANARY@db.example/x",
        "postgres://khaos:CAN@NARY/CANARY@db/x",
        "Authorization: Bearer CANARY.x-y_z",
        "{'Authorization': 'Basic CANARYQ=='}",
        "authorization=OAuth oauth_token=CANARY, oauth_signature=CANARY",
        '{"Authorization": "Digest CANARY CANARY"}',
        "bearer CANARYCANARY was refused",
        "token shpat_CANARY0123456789abcdef0123456789",
        "shpss_CANARY0 and shpca_CANARY1",
        "eyJhbGciOiJIUzI1NiJ9.eyJCANARYiOiJ4In0.CANARYsig-_",
        "GET /x?access_token=CANARY&page=2",
        '{"password": "CANARY with spaces", "x": 1}',
        '"{\\"client_secret\\": \\"CANARY\\"}"',
        "Settings(api_key='CANARY', page=2)",
        "<Password>CANARY</Password>",
        "host=db password=CANARY dbname=x",
        "Key (email)=(canary@example.com) already exists",
        "?email=canary%40example.co.uk&x",
        'From: "Canary Bird" <canary.bird+tag@mail.example.com>, "canary nest"@example.com',
        "canäry@exämple.com",
    ],
)
def test_what_looks_like_a_secret_or_an_address_is_masked(text: str) -> None:
    clean = Redaction(()).text(text)
    assert MASK in clean
    for word in ("canary@", "canary%40", "canäry", "canary nest", "canary.bird", "CANARY"):
        assert word not in clean


@pytest.mark.parametrize(
    "text",
    [
        "shop: orders was answered with HTTP 401: check the credentials and their permissions",
        "http://127.0.0.1:8080/healthz",
        "SKU-1@gid://shopify/Location/123",
        "limiter tokens=40 of 1000",
        "basic auth is off",
        "the bearer token was refused",
        "2026-11-20T12:00:00Z shop:1001 WEB1001 A4@London",
    ],
)
def test_what_an_operator_needs_is_left_alone(text: str) -> None:
    assert Redaction(("another-secret",)).text(text) == text


@pytest.mark.parametrize(
    "key",
    re.findall(
        "[^ ]+",
        "token access_token accessToken X-Shopify-Access-Token API_TOKEN apitoken password dbPassword client_secret "
        "secrets Authorization dsn database_dsn api_key apiKey consumer_key Set-Cookie X-Shopify-Hmac email phone "
        "customerEmail firstName last_name address1 zip shipping_address",
    ),
)
def test_a_key_that_smells_hides_its_value(key: str) -> None:
    assert Redaction(()).mapping({"deep": [{key: "CANARY"}, {key: ["CANARY"]}, {key: 12345}]}) == {
        "deep": [{key: MASK}] * 3
    }


@pytest.mark.parametrize(
    "key",
    ["tokens", "key", "version", "event", "capacity", "address_does_not_fit", "stock_code", "name", "url", "line"],
)
def test_a_key_that_does_not_smell_shows_its_value(key: str) -> None:
    assert not smells(key)


def test_whether_a_secret_is_set_may_be_told() -> None:
    assert Redaction(()).mapping({"token": None, "has_secret": True}) == {"token": None, "has_secret": True}


def test_a_configured_secret_is_masked_in_every_spelling(log_to_memory: LogFile) -> None:
    written = log_to_memory(SECRET)
    spellings = [SECRET, quote(SECRET), quote(SECRET, safe=""), quote_plus(SECRET), escape(SECRET), repr(SECRET)]
    spellings += [json.dumps(SECRET), json.dumps(SECRET, ensure_ascii=False), b64encode(SECRET.encode()).decode()]
    log.info("x", spellings=spellings, nested={"a": [{SECRET: (SECRET,)}]})
    (line,) = written.lines()
    assert all(spelling.strip("'\"") == MASK for spelling in line["spellings"])
    assert line["nested"] == {"a": [{MASK: [MASK]}]}


def test_a_secret_that_contains_another_one_goes_whole() -> None:
    assert Redaction(("hunter", "hunter22")).text("x hunter22 y hunter z") == "x *** y *** z"


def test_a_secret_too_short_to_mask_does_not_ruin_the_log() -> None:
    assert Redaction(("a", " ", "")).text("a banana") == "a banana"


def test_objects_are_named_and_never_dumped(log_to_memory: LogFile) -> None:
    written = log_to_memory()
    person = Person("Canary", "canary@example.com")
    log.info(
        "x",
        person=person,
        people=[person, Pair("canary")],
        by_person={person: 1},
        raw=b"canary",
        hidden=SecretStr("canary"),
        it=iter("canary"),
    )
    assert written.lines()[0]["person"] == "<Person>"
    assert "anary" not in written.text()


def test_an_exceptions_text_and_causes_and_notes_are_masked(log_to_memory: LogFile) -> None:
    written = log_to_memory("hunter22")
    try:
        try:
            raise ValueError("canary@example.com")
        except ValueError as error:
            error.add_note("note with hunter22")
            raise ExceptionGroup("Bearer CANARY", [OSError("postgres://u:CANARY@h/x"), error]) from error
    except ExceptionGroup:
        log.exception("broke")
    text = written.text()
    assert text.count(MASK) == 4
    assert "hunter22" not in text
    assert "canary" not in text.lower()


@given(secret=st.text(min_size=4).map(str.strip).filter(lambda s: len(s) >= 4 and MASK not in s), around=st.text())
def test_no_text_around_it_lets_a_secret_through(secret: str, around: str) -> None:
    redaction = Redaction((secret,))
    clean = redaction.text(f"{around}{secret}{around}")
    assert secret not in clean.replace(MASK, "\0")


@given(st.emails())
def test_no_ordinary_address_gets_through(address: str) -> None:
    assert address not in Redaction(()).text(f"for {address}, please")


def test_a_long_text_is_cut_and_what_the_cut_tears_goes_with_it() -> None:
    for offset in range(0, 40):
        text = "x" * (16_384 - 20 - offset) + " canary.bird@example.com hunter22-hunter22 " + "y" * 100_000
        clean = Redaction(("hunter22-hunter22",)).text(text)
        assert len(clean) < 16_400
        assert clean.endswith("…")
        assert "canary" not in clean
        assert "hunter" not in clean


@pytest.mark.parametrize("evil", ["a@", "://a:", "eyJ", "token", '"', "\\", "basic ", "token ", "a" * 65])
def test_no_text_takes_long_to_clean(evil: str) -> None:
    redaction, text = Redaction(("hunter22",)), evil * (200_000 // len(evil)) + "@token=://eyJ"
    began = time.process_time()
    redaction.text(text)
    assert time.process_time() - began < 0.5  # an expression that runs wild takes minutes


def test_an_ordinary_line_costs_microseconds() -> None:
    redaction = Redaction(f"secret-number-{n}" for n in range(20))
    fields = {"event": "request", "system": "shop", "operation": "orders", "outcome": "ok", "seconds": 0.12}
    began = time.process_time()
    for _ in range(2_000):
        redaction.mapping(fields)
    assert time.process_time() - began < 2_000 * 200e-6  # about 10 µs each on a quiet machine


def _strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return {text for item in value.values() for text in _strings(item)}
    if isinstance(value, list):
        return {text for item in value for text in _strings(item)}
    return {value} if isinstance(value, str) and "@" in value and "." in value.partition("@")[2] else set()


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the published samples are not beside this checkout")
def test_no_address_of_any_published_sample_gets_through(log_to_memory: LogFile) -> None:
    seen = 0
    for path in sorted(SAMPLES.rglob("*.json")):
        try:
            payload = json.loads(path.read_text())
        except ValueError:
            continue
        addresses = {text for text in _strings(payload) if " " not in text and "://" not in text}
        written = log_to_memory()
        log.info("sample", payload=payload, text=path.read_text())
        seen += len(addresses)
        assert [address for address in addresses if address in written.text()] == []
    assert seen > 10
