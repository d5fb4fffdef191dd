"""Who is told what is validated before the start: a target that could never be reached is refused, with a reason."""

from datetime import timedelta
from decimal import Decimal

import pytest
from toys import VALID, Write

from khaossync.clock import SystemClock
from khaossync.config import load
from khaossync.config.alerting import KINDS
from khaossync.domain.errors import ConfigError
from khaossync.ops.alerts.mailing import Mail
from khaossync.ops.alerts.policy import Wishes
from khaossync.ops.alerts.posting import Post
from khaossync.ops.heartbeats import Flow

KEY = "whsec_" + "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
OPS = f'[alerts.ops]\nkind = "webhook"\nurl = "https://alerts.example.org/x"\nsecret = "{KEY}"\n'
CHAT = '[alerts.chat]\nkind = "slack"\nurl = "https://hooks.example.org/x"\n'
MAIL = '[alerts.mail]\nkind = "email"\nhost = "mail.example.org"\nsender = "k@example.org"\nto = ["a@example.org"]\n'
BEAT = '[heartbeats]\norders = "https://watch.example.org/x"\n'


def test_every_kind_becomes_a_way(write: Write) -> None:
    teams = CHAT.replace("chat", "room").replace("slack", "teams")
    tables = load(write(VALID + OPS + CHAT + teams + MAIL, mode=0o600), environ={}).alerts
    ways = {name: table.way(name, SystemClock()) for name, table in tables.items()}
    assert {name: type(way) for name, way in ways.items()} == {"ops": Post, "chat": Post, "room": Post, "mail": Mail}
    assert {table.kind for table in tables.values()} == set(KINDS)


@pytest.mark.parametrize(
    ("text", "port"),
    [
        ("", 587),
        ('security = "tls"\n', 465),
        ('security = "none"\n', 25),
        ('security = "tls"\nport = 10465\n', 10465),
    ],
)
def test_mail_goes_to_the_usual_port_of_its_security(write: Write, text: str, port: int) -> None:
    table = load(write(VALID + MAIL.replace("mail.example.org", "localhost") + text, mode=0o600), environ={})
    way = table.alerts["mail"].way("mail", SystemClock())
    assert isinstance(way, Mail)
    assert way.port == port


def test_wishes_are_read_with_their_units(write: Write) -> None:
    wishes = 'owners = ["finance"]\nonly_urgent = true\nafter_minutes = 30\ncool_down_minutes = 90\nper_hour = 6\n'
    table = load(write(VALID + CHAT + wishes, mode=0o600), environ={}).alerts["chat"]
    half = timedelta(minutes=30)
    assert table.wishes() == Wishes(frozenset({"finance"}), True, half, 3 * half, 6)


def test_an_owner_that_the_install_names_itself_may_be_told(write: Write) -> None:
    own = VALID + '[owners]\nunmapped_sku = "stock team"\n' + CHAT + 'owners = ["stock team", "platform admin"]\n'
    assert load(write(own, mode=0o600), environ={}).alerts["chat"].owners == ("stock team", "platform admin")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (CHAT + 'owners = ["opperations"]\n', "alerts.chat.owners: opperations owns nothing; known: "),
        (CHAT.replace("slack", "slak"), "alerts.chat: has no known kind; did you mean slack?"),
        (CHAT + "per_our = 3\n", "alerts.chat.per_our: is unknown; did you mean per_hour?"),
        (CHAT + "per_hour = 1\n", "alerts.chat.per_hour: must be at least 2 (The most messages"),
        (CHAT.replace("https:", "http:"), "alerts.chat.url: must begin with https://; for a receiver on this machine"),
        (CHAT.replace("hooks.", "hooks.."), "alerts.chat.url: is no address"),
        (BEAT.replace("watch", "w" * 64), "heartbeats.orders: is no address"),
        (CHAT.replace("https:", "htps:"), "alerts.chat.url: must look like https://host/path"),
        (OPS.replace(KEY, "hunter2"), "alerts.ops.secret: must be whsec_ and 24 to 64 random bytes"),
        (OPS.replace("[alerts.ops]", "[alerts.Ops]"), "alerts.Ops: the name must begin with a to z"),
        (MAIL.replace("a@example.org", "nobody"), "alerts.mail.to.0: does not have the right form"),
        (MAIL.replace('["a@example.org"]', "[]"), "alerts.mail.to: must not be empty"),
        (MAIL + 'security = "none"\n', "alerts.mail.security: must be starttls or tls"),
        (MAIL + 'username = "me"\n', "alerts.mail.password: must be given together with username"),
        (BEAT.replace("https:", "http:"), "heartbeats.orders: must begin with https://"),
        (BEAT + "interval = 1\n", "heartbeats.interval: must be at least 10"),
    ],
)
def test_what_cannot_work_is_told_with_its_place_and_its_cure(write: Write, text: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(write(VALID + text, mode=0o600), environ={})
    assert complaint in str(refused.value)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(("text", "key"), [(CHAT, "alerts.chat.url"), (BEAT, "heartbeats.orders")])
def test_addresses_are_secrets_too(write: Write, text: str, key: str) -> None:
    """Who knows the address of an incoming webhook may post there."""
    with pytest.raises(ConfigError, match=f"{key}: is a secret, and other users have rights to this file"):
        load(write(VALID + text, mode=0o644), environ={})
    assert "https://" in next(iter(load(write(VALID + text, mode=0o600), environ={}).secrets()))


def test_a_flow_without_an_address_has_no_heartbeat(write: Write) -> None:
    assert load(write(VALID), environ={}).heartbeats.urls == {}
    config = load(write(VALID + BEAT, mode=0o600), environ={})
    assert config.heartbeats.urls == {Flow.ORDERS: "https://watch.example.org/x"}
    assert Decimal(config.heartbeats.interval) == 60
