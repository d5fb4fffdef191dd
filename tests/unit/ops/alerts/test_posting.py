"""Messages by HTTP: signed so that a receiver can tell them from forged and repeated ones, and harmless in a chat."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from outbox.stories import HandClock
from unit.ops.alerts.tellings import NEWS, TEST, Place, place

from khaossync.domain.errors import RateLimitedError, TransientError
from khaossync.ops.alerts.posting import key, signed, slack, teams, webhook
from khaossync.ops.outward import Outward

RAW = bytes(range(32))
SECRET = f"whsec_{base64.b64encode(RAW).decode()}"


@pytest_asyncio.fixture(loop_scope="session")
async def there() -> AsyncIterator[Place]:
    async with place() as taking:
        yield taking


def way(there: Place) -> Outward:
    return Outward("alerts.ops", f"{there.url}/hook", True, HandClock())


def is_ours(headers: dict[str, str], body: bytes, now: int) -> bool:
    """What a receiver does, as the specification says: https://www.standardwebhooks.com"""
    content = b".".join((headers["webhook-id"].encode(), headers["webhook-timestamp"].encode(), body))
    mine = base64.b64encode(hmac.new(RAW, content, hashlib.sha256).digest()).decode()
    return abs(now - int(headers["webhook-timestamp"])) <= 300 and f"v1,{mine}" in headers["webhook-signature"].split()


async def test_a_receiver_can_verify_who_sent_it_and_refuse_a_replay(there: Place) -> None:
    await webhook(way(there), SECRET).send(NEWS)
    [(where, headers, body)] = there.requests
    now = int(NEWS.at.timestamp())
    assert where == "POST /hook"
    assert headers["content-type"] == "application/json"
    assert headers["webhook-id"] == NEWS.id
    assert is_ours(headers, body, now)
    assert not is_ours(headers, body.replace(b"GHOST", b"GOST"), now)
    assert not is_ours(headers | {"webhook-id": "another"}, body, now)
    assert not is_ours(headers | {"webhook-timestamp": str(now + 60)}, body, now)
    assert not is_ours(headers, body, now + 301)


def test_the_signature_is_the_one_of_the_specification() -> None:
    """The reference vector of the published verifying libraries."""
    headers = signed(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_dG9vIHNob3J0", "hunter2hunter2hunter2hunter2hunter2", "whsec_*"]
)
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(ValueError, match="openssl rand"):
        key(secret)


async def test_a_chat_gets_text_in_which_nothing_is_a_mention_or_a_link(there: Place) -> None:
    await slack(way(there)).send(NEWS)
    said = json.loads(there.requests[0][2])["text"]
    head, block = said.split("\n", 1)
    assert head == "*khaossync on here: URGENT: 1 new, 1 resolved*"
    assert block.startswith("```\n")
    assert block.endswith("\n```")
    assert "GHOST &amp; &lt;Co&gt;" in block


async def test_teams_gets_a_card_of_runs_of_text(there: Place) -> None:
    await teams(way(there)).send(NEWS)
    message = json.loads(there.requests[0][2])
    [attachment] = message["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    head, *lines = attachment["content"]["body"]
    assert head["text"].startswith("khaossync on here")
    assert {line["type"] for line in lines} == {"RichTextBlock"}
    assert any("GHOST" in line["inlines"][0]["text"] for line in lines)


@pytest.mark.parametrize("make", [slack, teams])
async def test_a_test_message_gets_there_too(there: Place, make: object) -> None:
    await make(way(there)).send(TEST)  # type: ignore[operator]  # both are functions of a way
    assert b"test" in there.requests[0][2]


async def test_a_receiver_that_refuses_is_told_by_its_number_alone(there: Place) -> None:
    """Its answer may hold anything; its address may be a secret."""
    there.status, there.answer = 404, b"no_service for canary.wren@example.com"
    with pytest.raises(TransientError, match=r"alerts.ops: was answered with HTTP 404; look at its url") as error:
        await slack(way(there)).send(NEWS)
    assert "/hook" not in str(error.value)
    assert "wren" not in str(error.value)


async def test_a_receiver_that_wants_a_rest_gets_it(there: Place) -> None:
    there.status, there.headers = 429, {"Retry-After": "120"}
    with pytest.raises(RateLimitedError) as error:
        await slack(way(there)).send(NEWS)
    assert error.value.wait == timedelta(minutes=2)
