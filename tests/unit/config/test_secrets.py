"""ADB-12: secrets stay secret, wherever they were written."""

import pytest
from toys import VALID, Write, complaints

from khaossync.config import load
from khaossync.domain.errors import ConfigError

CANARIES = {
    "KHAOSSYNC_DATABASE__DSN": "postgresql://user:canary%2Fdsn@db.example.org/khaossync",
    "KHAOSSYNC_HTTP__DETAILS_TOKEN": "canary-details",
    "KHAOSSYNC_CHANNEL__SHOP__TOKEN": "canary-token",
    "KHAOSSYNC_CHANNEL__SHOP__HOOK_SECRETS": '["canary-hook"]',
}


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_with_secrets_that_others_may_touch_is_refused_with_the_command_to_run(write: Write, mode: int) -> None:
    path = write(VALID.replace("[channel.shop]", '[channel.shop]\ntoken = "canary"'), mode)
    [line] = complaints(path)
    assert line == (
        f":7: channel.shop.token: is a secret, and other users have rights to this file; run: chmod 600 {path}"
    )


def test_a_file_with_secrets_that_only_its_owner_may_touch_is_accepted(write: Write) -> None:
    text = VALID.replace("[channel.shop]", '[channel.shop]\ntoken = "canary"')
    assert list(load(write(text, 0o600), environ={}).secrets()) == ["canary"]


def test_secrets_from_elsewhere_do_not_make_the_file_private(write: Write) -> None:
    assert list(load(write(), environ={"KHAOSSYNC_CHANNEL__SHOP__TOKEN": "canary"}).secrets()) == ["canary"]


def test_every_secret_is_told_to_the_redactor_and_so_are_passwords_inside_dsns(write: Write) -> None:
    assert set(load(write(), environ=CANARIES).secrets()) == {
        CANARIES["KHAOSSYNC_DATABASE__DSN"],
        "canary%2Fdsn",
        "canary/dsn",
        "canary-details",
        "canary-token",
        "canary-hook",
    }


def test_no_secret_is_in_any_picture_of_the_configuration(write: Write) -> None:
    """ADB-12: secrets stay secret."""
    config = load(write(), environ=CANARIES)
    pictures = [repr(config), str(config), repr(config.model_dump()), config.model_dump_json()]
    assert "shop_url" in config.model_dump_json()
    assert not [picture for picture in pictures if "canary" in picture]


@pytest.mark.parametrize(
    "environ",
    [
        {"KHAOSSYNC_CHANNEL__SHOP__TOKN": "canary"},
        {"KHAOSSYNC_CHANNEL__SHOP__INTERVAL": "canary"},
        {"KHAOSSYNC_CHANNEL__SHOP__TOKEN": '["canary"]'},
        {"KHAOSSYNC_CHANNEL__SHOP__HOOK_SECRETS": "canary"},
        {"KHAOSSYNC_CHANNEL__SHOP": "canary"},
        {"KHAOSSYNC_CHANNEL": "canary"},
        {"KHAOSSYNC_CHANNEL__NEW__TOKEN": "canary"},
        {"KHAOSSYNC_CHANNEL__NEW__KIND": "toyshop", "KHAOSSYNC_CHANNEL__NEW__TOKN": "canary"},
        {"KHAOSSYNC_DATABASE__DSN": "canary"},
        {"KHAOSSYNC_DATABASE__TLS": "canary"},
    ],
)
def test_no_value_is_in_a_complaint_or_in_what_led_to_it(write: Write, environ: dict[str, str]) -> None:
    """ADB-12: a mistyped key may hold a secret."""
    with pytest.raises(ConfigError) as caught:
        load(write(), environ=environ)
    assert "canary" not in str(caught.value)
    assert "canary" not in repr(caught.value.__context__)
    assert caught.value.__cause__ is None
