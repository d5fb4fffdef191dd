"""What every taker of webhooks owes: a hint for the genuine, nothing for the irrelevant, no belief in the forged."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

import pytest
from contract.world import Mailroom, Post, World

from khaossync.domain.errors import ForgedError
from khaossync.ports import Hint


async def receive(mailroom: Mailroom[World], post: Post) -> Hint | None:
    async with mailroom.world.connected() as connector:
        assert connector.hooks is not None
        return connector.hooks.receive(post.headers, post.body)


async def test_a_genuine_webhook_wakes_its_stream(mailroom: Mailroom[World]) -> None:
    post = await mailroom.genuine()
    hint = await receive(mailroom, post)
    assert hint is not None
    assert hint.stream == post.stream
    assert hint.stream in mailroom.world.STREAMS
    assert hint.delivery_id
    assert hint.topic


async def test_a_repeated_webhook_is_known_by_its_delivery(mailroom: Mailroom[World]) -> None:
    post = await mailroom.genuine()
    first, second = await receive(mailroom, post), await receive(mailroom, post)
    assert first == second


async def test_headers_are_read_whatever_their_case(mailroom: Mailroom[World]) -> None:
    post = await mailroom.genuine()
    small = replace(post, headers={name.lower(): value for name, value in post.headers.items()})
    assert await receive(mailroom, small) == await receive(mailroom, post)


async def test_a_topic_that_wakes_nothing_is_no_hint(mailroom: Mailroom[World]) -> None:
    assert await receive(mailroom, await mailroom.irrelevant()) is None


@pytest.mark.parametrize("signature", ["", "AAAA", "grün", "\udcff\udcfe", "\u2028", "0" * 64])
async def test_a_signature_that_proves_nothing_is_forged(mailroom: Mailroom[World], signature: str) -> None:
    """Whatever bytes somebody put there, they end in a refusal and never in a crash."""
    post = await mailroom.genuine()
    with pytest.raises(ForgedError):
        await receive(mailroom, replace(post, headers=_signed(mailroom, post.headers, signature)))


async def test_a_webhook_without_a_signature_is_forged(mailroom: Mailroom[World]) -> None:
    post = await mailroom.genuine()
    kept = {name: value for name, value in post.headers.items() if name.lower() != mailroom.SIGNATURE.lower()}
    assert len(kept) < len(post.headers)
    with pytest.raises(ForgedError):
        await receive(mailroom, replace(post, headers=kept))


async def test_a_webhook_whose_body_was_touched_is_forged(mailroom: Mailroom[World]) -> None:
    post = await mailroom.genuine()
    for body in (post.body + b" ", post.body[:-1], b""):
        with pytest.raises(ForgedError):
            await receive(mailroom, replace(post, body=body))


async def test_a_body_that_is_no_json_never_crashes_the_listener(mailroom: Mailroom[World]) -> None:
    post = await mailroom.genuine()
    with suppress(ForgedError):
        assert await receive(mailroom, replace(post, body=b"\xff\x00{")) is None


def _signed(mailroom: Mailroom[World], headers: Mapping[str, str], signature: str) -> Mapping[str, str]:
    return {name: signature if name.lower() == mailroom.SIGNATURE.lower() else value for name, value in headers.items()}
