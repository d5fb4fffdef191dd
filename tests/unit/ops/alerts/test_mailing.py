"""Messages by e-mail: encrypted, to every mailbox that is taken, and such that no robot answers."""

import ssl
from dataclasses import replace
from email import policy
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import structlog
from unit.ops.alerts.postmaster import Postmaster, at_work
from unit.ops.alerts.tellings import NEWS, NOON, TEST

from khaossync.domain.errors import ConfigError, TransientError
from khaossync.ops.alerts.mailing import Mail, letter
from khaossync.ops.alerts.policy import Notice, Stage
from khaossync.ops.alerts.wording import Telling, text

TLS = Path(__file__).resolve().parents[3] / "channels" / "khaosws" / "tls"
SERVER, OTHER = TLS / "server.pem", TLS / "other.pem"
LOGIN = ("khaossync", "hunter22")
TO = ("ops@example.org", "accounts@example.org")


def serving() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SERVER)
    return context


def mail(postmaster: Postmaster, **changes: Any) -> Mail:
    base = Mail("alerts.finance", "127.0.0.1", postmaster.port, "starttls", "khaossync@example.org", TO, ca_file=SERVER)
    return replace(base, **changes)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_letter_goes_encrypted_and_with_a_login(security: str) -> None:
    async with at_work(Postmaster(serving(), LOGIN, starttls=security == "starttls")) as post:
        await mail(post, security=security, username=LOGIN[0], password=LOGIN[1]).send(NEWS)
    [(mailboxes, taken)] = post.letters
    assert mailboxes == list(TO)
    assert taken.get_content().replace("\r\n", "\n").strip() == text(NEWS)
    assert ("STARTTLS" in post.words) == (security == "starttls")
    assert post.words.index("AUTH") > post.words.index("EHLO")


async def test_a_server_on_this_machine_needs_neither() -> None:
    async with at_work(Postmaster()) as post:
        await mail(post, security="none", ca_file=None).send(TEST)
    assert len(post.letters) == 1


async def test_a_server_that_cannot_prove_itself_gets_nothing() -> None:
    async with at_work(Postmaster(serving(), LOGIN)) as post:
        with pytest.raises(TransientError, match="did not take it"):
            await mail(post, ca_file=OTHER, username=LOGIN[0], password=LOGIN[1]).send(NEWS)
    assert "AUTH" not in post.words


async def test_a_server_that_offers_no_encryption_gets_neither_letter_nor_password() -> None:
    async with at_work(Postmaster(None, LOGIN)) as post:
        with pytest.raises(TransientError):
            await mail(post, username=LOGIN[0], password=LOGIN[1]).send(NEWS)
    assert not {"AUTH", "DATA"} & {*post.words}


async def test_a_refused_login_is_told_without_the_servers_words() -> None:
    async with at_work(Postmaster(serving(), LOGIN)) as post:
        with pytest.raises(TransientError, match="SMTPAuthenticationError 535") as error:
            await mail(post, username=LOGIN[0], password="wrong").send(NEWS)
    assert "wren" not in str(error.value)
    assert "wrong" not in str(error.value)


async def test_one_mailbox_that_is_refused_keeps_no_other_from_its_letter() -> None:
    """Sent again for its sake, the others would have it twice."""
    with structlog.testing.capture_logs() as log:
        async with at_work(Postmaster(serving(), refused=TO[:1])) as post:
            await mail(post).send(NEWS)
    assert post.letters[0][0] == [TO[1]]
    [told] = [line for line in log if line["event"] == "alert_mailbox_refused"]
    assert (told["refused"], told["of"]) == (1, 2)


async def test_nothing_is_sent_when_every_mailbox_is_refused_or_nobody_answers() -> None:
    async with at_work(Postmaster(serving(), refused=TO)) as post:
        with pytest.raises(TransientError, match="SMTPRecipientsRefused"):
            await mail(post).send(NEWS)
    with pytest.raises(TransientError, match="did not take it"):
        await mail(post).send(NEWS)


async def test_a_file_of_authorities_that_is_none_is_told_as_such() -> None:
    with pytest.raises(ConfigError, match=r"ca_file .*mailing.py is not a readable PEM file"):
        await mail(Postmaster(), ca_file=Path(__file__)).send(NEWS)


def test_a_letter_is_marked_as_automatic_and_the_same_message_has_the_same_id() -> None:
    one = letter(NEWS, "khaossync@example.org", TO)
    assert one["Auto-Submitted"] == "auto-generated"
    assert one["Message-ID"] == f"<{NEWS.id}@example.org>"
    assert parsedate_to_datetime(one["Date"]) == NOON
    assert one["To"] == "ops@example.org, accounts@example.org"


def test_no_foreign_text_makes_a_header_of_its_own() -> None:
    """Titles and names are ours; should one ever hold a line's end, the letter is refused, not forged."""
    forged = replace(NEWS.notices[0].matter, about="shop\r\nBcc: wren@example.com")
    with pytest.raises(ValueError, match="linefeed"):
        letter(Telling("here", NOON, [Notice(Stage.NEW, forged, 1)]), "khaossync@example.org", TO)


def test_a_subject_is_of_bounded_length_and_may_hold_any_sign() -> None:
    long = replace(NEWS.notices[0].matter, title="Ü×" * 200)
    one = letter(Telling("here", NOON, [Notice(Stage.NEW, long, 1)]), "khaossync@example.org", TO)
    assert len(one["Subject"]) <= 150
    assert b"=?utf-8?" in one.as_bytes(policy=policy.SMTP)
