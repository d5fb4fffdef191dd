"""A message says everything in a few words, is never too long, and holds nothing personal whatever a case holds."""

import json
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from unit.ops.alerts.tellings import DOWN, GHOST, NEWS, NOON, TEST

from khaossync.domain.cases import CaseClass
from khaossync.ops.alerts.mailing import letter
from khaossync.ops.alerts.matters import of_cases
from khaossync.ops.alerts.policy import Notice, Stage
from khaossync.ops.alerts.posting import slack, teams, webhook
from khaossync.ops.alerts.wording import AT_LENGTH, LONGEST, Telling, data, headline, text
from khaossync.ops.outward import Outward
from khaossync.ops.redaction import Redaction
from khaossync.outbox.alerting import CaseGroup, Sample

NOWHERE = Outward("alerts.ops", "https://alerts.example.org", False, None)  # type: ignore[arg-type]  # nothing is sent
KEY = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


def test_one_matter_is_the_headline() -> None:
    one = replace(NEWS, notices=NEWS.notices[:1])
    assert headline(one) == "khaossync on here: NEW, URGENT: An ordered SKU has no stock code (shop) ×2"


def test_several_are_counted() -> None:
    assert headline(NEWS) == "khaossync on here: URGENT: 1 new, 1 resolved"


def test_the_text_says_who_what_and_how() -> None:
    assert text(NEWS).splitlines() == [
        "NEW, URGENT: An ordered SKU has no stock code (shop) ×2",
        "  for operations, since 2026-11-20 09:00 UTC",
        "  2 open, the oldest for 3 h",
        "  case 7 (3 h): #1001 shop:5001: skus GHOST & <Co>",
        "  what to do: Create the stock code.",
        "  look: khaossync cases show 7",
        "",
        "RESOLVED, URGENT: khaos cannot be used (khaos)",
        "  it began 2026-11-20 07:00 UTC, 5 h ago; nothing is left to do",
    ]


def test_a_test_says_that_it_is_one() -> None:
    assert "test" in headline(TEST)
    assert "nothing to do" in text(TEST)
    assert data(TEST)["type"] == "khaossync.test"


def test_of_many_matters_the_last_are_told_by_their_heads_and_a_long_text_is_cut() -> None:
    many = Telling("here", NOON, [Notice(Stage.NEW, replace(GHOST, about=f"shop{n}"), 1) for n in range(40)])
    told = text(many)
    assert told.count("what to do") == AT_LENGTH
    assert len(told) < LONGEST + 100
    endless = replace(GHOST, lines=("x" * 9000,))
    assert text(Telling("here", NOON, [Notice(Stage.NEW, endless, 1)])).endswith("khaossync status)")


def test_the_data_holds_every_notice_with_its_id() -> None:
    told = json.loads(orjson.dumps(data(NEWS)))
    [ghost, down] = told["data"]["notices"]
    assert (ghost["stage"], ghost["about"], ghost["what"], ghost["count"]) == ("new", "shop", "unmapped_sku", 2)
    assert (down["stage"], ghost["id"]) == ("resolved", NEWS.notices[0].id)


def test_the_same_notices_are_the_same_message_whenever_it_is_sent() -> None:
    later = replace(NEWS, at=NOON + timedelta(minutes=5))
    assert later.id == NEWS.id
    assert replace(NEWS, notices=NEWS.notices[:1]).id != NEWS.id
    assert replace(TEST, at=NOON + timedelta(minutes=5)).id != TEST.id


EMAIL, NAME, STREET, SECRET = "canary.wren@example.com", "Featherstonehaugh", "77 Birdcage Passage", "shpat_c4nary99"


@pytest.mark.parametrize("case_class", CaseClass)
def test_no_case_tells_anything_personal_by_any_way(case_class: CaseClass) -> None:
    """Canaries in everything that a platform or a customer fills: only the keys of records and figures come through."""
    evidence = {
        "lines": f"MUG × 1 for {NAME}",
        "text": STREET,
        "reason": f"{NAME} of {STREET}",
        "name of the customer": NAME,
        "tracking": STREET,
        "skus": f"GHOST for {EMAIL}",
        "reference": SECRET,
    }
    sample = Sample(7, f"contact {EMAIL}", EMAIL, evidence, NOON)
    matters = of_cases([CaseGroup(case_class, "shop", 1, 1, 7, NOON, [sample])], {}, NOON, Redaction([SECRET]).text)
    telling = Telling("here", NOON, [Notice(Stage.NEW, one, 1) for one in matters])
    shapes = (webhook(NOWHERE, KEY), slack(NOWHERE), teams(NOWHERE))
    bodies = [orjson.dumps(way.shape(telling)).decode() for way in shapes]
    bodies.append(letter(telling, "khaossync@example.org", ["ops@example.org"]).as_string())
    for body in bodies:
        assert "GHOST" in body
        assert [canary for canary in (EMAIL, NAME, STREET, SECRET) if canary in body] == []


def test_what_is_over_is_told_without_the_urgency_it_had() -> None:
    over = Notice(Stage.RESOLVED, replace(DOWN, urgent=False), 1)
    assert headline(Telling("here", NOON, [over])) == "khaossync on here: RESOLVED: khaos cannot be used (khaos)"
