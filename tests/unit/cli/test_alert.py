"""`khaossync alert` tells who is told what, and of whose matters nobody is told."""

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from toys import Write

from khaossync.cli import main

HOUSE = """
[erp.khaos]
kind = "khaosws"
url = "https://khaos.example.org/scripts/KhaosIDE.exe"
[channel.shop]
kind = "shopify"
shop = "example.myshopify.com"
access_token = "shpat_example"
erp = "khaos"
prefix = "SH"
go_live_at = 2026-12-01T00:00:00Z
currencies = ["GBP"]
default_courier = "RM48"
[channel.shop.tax_codes]
"0.20" = 1
[channel.shop.sites]
"gid://shopify/Location/1" = ["1"]
"""
CHAT = '[alerts.chat]\nkind = "slack"\nurl = "http://127.0.0.1:9/x"\nallow_private = true\n'


@pytest.fixture(autouse=True)
def log_put_back() -> Iterator[None]:
    """A verb sets up the log of its whole process, which here is that of all tests."""
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    yield
    logging.captureWarnings(False)
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook
    structlog.reset_defaults()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write_config(text: str) -> Path:
        path = tmp_path / "config.toml"
        path.write_text(HOUSE + text)
        path.chmod(0o600)
        return path

    return write_config


def test_without_targets_it_says_that_nobody_is_told(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["alert", "--config", str(write(""))]) == 0
    assert "nobody is told of anything: add a table [alerts.<name>]" in capsys.readouterr().out


def test_it_names_those_whose_matters_nobody_is_told_of(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """ADB-20: who owns what is known exactly, and no part of the process is without an owner who hears of it."""
    wishes = 'owners = ["operations", "finance"]\nonly_urgent = true\nafter_minutes = 30\n'
    assert main(["alert", "--config", str(write(CHAT + wishes))]) == 0
    told = capsys.readouterr().out
    assert "urgent matters of operations, finance, once it" in " ".join(told.split())
    assert "has lasted 30 min" in told
    assert "nobody is told of what belongs to: customer service, ecommerce, platform admin, warehouse" in told
    assert "not sent (--test)" in told


def test_a_test_message_that_is_not_taken_is_told_and_exits_with_1(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["alert", "--test", "--json", "--config", str(write(CHAT))]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["targets"] == ["chat"]
    assert "Cannot connect to host 127.0.0.1:9" in told["came"]["chat"]
    assert told["told_to_nobody"] == []
