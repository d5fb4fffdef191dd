"""Any file, credential or variable: a configuration, or a line per problem that names the place and shows no value."""

import random
from pathlib import Path

import pytest
from fuzz.conftest import Rounds
from fuzz.nonsense import garbled

from khaossync.config import load
from khaossync.domain.errors import ConfigError

EXAMPLE = Path(__file__).resolve().parents[2] / "config.example.toml"
SECRET = "shpat_c4nary"
GOOD = """
[erp.khaos]
kind = "khaosws"
url = "http://127.0.0.1:9/Khaos.exe"
[channel.shop]
kind = "shopify"
erp = "khaos"
prefix = "S"
shop = "example.myshopify.com"
access_token = "shpat_c4nary"
go_live_at = 2026-01-01T00:00:00Z
currencies = ["GBP"]
default_courier = "RM48"
tax_codes = { "0.20" = 1 }
sites = { "gid://shopify/Location/1" = ["1"] }
"""


def written(folder: Path, content: bytes) -> Path:
    file = folder / "config.toml"
    file.write_bytes(content)
    file.chmod(0o600)
    return file


def told(folder: Path, content: bytes) -> str:
    """What a person is told of a file; "" when it works."""
    try:
        load(written(folder, content), environ={})
    except ConfigError as error:
        return str(error)
    return ""


def test_the_base_of_these_tests_works(tmp_path: Path) -> None:
    assert told(tmp_path, GOOD.encode()) == ""


@pytest.mark.parametrize("base", [GOOD.encode(), EXAMPLE.read_bytes()], ids=["small", "example"])
def test_a_garbled_file_is_told_in_lines_that_name_it(base: bytes, tmp_path: Path, rounds: Rounds) -> None:
    """SHO-16: the cause can be found."""
    for dice in rounds(60):
        with dice:
            text = told(tmp_path, garbled(base, dice))
            for line in text.splitlines():
                assert line.startswith(str(tmp_path)), line
                assert SECRET not in line
                assert len(line) < 8_000


WRONG: dict[str, tuple[bytes, str]] = {
    "bytes of no text": (random.Random(1).randbytes(4_000), "not UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), "not UTF-8"),
    "nothing": (b"", "there is none"),
    "nested beyond measure": (b"a = " + b"[" * 100_000, "nested too deeply"),
    "tables nested beyond measure": (b"a = " + b"{a=" * 100_000, "nested too deeply"),
    "a number of any size": (b"[http]\nport = " + b"9" * 5_000, "more digits"),
    "an exponent of any size": (b"a = 1e99999999999999999999", "more digits"),
    "NUL in it": (b'a = "\x00"', "not TOML"),
    "half of it": (GOOD.encode()[:-60], "not TOML"),
    "a key twice": (GOOD.encode() + b'kind = "shopify"\n[channel.shop]\n', "not TOML"),
    "a list for a table": (b"channel = []\nerp = 3\n", "must be a table"),
    "a date that does not exist": (GOOD.replace("2026-01-01", "2026-02-31").encode(), "not TOML"),
    "a date without its zone": (GOOD.replace("00:00:00Z", "00:00:00").encode(), "no time zone"),
    "NaN": (GOOD.replace("[channel.shop]", "[channel.shop]\ntotal_tolerance = nan").encode(), "total_tolerance"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_a_configuration_is_told_in_a_line(what: str, tmp_path: Path) -> None:
    content, words = WRONG[what]
    text = told(tmp_path, content)
    assert words in text
    assert "Error" not in text
    assert SECRET not in text


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    """Editors of Windows begin a file with one."""
    assert told(tmp_path, GOOD.encode("utf-8-sig")) == ""


@pytest.mark.parametrize(
    "variables",
    [
        {"KHAOSSYNC_HTTP__PORT": "\udcff"},
        {"KHAOSSYNC_HTTP": "[" * 100_000},
        {"KHAOSSYNC_HTTP__PORT": "[1"},
        {"KHAOSSYNC_": ""},
        {"KHAOSSYNC___": "x"},
        {"KHAOSSYNC_HTTP": "1", "KHAOSSYNC_HTTP__PORT": "1"},
        {"KHAOSSYNC_CHANNEL__SHOP__BUFFER": "9" * 5_000},
        {"CREDENTIALS_DIRECTORY": "/nowhere/at/all"},
    ],
    ids=repr,
)
def test_an_odd_environment_is_told_in_a_line(variables: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as told:
        load(written(tmp_path, GOOD.encode()), environ=variables)
    assert len(str(told.value)) < 1_000


def test_a_credential_of_bytes_or_without_rights_is_told_by_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "channel__shop__access_token").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="credential channel__shop__access_token: cannot be read as UTF-8"):
        load(written(tmp_path, GOOD.encode()), environ={"CREDENTIALS_DIRECTORY": str(folder)})
