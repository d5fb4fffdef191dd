"""How the configuration says no: one line per mistake, with its place and the way out."""

import re
from pathlib import Path

import pytest
from toys import SECOND_SHOP, VALID, Write, complaints

from khaossync.config import load
from khaossync.domain.errors import ConfigError


def test_an_unknown_key_is_named_with_its_line_and_the_closest_known_one(write: Write) -> None:
    path = write(VALID.replace("prefix =", "prefxi =") + "\n[databse]\n")
    assert complaints(path) == [
        ":6: channel.shop.prefix: is missing (1 to 6 capital letters or digits, such as SH, "
        "that begin every order reference in the ERP)",
        ":9: channel.shop.prefxi: is unknown; did you mean prefix?",
        ":27: databse: is unknown; did you mean database?",
    ]


def test_a_key_like_no_other_is_answered_with_all_that_are_known(write: Write) -> None:
    assert complaints(write(VALID + "\n[log]\nzzz = 1\n")) == [":28: log.zzz: is unknown; known keys: level, format"]


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"SH"', '"sh"', ":9: channel.shop.prefix: does not have the right form (1 to 6 capital"),
        ('"SH"', '"TOOLONG"', ":9: channel.shop.prefix: does not have the right form"),
        ("+01:00", "", ":10: channel.shop.go_live_at: has no time zone; end it with Z for UTC"),
        ('["GBP", "EUR"]', "[]", ":11: channel.shop.currencies: must not be empty"),
        ('"EUR"', '"euro"', ":11: channel.shop.currencies.1: does not have the right form"),
        ("0.01", "1.5", ":13: channel.shop.total_tolerance: must be at most 1 "),
        ('"0.20"', '"20"', ":19: channel.shop.tax_codes.20: must be at most 1 "),
        ('"0.20" = 1', '"0.20" = "x"', ":19: channel.shop.tax_codes.0.20: must be a whole number"),
        ('["Main", "Leeds"]', "[]", ":22: channel.shop.sites.location-1: must not be empty"),
        ('["Main", "Leeds"]', '"Main"', ":22: channel.shop.sites.location-1: must be a list"),
        ("[channel.shop]", "[channel.shop]\ninterval = 0.5", ":7: channel.shop.interval: must be at least 1 (Seconds"),
        ("[channel.shop]", '[http]\nport = "x"\n[channel.shop]', ":7: http.port: must be a whole number"),
        ("[channel.shop]", "[http]\nhost = 1\n[channel.shop]", ":7: http.host: must be text in quotes"),
        ("[channel.shop]", '[log]\nlevel = "loud"\n[channel.shop]', ":7: log.level: must be one of 'debug', 'info'"),
        (
            "[channel.shop]",
            "[owners]\nunmapped_sk = 'x'\n[channel.shop]",
            ":7: owners.unmapped_sk: is unknown; did you",
        ),
        (
            "[channel.shop]",
            "[loops]\ndrain_seconds = 81\n[channel.shop]",
            ":7: loops.drain_seconds: must be at most 80",
        ),
        ('"toyshop"', '"toyshpo"', ":6: channel.shop: its kind is unknown; did you mean toyshop?"),
        ('"toyshop"', '"zzz"', ":6: channel.shop: its kind is unknown; known kinds: "),
        ('kind = "toyshop"', "", ":6: channel.shop: has no kind; add `kind = …`, one of: "),
        ("[channel.shop", "[channel.Shop", ":6: channel.Shop: the name must begin with a to z"),
        ('erp = "khaos"', 'erp = "kaos"', ":8: channel.shop.erp: there is no [erp.kaos]; known: khaos"),
        ('"TS-R-L"', '"X"\n"BLUE-L" = "X"', ":15: channel.shop.skus: 2 SKUs stand for stock code X; keep one"),
        ("[channel.shop]", '[database]\ndsn = "host=x"\n[channel.shop]', ":7: database.dsn: must look like postgresql"),
        (
            "[channel.shop]",
            '[database]\npooler = "transaction"\n[channel.shop]',
            ":7: database.pooler: needs direct_dsn",
        ),
        (
            "[channel.shop]",
            '[database]\ndirect_dsn = "postgres://x"\n[channel.shop]',
            ":7: database.direct_dsn: needs dsn",
        ),
    ],
)
def test_each_mistake_is_one_line_that_says_where_and_what_to_write(
    write: Write, old: str, new: str, complaint: str
) -> None:
    [line] = complaints(write(VALID.replace(old, new), mode=0o600))
    assert line.startswith(complaint)


@pytest.mark.parametrize("prefix", ["SH", "S", "SH2"])
def test_prefixes_of_which_one_begins_the_other_are_refused(write: Write, prefix: str) -> None:
    [line] = complaints(write(VALID + SECOND_SHOP.format(prefix=prefix)))
    assert line.startswith(f":30: channel.second.prefix: {prefix} and SH of channel shop begin alike")


def test_prefixes_that_differ_are_accepted(write: Write) -> None:
    assert set(load(write(VALID + SECOND_SHOP.format(prefix="B2")), environ={}).rules().channels) == {"shop", "second"}


