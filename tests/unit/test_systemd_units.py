"""The unit files: what they must say, proved by parsing them, and by systemd itself where it is installed."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from khaossync.cli import EX_CONFIG, VERBS
from khaossync.config.model import LoopsTable

FOLDER = Path(__file__).resolve().parents[2] / "systemd"
SERVICES = ["khaossync.service", "khaossync@.service"]
UNITS = [*SERVICES, "khaossync-alert@.service"]
ANALYSE = shutil.which("systemd-analyze")
Unit = dict[str, list[str]]


def read(name: str) -> Unit:
    """`Section.Directive` → its values in order; continued lines are joined."""
    unit: Unit = defaultdict(list)
    section = ""
    for line in (FOLDER / name).read_text().replace("\\\n", "").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            directive, _, value = line.partition("=")
            unit[f"{section}.{directive}"].append(value)
    return unit


def only(unit: Unit, directive: str) -> str:
    [value] = unit[directive]
    return value


@pytest.mark.parametrize("name", SERVICES)
class TestTheDaemon:
    """M-7: deployed as a systemd service."""

    def test_it_runs_a_verb_that_there_is_on_its_own_file(self, name: str) -> None:
        command = only(read(name), "Service.ExecStart").split()
        assert command[0].endswith("/khaossync")
        assert command[1] in VERBS
        assert command[2:] == ["--config", f"/etc/khaossync/{'%i/' if '@' in name else ''}config.toml"]

    def test_it_says_itself_when_it_is_ready_and_that_it_is_alive(self, name: str) -> None:
        unit = read(name)
        assert only(unit, "Service.Type") == "notify"
        assert int(only(unit, "Service.WatchdogSec")) >= 30

    def test_it_has_longer_to_stop_than_it_may_drain_and_stops_its_postgresql_itself(self, name: str) -> None:
        unit = read(name)
        [longest] = [rule.le for rule in LoopsTable.model_fields["drain_seconds"].metadata if hasattr(rule, "le")]
        assert int(only(unit, "Service.TimeoutStopSec")) >= longest + 5
        assert only(unit, "Service.KillMode") == "mixed"

    def test_a_crash_restarts_it_but_a_wrong_configuration_does_not(self, name: str) -> None:
        unit = read(name)
        assert only(unit, "Service.Restart") == "on-failure"
        assert only(unit, "Service.RestartPreventExitStatus") == str(EX_CONFIG)
        interval, burst = (int(only(unit, f"Unit.StartLimit{key}")) for key in ("IntervalSec", "Burst"))
        assert burst * int(only(unit, "Service.RestartSec")) < interval, "the limit could never be reached"

    def test_a_person_is_told_when_it_has_failed_for_good(self, name: str) -> None:
        assert only(read(name), "Unit.OnFailure") == "khaossync-alert@%n.service"

    def test_secrets_come_as_credentials_and_never_as_variables(self, name: str) -> None:
        unit = read(name)
        own = "/%i" if "@" in name else ""
        assert only(unit, "Service.LoadCredential") == f"khaossync:/etc/khaossync{own}/credentials"
        assert only(unit, "Unit.AssertPathIsDirectory") == f"/etc/khaossync{own}/credentials"
        assert not unit.keys() & {"Service.Environment", "Service.EnvironmentFile"}

    def test_it_owns_nothing_of_its_configuration(self, name: str) -> None:
        # systemd 252 gives a missing ConfigurationDirectory to the service's own user.
        assert "Service.ConfigurationDirectory" not in read(name)

    def test_its_folders_are_its_own(self, name: str) -> None:
        unit = read(name)
        # Not khaossync/%i: where both services are used that would lie inside the folder of the other.
        own = "khaossync-%i" if "@" in name else "khaossync"
        for kind in ("State", "Runtime"):
            assert only(unit, f"Service.{kind}Directory") == own
            assert only(unit, f"Service.{kind}DirectoryMode") == "0700"

    def test_it_may_do_what_its_private_postgresql_needs(self, name: str) -> None:
        unit = read(name)
        assert "AF_UNIX" in only(unit, "Service.RestrictAddressFamilies").split()
        assert unit["Service.SystemCallFilter"] == ["@system-service", "~@privileged @resources"]

    def test_it_reloads_nothing_for_the_daemon_does_not(self, name: str) -> None:
        assert "Service.ExecReload" not in read(name)


def test_the_two_services_differ_by_nothing_but_the_installs_name() -> None:
    one, several = (read(name) for name in SERVICES)
    assert {key: [re.sub(r"[/-]%i| \(%i\)", "", value) for value in values] for key, values in several.items()} == one


@pytest.mark.parametrize("name", UNITS)
def test_every_group_of_directives_is_explained(name: str) -> None:
    body = (FOLDER / name).read_text().partition("[Service]")[2].partition("[Install]")[0]
    for group in body.strip().split("\n\n"):
        first = group.splitlines()[0]
        assert first.startswith("#") or first == "Type=oneshot", first


def test_the_alert_writes_a_line_of_priority_alert_and_calls_a_persons_own_program_when_there_is_one() -> None:
    unit = read("khaossync-alert@.service")
    journal, own = unit["Service.ExecStart"]
    assert only(unit, "Service.Type") == "oneshot"
    assert journal.startswith("-systemd-cat --identifier=khaossync-alert --priority=alert ")
    assert "[ ! -x /etc/khaossync/alert ] || exec /etc/khaossync/alert" in own


@pytest.mark.parametrize("there", [True, False])
def test_the_alerts_second_command_works_with_and_without_a_program(tmp_path: Path, there: bool) -> None:
    command = read("khaossync-alert@.service")["Service.ExecStart"][1]
    program, said = tmp_path / "alert", tmp_path / "said"
    if there:
        program.write_text(f'#!/bin/sh\necho "$1" > {said}\n')
        program.chmod(0o755)
    command = command.replace("/etc/khaossync/alert", str(program)).replace("%i", "khaossync@north.service")
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 0
    assert (said.read_text() if there else said.exists()) == ("khaossync@north.service\n" if there else False)


@pytest.mark.skipif(ANALYSE is None, reason="systemd is not installed here; the tests above parse the units anyway")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_itself_calls_the_exposure_low(name: str) -> None:
    assert ANALYSE is not None
    answer = subprocess.run(
        [ANALYSE, "security", "--offline=true", "--no-pager", FOLDER / name], capture_output=True, text=True, check=True
    )
    found = re.search(r"Overall exposure level for \S+: ([\d.]+)", answer.stdout)
    assert found is not None, answer.stdout
    assert float(found[1]) <= 1.5


@pytest.mark.skipif(ANALYSE is None, reason="systemd is not installed here; the tests above parse the units anyway")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_itself_finds_no_fault(name: str, tmp_path: Path) -> None:
    assert ANALYSE is not None
    for unit in UNITS:
        instance = unit.replace("@.", "@north." if unit == "khaossync@.service" else "@khaossync.service.")
        text = (FOLDER / unit).read_text().replace("/opt/khaossync/bin/khaossync", "/bin/true")
        (tmp_path / instance).write_text(text)
        if unit == name:
            wanted = tmp_path / instance
    answer = subprocess.run([ANALYSE, "verify", "--man=no", wanted], capture_output=True, text=True, check=False)
    assert "khaossync" not in answer.stdout + answer.stderr
    assert answer.returncode == 0
