"""A start knows whether it judges by the configuration of the last one."""

import json
import subprocess
import sys
from pathlib import Path

from toys import VALID, Write

from khaossync.config import load
from khaossync.config.fingerprint import fingerprint, settings

EXAMPLE = Path(__file__).resolve().parents[3] / "config.example.toml"
PRINT = f"""
from pathlib import Path
from khaossync.config import load
from khaossync.config.fingerprint import fingerprint
environ = {{"KHAOSSYNC_CHANNEL__SHOP__ACCESS_TOKEN": "shpat_example"}}
print(fingerprint(load(Path({str(EXAMPLE)!r}), environ=environ)))
"""


def in_another_process(seed: str) -> str:
    environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": str(EXAMPLE.parent)}
    done = subprocess.run([sys.executable, "-c", PRINT], env=environment, capture_output=True, check=True, text=True)
    return done.stdout


def test_it_is_the_same_in_every_process() -> None:
    assert in_another_process("1") == in_another_process("2")


def test_it_changes_with_a_mapping_and_not_with_the_http_port(write: Write) -> None:
    before = fingerprint(load(write(), environ={}))
    assert fingerprint(load(write(VALID + "\n[http]\nport = 9999\n"), environ={})) == before
    assert fingerprint(load(write(VALID.replace("RM48", "DPD")), environ={})) != before
    assert fingerprint(load(write(VALID + "\n[stock]\nbuffer = 3\n"), environ={})) != before


def test_what_is_kept_of_a_configuration_holds_no_secret() -> None:
    config = load(EXAMPLE, environ={"KHAOSSYNC_CHANNEL__SHOP__ACCESS_TOKEN": "shpat_example"})
    told = json.dumps(settings(config))
    assert "shpat_example" in list(config.secrets())
    assert not [secret for secret in config.secrets() if secret in told]
    assert "**" not in told
    assert json.loads(told)["channel"]["shop"]["couriers"] == dict(config.channel["shop"].couriers)
