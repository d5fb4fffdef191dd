"""Settings that cannot be safe or cannot work are refused, with what to write instead."""

from typing import Any

import pytest
from channels.khaosws.service import settings
from pydantic import ValidationError

from khaossync.erp.khaosws.config import PaymentSettings, Settings

PIN = "AB:" * 31 + "AB"


@pytest.mark.parametrize(
    "url", ["https://h/x/KhaosA.exe", "https://h/x/KhaosA.exe/soap/IKosWeb", "https://h/x/KhaosA.exe/"]
)
def test_the_address_may_be_the_program_or_its_endpoint(url: str) -> None:
    assert settings(url).endpoint == "https://h/x/KhaosA.exe/soap/IKosWeb"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://8.8.8.8/KhaosA.exe", "public address"),
        ("http://khaos.example/KhaosA.exe", "may be anywhere"),
        ("http://0.0.0.0/KhaosA.exe", "public address"),
        ("ftp://127.0.0.1/KhaosA.exe", "must look like"),
        ("https://u:p@h/KhaosA.exe", "neither credentials"),
        ("https://h/KhaosA.exe?x=1", "neither credentials"),
        ("https://[/", "URL"),
    ],
)
@pytest.mark.parametrize("allowed", [True, False])
def test_plain_http_in_public_is_refused_even_when_allowed(url: str, why: str, allowed: bool) -> None:
    with pytest.raises(ValidationError, match=why):
        settings(url, allow_plain_http=allowed)


def test_plain_http_on_the_lan_must_be_asked_for() -> None:
    with pytest.raises(ValidationError, match="allow_plain_http"):
        settings("http://192.168.1.5/KhaosA.exe")
    assert settings("http://192.168.1.5/KhaosA.exe", allow_plain_http=True).url == "http://192.168.1.5/KhaosA.exe"
    assert settings("http://127.0.0.1:8080/KhaosA.exe").url == "http://127.0.0.1:8080/KhaosA.exe"


@pytest.mark.parametrize(
    "wrong",
    [
        {"unheard_of": 1},
        {"fingerprint": "abc"},
        {"fingerprint": PIN, "ca_file": "ca.pem"},
        {"client_key": "key.pem"},
        {"soap_action": "no-placeholder"},
        {"soap_action": "{operation}{more}"},
        {"time_zone": "Europe/Atlantis"},
        {"time_zone": "../etc/passwd"},
        {"overlap": 0},
        {"reference_limit": 51},
        {"reads_in_flight": 0},
        {"sites": [-1]},
        {"sites": [1, 1]},
        {"stock_formula": "guess"},
        {"payments": {"card": {"type": 5}}},
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        settings(**wrong)


def test_certificates_make_no_sense_without_tls() -> None:
    with pytest.raises(ValidationError, match="https"):
        settings("http://127.0.0.1/KhaosA.exe", fingerprint=PIN)


def test_a_fingerprint_may_be_written_with_colons() -> None:
    assert settings(fingerprint=PIN).fingerprint == "ab" * 32


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in repr(settings(username="u", password="hunter2"))


def test_every_setting_says_what_it_is() -> None:
    for model in (Settings, PaymentSettings):
        assert [name for name, field in model.model_fields.items() if not field.description] == []
