"""The command line before any verb does its work."""

import subprocess
import sys
from pathlib import Path

import pytest

from khaossync import cli
from khaossync.cli import EX_CONFIG, VERBS, main


def test_without_a_verb_it_tells_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    told = capsys.readouterr().out
    assert all(verb in told for verb in VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([verb, "--help"])
    assert ended.value.code == 0
    assert "usage: khaossync" in capsys.readouterr().out


def test_every_verb_is_a_file_of_its_own() -> None:
    folder = Path(cli.__file__).parent
    assert all((folder / f"{verb}.py").exists() for verb in VERBS)


def test_a_check_of_a_file_that_cannot_work_prints_no_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As docs/check.md says."""
    file = tmp_path / "config.toml"
    file.write_text("[http]\nprot = 1\n")
    assert main(["check", "--json", "--config", str(file)]) == EX_CONFIG
    told = capsys.readouterr()
    assert (told.out, "http.prot" in told.err) == ("", True)
    page = (Path(__file__).resolve().parents[3] / "docs" / "check.md").read_text(encoding="utf-8")
    assert "stdout stays empty, also with `--json`" in " ".join(page.split())


@pytest.mark.parametrize("verb", ["run", "check", "migrate", "status"])
def test_a_configuration_that_cannot_work_is_one_line_and_78(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[http]\nprot = 1\n")
    assert main([verb, "--config", str(file)]) == EX_CONFIG
    told = capsys.readouterr().err
    assert "http.prot" in told
    assert "did you mean port?" in told
    assert "Traceback" not in told


def test_help_is_quick_because_no_verb_is_loaded_for_it() -> None:
    """Operators type `khaossync --help` on small machines: the daemon's libraries stay where they are."""
    code = "import sys; from khaossync.cli import main; main([]); print('aiohttp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_password_on_the_command_line_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Every user of the machine can read another's arguments."""
    assert main(["db", "copy", "--to", "postgresql://me:hunter22@db.example.org/khaossync"]) == EX_CONFIG
    told = capsys.readouterr().err
    assert "KHAOSSYNC_TO" in told
    assert "hunter22" not in told
