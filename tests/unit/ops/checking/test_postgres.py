"""What a PostgreSQL must be like for the outbox's promises."""

from dataclasses import replace
from typing import Any

import pytest
from examples import NOON

from khaossync.domain.findings import Finding, Severity
from khaossync.ops.checking.postgres import postgres
from khaossync.outbox import Examination

GOOD = Examination(
    version=160003,
    version_name="16.3",
    role="sync",
    superuser=False,
    now=NOON,
    standby=False,
    encrypted=True,
    relayed=False,
    may_create=True,
    foreign_tables=0,
    connections=97,
    role_connections=-1,
    others=10,
    settings={
        "autovacuum": "on",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "server_encoding": "UTF8",
        "statement_timeout": "0",
        "idle_in_transaction_session_timeout": "0",
    },
)


def judged(found: Examination, **where: Any) -> list[Finding]:
    told = {"pool_size": 8, "local": False, "pooled": False, "private": False} | where
    return [one for one in postgres(found, **told) if one.severity is not Severity.OK]


def test_a_good_server_has_nothing_to_complain_about() -> None:
    assert judged(GOOD) == []


@pytest.mark.parametrize(
    ("changes", "subject", "severity", "word"),
    [
        ({"version": 140012}, "version", Severity.FAIL, "15"),
        ({"standby": True}, "role", Severity.FAIL, "primary"),
        ({"may_create": False}, "role", Severity.FAIL, "grant create"),
        ({"foreign_tables": 3}, "role", Severity.FAIL, "owner to"),
        ({"superuser": True}, "role", Severity.WARN, "role of its own"),
        ({"encrypted": False}, "encryption", Severity.WARN, "verify-full"),
        ({"relayed": True}, "pooler", Severity.WARN, "direct_dsn"),
        ({"others": 88}, "connections", Severity.FAIL, "pool_size"),
        ({"role_connections": 9}, "connections", Severity.FAIL, "the role's limit"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_do(
    changes: dict[str, Any], subject: str, severity: Severity, word: str
) -> None:
    """ADB-12."""
    (bad,) = judged(replace(GOOD, **changes))
    assert (bad.subject, bad.severity) == (subject, severity)
    assert word in bad.remedy


@pytest.mark.parametrize(
    ("setting", "value", "severity"),
    [
        ("fsync", "off", Severity.FAIL),
        ("synchronous_commit", "off", Severity.FAIL),
        ("full_page_writes", "off", Severity.WARN),
        ("autovacuum", "off", Severity.WARN),
        ("statement_timeout", "30000", Severity.WARN),
        ("idle_in_transaction_session_timeout", "5000", Severity.WARN),
        ("idle_session_timeout", "1000", Severity.WARN),
    ],
)
def test_settings_that_break_a_promise_or_cut_us_off_are_found(setting: str, value: str, severity: Severity) -> None:
    (bad,) = judged(replace(GOOD, settings={**GOOD.settings, setting: value}))
    assert (bad.subject, bad.severity) == (setting, severity)


def test_a_limit_that_is_long_enough_cuts_nothing() -> None:
    assert judged(replace(GOOD, settings={**GOOD.settings, "statement_timeout": "120000"})) == []


def test_an_encoding_that_cannot_hold_every_name_is_found() -> None:
    (bad,) = judged(replace(GOOD, settings={**GOOD.settings, "server_encoding": "LATIN1"}))
    assert (bad.subject, bad.severity) == ("encoding", Severity.FAIL)


def test_a_server_of_our_own_may_know_us_as_superuser() -> None:
    assert judged(replace(GOOD, superuser=True, encrypted=False), private=True, local=True) == []


def test_a_pooler_that_is_configured_is_no_surprise() -> None:
    assert judged(replace(GOOD, relayed=True), pooled=True) == []
