"""Canaries in every text of every webhook that Shopify has published: its body is never data, and never logged."""

import json
from pathlib import Path

from channels.khaosws.service import NoMeter
from fuzz.canaries import everywhere, leaked
from fuzz.test_webhooks import BODY, HOOKS, headers
from outbox.stories import query
from structlog.testing import capture_logs

from khaossync.loops.hints import Hints
from khaossync.loops.listen import Listen
from khaossync.outbox import PostgresOutbox
from khaossync.ports import Connector

SAMPLES = Path(__file__).resolve().parents[2] / "../shared/samples/shopify"


class Silent:
    """Nobody is asked."""

    async def ping(self) -> None: ...

    async def check(self) -> tuple[()]:
        return ()


def deliveries() -> list[tuple[str, bytes]]:
    """(topic, body) of a made-up webhook, and of every published one where they are at hand."""
    published = [
        (path.stem.removeprefix("webhook_2026-07_").replace("_", "/", 1), json.loads(path.read_text()))
        for path in sorted(SAMPLES.glob("webhook_*.json"))
    ]
    made = [("orders/create", json.loads(BODY) | {"email": "", "customer": {"first_name": ""}, "note": ""})]
    return [(topic, json.dumps(everywhere(body)).encode()) for topic, body in [*made, *published]]


async def test_no_webhook_true_or_forged_leaves_a_person_in_the_log_or_in_what_is_remembered(
    outbox: PostgresOutbox,
) -> None:
    """SHO-21: a hint names a record, and nothing else of it."""
    systems = {"shop": Connector("shop", "shopify", Silent(), hooks=HOOKS)}
    listen = Listen(systems, Hints({}, {}, outbox), outbox, NoMeter())
    with capture_logs() as logs:
        for number, (topic, body) in enumerate(deliveries()):
            told = headers(body, Topic=topic, Webhook_Id=str(number))
            assert await listen.hook("shop", told, body) == 200
            assert await listen.hook("shop", told, body + b" ") == 401
    assert logs
    assert leaked(logs) == []
    remembered = await query(outbox.database, "select source, delivery_id, topic from khaossync.hooks")
    assert remembered
    assert leaked([tuple(row) for row in remembered]) == []