def test_a_channel_may_not_be_called_like_an_erp(write: Write) -> None:
    [line] = complaints(write(VALID.replace("channel.shop", "channel.khaos")))
    assert line.startswith(":6: channel.khaos: an ERP has the same name")


def test_a_configuration_that_joins_nothing_is_refused(write: Write) -> None:
    lines = complaints(write("[log]\n"))
    assert [line.split(";")[0] for line in lines] == [": erp: there is none", ": channel: there is none"]


def test_all_problems_are_told_at_once(write: Write) -> None:
    text = VALID.replace('"SH"', '"sh"').replace("0.01", "-1") + "\n[http]\nport = 70000\n"
    assert len(complaints(write(text))) == 3


def test_a_mistake_in_the_environment_or_a_credential_names_its_source(write: Write, tmp_path: Path) -> None:
    (tmp_path / "http__port").write_text("x")
    lines = complaints(
        write(), CREDENTIALS_DIRECTORY=str(tmp_path), KHAOSSYNC_LOG__LEVL="info", KHAOSSYNC_DATABASE_DSN="x"
    )
    assert lines == [
        "credential http__port: http.port: must be a whole number (The port to listen on; 0 lets the system choose)",
        "environment variable KHAOSSYNC_LOG__LEVL: log.levl: is unknown; did you mean level?",
        "environment variable KHAOSSYNC_DATABASE_DSN: database_dsn: is unknown; did you mean database?",
    ]


def test_a_value_and_a_table_of_one_name_in_the_environment_are_refused(write: Write) -> None:
    lines = complaints(write(), KHAOSSYNC_LOG="x", KHAOSSYNC_LOG__LEVEL="info")
    assert lines == [
        "environment variable KHAOSSYNC_LOG__LEVEL: log is given as a value elsewhere; remove one of the two"
    ]


def test_a_credential_that_is_not_text_is_named(write: Write, tmp_path: Path) -> None:
    (tmp_path / "channel__shop__token").write_bytes(b"\xff\xfe")
    assert complaints(write(), CREDENTIALS_DIRECTORY=str(tmp_path)) == [
        "credential channel__shop__token: cannot be read as UTF-8 text"
    ]


@pytest.mark.parametrize(
    ("content", "complaint"), [(b"a = = 1", ": is not TOML: "), (b"a = '\xff'", ": is not UTF-8; save it")]
)
def test_a_file_that_is_not_toml_is_refused(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    [line] = complaints(path)
    assert line.startswith(complaint)


def test_a_named_file_that_is_missing_is_an_error_and_the_usual_ones_are_not_tried(tmp_path: Path) -> None:
    [line] = complaints(tmp_path / "none.toml")
    assert line == ": cannot be read (No such file or directory); correct the path or the file's rights"
    with pytest.raises(ConfigError, match=r"other\.toml: cannot be read"):
        load(environ={"KHAOSSYNC_CONFIG": str(tmp_path / "other.toml")})


def test_the_file_of_the_working_folder_is_found(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write().parent)
    assert "shop" in load(environ={}).channel


def test_without_any_file_a_person_is_told_where_one_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"copy config\.example\.toml to one of them"):
        load(environ={})


@pytest.mark.parametrize(
    ("table", "flow"),
    [("sites", "no stock level would be pushed"), ("tax_codes", "no order could be sent"), ("couriers", "no order")],
)
def test_a_missing_mapping_is_told_with_the_flow_that_would_stand_still(write: Write, table: str, flow: str) -> None:
    """SHO-16: silence is the worst of all outcomes."""
    emptied = re.sub(rf"(\[channel\.shop\.{table}\]\n)[^\n]+", r"\1", VALID)
    [line] = complaints(write(emptied))
    assert f"channel.shop.{table}: maps no" in line
    assert flow in line


def test_a_site_feeds_one_location(write: Write) -> None:
    """S-18: else the same units would be offered at both."""
    twice = VALID.replace("[channel.shop.sites]", '[channel.shop.sites]\n"other" = ["Main"]')
    assert "site Main feeds 2 locations" in str(complaints(write(twice)))


@pytest.mark.parametrize(
    ("bundles", "said"),
    [
        ('[channel.shop.bundles."SET-1"]', "SET-1: has no parts"),
        ('[channel.shop.bundles."RED-L"]\n"CUP" = 2', "RED-L: is in [skus] too"),
        ('[channel.shop.bundles."A"]\n"B" = 1\n[channel.shop.bundles."B"]\n"C" = 1', "A.B: is a bundle itself"),
        ('[channel.shop.bundles."SET-1"]\n"CUP" = 0', "bundles.SET-1.CUP: must be at least 1"),
    ],
)
def test_a_bundle_must_be_made_of_stock_codes(write: Write, bundles: str, said: str) -> None:
    """SHO-F1: nothing that could not be opened into lines is accepted."""
    assert said in str(complaints(write(f"{VALID}\n{bundles}\n")))
