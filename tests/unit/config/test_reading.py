"""What the configuration takes, and from where."""

from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError
from toys import VALID, Write, complaints

from khaossync.config import kinds, load
from khaossync.config.tables import ChannelTable, ErpTable
from khaossync.domain.rules import ChannelRules


def test_a_valid_file_is_read_with_the_platforms_own_settings_beside_the_rules(write: Write) -> None:
    config = load(write(), environ={})
    shop = config.channel["shop"]
    assert isinstance(shop, ChannelTable)
    assert isinstance(shop, kinds.own(ChannelTable, "toyshop"))
    assert config.http.port == 8990
    assert config.database.dsn is None


def test_the_rules_are_those_of_the_table_with_the_erps_reference_limit(write: Write) -> None:
    rules = load(write(), environ={}).rules().channels["shop"]
    assert rules == ChannelRules(
        channel="shop",
        erp="khaos",
        prefix="SH",
        go_live_at=datetime(2026, 12, 1, tzinfo=UTC),
        currencies=frozenset({"GBP", "EUR"}),
        reference_limit=20,
        skus={"RED-L": "TS-R-L"},
        couriers={"Standard": "RM48"},
        tax_codes={Decimal("0.20"): 1},
        sites={"location-1": ("Main", "Leeds")},
        total_tolerance=Decimal("0.01"),
    )
    assert rules.go_live_at.tzinfo is UTC


def test_every_rule_can_be_set_and_nothing_else_is_called_a_rule() -> None:
    of_rules = {field.name for field in fields(ChannelRules) if field.init} - {"channel", "reference_limit"}
    assert set(ChannelTable.model_fields) - {"kind"} == of_rules


def test_rules_have_the_same_defaults_here_and_in_the_domain(write: Write) -> None:
    required = 'couriers = { Standard = "RM48" }\ntax_codes = { "0.20" = 1 }\nsites = { "location-1" = ["Main"] }\n'
    bare = VALID.split("total_tolerance")[0] + required
    rules = load(write(bare), environ={}).rules().channels["shop"]
    assert rules == ChannelRules(
        channel="shop",
        erp="khaos",
        prefix="SH",
        go_live_at=rules.go_live_at,
        currencies=rules.currencies,
        reference_limit=20,
        couriers=rules.couriers,
        tax_codes=rules.tax_codes,
        sites=rules.sites,
    )


@pytest.mark.parametrize("base", [ChannelTable, ErpTable])
def test_no_kind_has_a_key_that_means_something_else_in_every_table(
    toys: None, base: type[ChannelTable] | type[ErpTable]
) -> None:
    assert len(kinds.names(base)) >= 2
    for kind in kinds.names(base):
        own = kinds.own(base, kind)
        assert issubclass(own, BaseModel)
        assert not set(own.model_fields) & set(base.model_fields), kind
        assert own.model_config.get("extra") == "forbid", kind
        assert own.model_config.get("frozen"), kind


def test_every_erp_says_how_long_a_reference_may_be() -> None:
    for kind in kinds.names(ErpTable):
        assert kinds.own(ErpTable, kind).model_fields["reference_limit"].annotation is int


def test_nothing_can_be_changed_afterwards(write: Write) -> None:
    config = load(write(), environ={})
    with pytest.raises(ValidationError):
        config.http = config.http
    with pytest.raises(ValidationError):
        config.channel["shop"].prefix = "X"


def test_the_environment_wins_over_credentials_and_these_over_the_file(write: Write, tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "channel__shop__shop_url").write_text("https://from.credential\n")
    (credentials / "khaossync_channel__shop__interval").write_text("40\n")
    (credentials / "unrelated").write_text("not ours")
    environ = {"CREDENTIALS_DIRECTORY": str(credentials), "KHAOSSYNC_CHANNEL__SHOP__INTERVAL": "50"}
    shop = load(write(), environ=environ).channel["shop"].model_dump()
    assert (shop["shop_url"], shop["interval"], shop["prefix"]) == ("https://from.credential", 50, "SH")


def test_a_folder_of_credentials_that_is_missing_is_an_error(write: Write, tmp_path: Path) -> None:
    [line] = complaints(write(), CREDENTIALS_DIRECTORY=str(tmp_path / "none"))
    assert line == f"CREDENTIALS_DIRECTORY: {tmp_path / 'none'} cannot be read (No such file or directory)"


@pytest.mark.parametrize("token", ["12345", "true", "[not json", '{"a": 1}', "1e5"])
def test_a_secret_that_looks_like_something_else_stays_the_text_it_is(write: Write, token: str) -> None:
    config = load(write(), environ={"KHAOSSYNC_CHANNEL__SHOP__TOKEN": token})
    assert list(config.secrets()) == [token]


def test_a_list_is_written_as_json_where_only_text_can_be_given(write: Write) -> None:
    config = load(write(), environ={"KHAOSSYNC_CHANNEL__SHOP__HOOK_SECRETS": '["new-one", "old-one"]'})
    assert list(config.secrets()) == ["new-one", "old-one"]
